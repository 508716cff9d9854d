//! `/api/v1/stores/{store}/listings`
#![warn(missing_docs)]

pub mod list;
pub mod save;

use crate::{
    actions::stores::unlist::{self, UnlistRefusal, Unlisted},
    api::{
        call::Caller,
        problem::{Code, Facts, Problem},
        refusals::refusals,
    },
    db::{Conn, Failed},
    domain::{
        code::{SkuCode, StoreCode},
        text::nfc,
    },
};
use actix_web::{HttpResponse, delete, web::Path};
use serde::Serialize;
use utoipa::ToSchema;

/// A listing that was taken off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnlistedListing)]
pub struct UnlistedBody {
    /// The store.
    #[schema(value_type = String)]
    store: StoreCode,
    /// Its code there.
    seller_sku: String,
    /// The SKU; null for a kit.
    #[schema(value_type = Option<String>)]
    sku: Option<SkuCode>,
    /// Whether the store may still show it.
    state: UnlistedState,
}

/// `retiring`: it is set to 0 at the store, and goes once the store has acknowledged that. `gone`: nothing was ever sent for it.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum UnlistedState {
    Retiring,
    Gone,
}

refusals!(UnlistRefusals: NotFound HeldThere SharedSellerSku);

/// Take a listing off its store
///
/// It is set to 0 at the store first, and is deleted once the store has acknowledged that. A second time changes nothing
/// while it is retiring. Where the store is not connected, or was never sent a quantity of it, it goes at once.
#[utoipa::path(
    operation_id = "deleteListing",
    tag = "stores",
    params(("store" = String, Path, description = "The code of its store."), ("seller_sku" = String, Path, description = "Its seller SKU there.")),
    responses((status = 202, description = "It is taken off.", body = UnlistedBody), UnlistRefusals),
)]
#[delete("/stores/{store}/listings/{seller_sku}")]
pub async fn take_off(caller: Caller, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (store, seller_sku) = path.into_inner();
    let seller_sku = nfc(&seller_sku);
    let store = StoreCode::parse(&store).map_err(|_| Problem::new(Code::NotFound, "There is no such store."))?;
    // No database has such a text.
    if seller_sku.contains('\0') {
        return Err(Problem::new(Code::NotFound, "There is no such listing."));
    }
    let cause = caller.cause("");
    let wanted = (store.clone(), seller_sku.clone());
    let work = move |conn: &mut Conn| unlist::run(conn, &cause, &wanted.0, &wanted.1);
    match caller.database().write(work).await {
        Ok(Unlisted { sku, is_retiring }) => {
            let state = if is_retiring { UnlistedState::Retiring } else { UnlistedState::Gone };
            Ok(HttpResponse::Accepted().json(UnlistedBody { store, seller_sku, sku, state }))
        }
        Err(Failed::Refused(refusal)) => Err(refused(refusal, store)),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

fn refused(refusal: UnlistRefusal, store: StoreCode) -> Problem {
    let detail = refusal.to_string();
    let facts = Facts { store: Some(store), ..Facts::default() };
    let (code, sku) = match refusal {
        UnlistRefusal::Unknown { .. } => (Code::NotFound, None),
        UnlistRefusal::Shared { sku, .. } => (Code::SharedSellerSku, sku),
        UnlistRefusal::HeldThere { sku, .. } => (Code::HeldThere, Some(sku)),
    };
    Problem::new(code, detail).with(Facts { sku, ..facts })
}
