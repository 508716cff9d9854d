//! `GET /api/v1/skus`
#![warn(missing_docs)]

use crate::{
    api::{
        call::Caller,
        cursor::{self, Cursors},
        fields,
        lists::{self, Named},
        problem::Problem,
        refusals::ListOfSkuRefusals,
    },
    db::{
        Conn,
        catalogue::list::{Catalogue, Row, read_for_api},
        engine::paging::Place,
    },
    domain::code::SkuCode,
};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which SKUs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SkusQuery {
    /// That of this code alone.
    #[param(required = false)]
    code: String,
    /// `next` of the page before.
    #[param(required = false)]
    cursor: String,
}

impl SkusQuery {
    fn cursors(&self) -> Cursors {
        Cursors::new("skus", &[&self.code])
    }

    fn parse(&self) -> Result<(Option<SkuCode>, Place), Problem> {
        let code = fields::filter("code", &self.code, SkuCode::parse)?;
        let after = self.cursors().read(&self.cursor)?;
        let after = after.map(|[code]| SkuCode::in_address(&code).ok_or_else(cursor::refused)).transpose()?;
        Ok((code, after.map_or(Place::Start, |code| Place::After(code.to_string()))))
    }
}

/// A page of SKUs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Skus {
    /// By code.
    #[schema(max_items = 1000)]
    skus: Vec<SkuBody>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// A SKU with its stock, in units.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sku)]
pub struct SkuBody {
    /// Its code.
    #[schema(value_type = String)]
    code: SkuCode,
    /// What staff call it.
    name: String,
    /// Units in the warehouse.
    #[schema(minimum = 0)]
    on_hand: i64,
    /// Units of open orders that stock covers.
    #[schema(minimum = 0)]
    committed: i64,
    /// Units that running flash sales hold.
    #[schema(minimum = 0)]
    held: i64,
    /// Units of open orders that nothing was left for.
    #[schema(minimum = 0)]
    oversold: i64,
    /// Units kept back from every store.
    #[schema(minimum = 0)]
    buffer: i64,
    /// Units that are left for every store.
    #[schema(minimum = 0)]
    available: i64,
    /// The codes of the stores that list it plainly.
    listings: Vec<String>,
}

impl SkuBody {
    fn new(catalogue: &Catalogue, row: &Row) -> Self {
        let position = catalogue.position(row);
        let stock = row.stock();
        let stores = row.joined_stores().split('|').filter(|store| !store.is_empty());
        let mut listings: Vec<String> = stores.map(str::to_owned).collect();
        listings.sort_unstable();
        // A store may list it several times.
        listings.dedup();
        Self {
            code: row.code.clone(),
            name: row.name.clone(),
            on_hand: stock.on_hand,
            committed: stock.committed,
            held: position.held(),
            oversold: stock.oversold,
            buffer: stock.buffer,
            available: position.shared(),
            listings,
        }
    }
}

/// List the SKUs with their stock
///
/// By code. Pages hold up to 1,000; the rows of a page are of one moment.
#[utoipa::path(
    operation_id = "listSkus",
    tag = "skus",
    params(SkusQuery),
    responses((status = 200, description = "A page of SKUs.", body = Skus), ListOfSkuRefusals),
)]
#[get("/skus")]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = fields::from_query::<SkusQuery>(&req)?;
    let (code, place) = query.parse()?;
    let named = Named { sku: code.clone().map(|code| ("code", code)), ..Named::default() };
    let now = caller.now;
    let read = move |conn: &mut Conn| read_for_api(conn, code.as_ref(), &place, now);
    let catalogue = lists::read(&caller, named, read).await?;
    let rows = &catalogue.page.rows;
    let last = rows.last().filter(|_| catalogue.page.has_next);
    let next = last.map(|row| query.cursors().write(&[row.code.as_str()]));
    let skus = rows.iter().map(|row| SkuBody::new(&catalogue, row)).collect();
    Ok(HttpResponse::Ok().json(Skus { skus, next }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_end_with_a_code_that_an_earlier_version_took() {
        for code in ["Cafe\u{301}", " A", "A\u{200B}"] {
            let cursor = SkusQuery::default().cursors().write(&[code]);
            let query = SkusQuery { cursor, ..SkusQuery::default() };
            let (_, place) = query.parse().expect("a cursor of ours");
            assert!(matches!(place, Place::After(last) if last == code), "{code:?}");
        }
    }
}
