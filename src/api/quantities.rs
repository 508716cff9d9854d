//! `/api/v1/quantities`, and the same of one store as a file: `/api/v1/stores/{store}/quantities.csv`

use super::{
    call::Caller,
    cursor, fields,
    problem::{Code, Problem},
    refusals,
};
use crate::{
    actions::note_fetch,
    db::{self, reads::quantities::Filter, stores},
    domain::{
        code::{SkuCode, StoreCode},
        quantity::Position,
    },
    web::quantities_file::QuantitiesFile,
};
use actix_web::{HttpRequest, HttpResponse, get, web::Path};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which quantities.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuantitiesQuery {
    /// Of this store alone.
    #[param(required = false)]
    store: String,
    /// Of this SKU alone.
    #[param(required = false)]
    sku: String,
    /// `next` of the page before.
    #[param(required = false)]
    cursor: String,
}

impl QuantitiesQuery {
    fn parse(&self) -> Result<Filter, Problem> {
        let after = cursor::read(&self.cursor)?;
        let after = after.map(|[sku, store]| Some((SkuCode::parse(&sku).ok()?, StoreCode::parse(&store).ok()?)));
        Ok(Filter {
            sku: fields::filter("sku", &self.sku, SkuCode::parse)?,
            store: fields::filter("store", &self.store, StoreCode::parse)?,
            after: after.map(|key| key.ok_or_else(cursor::refused)).transpose()?,
        })
    }
}

/// A page of quantities.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quantities {
    /// By SKU, then store.
    #[schema(max_items = 1000)]
    quantities: Vec<QuantityBody>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// What a store should show for a SKU that it lists.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quantity)]
pub struct QuantityBody {
    /// The SKU.
    #[schema(value_type = String)]
    sku: SkuCode,
    /// The store.
    #[schema(value_type = String)]
    store: StoreCode,
    /// Units to show: the sum of the other two.
    #[schema(minimum = 0)]
    quantity: i64,
    /// Units that a flash sale holds for this store alone.
    #[schema(minimum = 0)]
    from_hold: i64,
    /// Units that every sharing store may sell.
    #[schema(minimum = 0)]
    from_shared: i64,
}

refusals!(ListRefusals: BadQuery BadCursor Unauthorized);

/// List what every store should show
///
/// The rows of a page are of one moment. Pages hold up to 1,000.
#[utoipa::path(
    operation_id = "listQuantities",
    tag = "quantities",
    params(QuantitiesQuery),
    responses((status = 200, description = "A page of quantities.", body = Quantities), ListRefusals),
)]
#[get("/quantities")]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let filter = fields::from_query::<QuantitiesQuery>(&req)?.parse()?;
    let now = caller.now;
    let page = caller.database().read(move |conn| db::reads::quantities::page(conn, &filter, now));
    let page = page.await?;
    let last = page.listings.last().filter(|_| page.has_next);
    let next = last.map(|(sku, store)| cursor::write(&[sku.as_str(), store.as_str()]));
    let quantities = page.listings.into_iter().map(|(sku, store)| {
        let position = Position { stock: page.stock[&sku], holds: page.live.get(&sku).map_or(&[], Vec::as_slice) };
        let quantity = position.quantity_for(&store);
        let (from_hold, from_shared) = (quantity.from_hold, quantity.from_shared);
        QuantityBody { sku, store, quantity: quantity.total(), from_hold, from_shared }
    });
    Ok(HttpResponse::Ok().json(Quantities { quantities: quantities.collect(), next }))
}

refusals!(FileRefusals: Unauthorized NotFound);

/// Fetch what a store should show as a CSV file
///
/// For a marketplace without an API. A row for each listing, by SKU, however many: `sku`, `seller_sku`, `item_id`,
/// `variant_id` and `quantity`, after a row with these names. A cell that a spreadsheet would take for a formula has an
/// apostrophe before it. The rows are as things were when the call came. That it was fetched is shown on the page of a
/// store that is reached by a file; nothing counts as acknowledged by it.
#[utoipa::path(
    operation_id = "fetchQuantitiesFile",
    tag = "quantities",
    params(("store" = String, Path, description = "The code of the store.")),
    responses((status = 200, description = "The file.", body = String, content_type = "text/csv"), FileRefusals),
)]
#[get("/stores/{store}/quantities.csv")]
pub async fn file(caller: Caller, store: Path<String>) -> Result<HttpResponse, Problem> {
    let not_found = || Problem::new(Code::NotFound, "There is no such store.");
    let store = StoreCode::parse(&store).map_err(|_| not_found())?;
    let (database, now) = (caller.database().clone(), caller.now);
    let wanted = store.clone();
    database.read(move |conn| stores::find(conn, &wanted)).await?.ok_or_else(not_found)?;
    let file = QuantitiesFile::open(database.clone(), store.clone(), now).await?;
    let note = move || async move { Ok(database.write(move |conn| note_fetch::run(conn, &store, now)).await?) };
    Ok(file.answer(note)?)
}
