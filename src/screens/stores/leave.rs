//! `/stores/{code}/retiring`: asks before retiring listings are left as their store shows them.

use super::{code_in, find, path_of};
use crate::{
    actions::stores::leave_listings,
    db::{
        self,
        engine::paging::Place,
        stores::retiring::{self, RetiringListing},
    },
    domain::{code::StoreCode, id::ListingId, text::counted},
    web::{
        error::{PageError, PageResult},
        form::Form,
        page::{Layout, ok, see_other},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

/// One listing, or all that are retiring if it is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LeaveForm {
    /// What the page calls it.
    sku: String,
    listing: String,
}

impl LeaveForm {
    fn listing(&self) -> Result<Option<ListingId>, PageError> {
        if self.listing.is_empty() && self.sku.is_empty() {
            return Ok(None);
        }
        self.listing.parse().map(Some).map_err(|_| PageError::NotFound)
    }
}

#[derive(Template)]
#[template(path = "stores/leave.html")]
struct LeavePage {
    page: Layout,
    path: String,
    store: String,
    listing: String,
    count: usize,
    what: String,
}

/// Where nothing is retiring any more, it leads to the store.
pub async fn show(visit: Visit, code: Path<String>, Query(form): Query<LeaveForm>) -> PageResult {
    let store = find(&visit, &code).await?;
    let wanted = form.listing()?;
    let path = path_of(&store.code);
    let of_store = store.code.clone();
    let read = move |conn: &mut db::Conn| Ok::<_, db::Error>(retiring(conn, &of_store, wanted)?);
    let retiring = visit.database().read(read).await?;
    let what = match retiring.as_slice() {
        [] => return Ok(see_other(&format!("{path}#retiring"))),
        [one] => match &one.sku {
            Some(sku) => format!("{} of {sku} was taken off, and the store may still show it.", one.seller_sku),
            None => format!("The kit {} was taken off, and the store may still show it.", one.seller_sku),
        },
        more => format!("{} were taken off, and the store may still show them.", counted(more.len(), "listing")),
    };
    let layout = visit.layout("stores");
    ok(&LeavePage { page: layout, path, store: store.name, listing: form.listing, count: retiring.len(), what })
}

fn retiring(
    conn: &mut db::Conn,
    store: &StoreCode,
    listing: Option<ListingId>,
) -> db::QueryResult<Vec<RetiringListing>> {
    match listing {
        Some(listing) => {
            let found = retiring::find(conn, listing)?;
            Ok(Vec::from_iter(found.filter(|found| found.store == *store)))
        }
        None => retiring::of_store(conn, store, &Place::Start, i64::MAX),
    }
}

pub async fn submit(visit: Visit, code: Path<String>, form: Form<LeaveForm>) -> PageResult {
    let code = code_in(&code)?;
    let path = path_of(&code);
    let wanted = form.listing()?;
    let cause = visit.cause("");
    let leave = move |conn: &mut db::Conn| match wanted {
        Some(listing) => leave_listings::one(conn, &cause, listing, &code).map(drop),
        None => leave_listings::all_of(conn, &cause, &code).map(drop),
    };
    visit.database().write(leave).await?;
    Ok(see_other(&format!("{path}?notice=left")))
}
