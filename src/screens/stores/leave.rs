//! `/stores/{code}/retiring`: asks before retiring listings are left as their store shows them.

use super::{code_in, find, path_of};
use crate::{
    actions::stores::leave_listings,
    db::{
        self,
        engine::paging::Place,
        stores::retiring::{self, RetiringListing},
    },
    domain::{
        code::{SkuCode, StoreCode},
        text::counted,
    },
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

/// One SKU, or all that are retiring if it is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LeaveForm {
    sku: String,
}

impl LeaveForm {
    fn sku(&self) -> Result<Option<SkuCode>, PageError> {
        if self.sku.is_empty() {
            return Ok(None);
        }
        SkuCode::in_address(&self.sku).map(Some).ok_or(PageError::NotFound)
    }
}

#[derive(Template)]
#[template(path = "stores/leave.html")]
struct LeavePage {
    page: Layout,
    path: String,
    store: String,
    sku: String,
    count: usize,
    what: String,
}

/// Where nothing is retiring any more, it leads to the store.
pub async fn show(visit: Visit, code: Path<String>, Query(form): Query<LeaveForm>) -> PageResult {
    let store = find(&visit, &code).await?;
    let wanted = form.sku()?;
    let path = path_of(&store.code);
    let of_store = store.code.clone();
    let read = move |conn: &mut db::Conn| Ok::<_, db::Error>(retiring(conn, &of_store, wanted.as_ref())?);
    let retiring = visit.database().read(read).await?;
    let what = match retiring.as_slice() {
        [] => return Ok(see_other(&format!("{path}#retiring"))),
        [one] => format!("{} of {} was taken off, and the store may still show it.", one.seller_sku, one.sku),
        more => format!("{} were taken off, and the store may still show them.", counted(more.len(), "listing")),
    };
    let layout = visit.layout("stores");
    ok(&LeavePage { page: layout, path, store: store.name, sku: form.sku, count: retiring.len(), what })
}

fn retiring(conn: &mut db::Conn, store: &StoreCode, sku: Option<&SkuCode>) -> db::QueryResult<Vec<RetiringListing>> {
    match sku {
        Some(sku) => Ok(Vec::from_iter(retiring::find(conn, sku, store)?)),
        None => retiring::of_store(conn, store, &Place::Start, i64::MAX),
    }
}

pub async fn submit(visit: Visit, code: Path<String>, form: Form<LeaveForm>) -> PageResult {
    let code = code_in(&code)?;
    let path = path_of(&code);
    let wanted = form.sku()?;
    let cause = visit.cause("");
    let leave = move |conn: &mut db::Conn| match &wanted {
        Some(sku) => leave_listings::one(conn, &cause, sku, &code).map(drop),
        None => leave_listings::all_of(conn, &cause, &code).map(drop),
    };
    visit.database().write(leave).await?;
    Ok(see_other(&format!("{path}?notice=left")))
}
