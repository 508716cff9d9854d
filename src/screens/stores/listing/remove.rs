//! `/stores/{code}/listings/{id}/remove`: asks before a listing is taken off its store.

use super::{list_path, load};
use crate::{
    actions::stores::unlist::{self, UnlistRefusal},
    db::{
        Failed,
        stores::{Store, listing_rows::ListingRow},
    },
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors},
        notices::done,
        page::{Layout, ok, refused},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

#[derive(Template)]
#[template(path = "stores/listing_remove.html")]
struct RemovePage {
    page: Layout,
    action: String,
    list_path: String,
    store: String,
    seller_sku: String,
    made_of: String,
    errors: FormErrors,
}

fn page(visit: &Visit, store: &Store, row: &ListingRow, errors: FormErrors) -> RemovePage {
    let list_path = list_path(store);
    RemovePage {
        page: visit.layout("stores"),
        action: format!("{list_path}/{}/remove", row.listing.id),
        list_path,
        store: store.name.clone(),
        seller_sku: row.listing.seller_sku.clone(),
        made_of: row.components.to_string(),
        errors,
    }
}

pub async fn show(visit: Visit, path: Path<(String, String)>) -> PageResult {
    let (code, id) = path.into_inner();
    let (store, _, row) = load(&visit, &code, &id).await?;
    ok(&page(&visit, &store, &row, FormErrors::default()))
}

pub async fn submit(visit: Visit, path: Path<(String, String)>, _: Form<EmptyForm>) -> PageResult {
    let (code, id) = path.into_inner();
    let (store, _, row) = load(&visit, &code, &id).await?;
    let cause = visit.cause("");
    let of_store = store.code.clone();
    let seller_sku = row.listing.seller_sku.clone();
    match visit.database().write(move |conn| unlist::run(conn, &cause, &of_store, &seller_sku)).await {
        Ok(unlisted) => {
            let then = if unlisted.is_retiring { " It goes once the store shows 0." } else { "" };
            Ok(done(&list_path(&store), &format!("Taken off: {}.{then}", row.listing.seller_sku)))
        }
        Err(Failed::Refused(UnlistRefusal::Unknown { .. })) => Err(PageError::NotFound),
        Err(Failed::Refused(refusal)) => refused(&page(&visit, &store, &row, FormErrors::of("", refusal))),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
