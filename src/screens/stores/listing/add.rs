//! `/stores/{code}/listings/new`

use super::{ListingForm, ListingPage, errors_of, list_path, load_store};
use crate::{
    actions::stores::save_listings,
    db::stores::Store,
    domain::stores::connection::ConnectorKind,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        notices::done,
        page::{ok, refused},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;

/// Filled with what the address says: the page of what a marketplace lists leads here for a kit.
pub async fn show(visit: Visit, code: Path<String>, Query(form): Query<ListingForm>) -> PageResult {
    let (store, kind) = load_store(&visit, &code).await?;
    ok(&page(&visit, &store, kind, form, FormErrors::default()))
}

fn page(visit: &Visit, store: &Store, kind: ConnectorKind, form: ListingForm, errors: FormErrors) -> ListingPage {
    let list_path = list_path(store);
    ListingPage {
        page: visit.layout("stores"),
        title: "Add listing".to_owned(),
        action: format!("{list_path}/new"),
        button: "Add listing",
        list_path,
        store: store.name.clone(),
        seller_sku: String::new(),
        remove_path: String::new(),
        item_label: kind.item_label().unwrap_or_default(),
        variant_label: kind.variant_label().unwrap_or_default(),
        form,
        errors,
    }
}

pub async fn submit(visit: Visit, code: Path<String>, form: Form<ListingForm>) -> PageResult {
    let (store, kind) = load_store(&visit, &code).await?;
    let form = form.fields;
    let mut errors = FormErrors::default();
    let Some(input) = form.parse(&form.seller_sku, &mut errors) else {
        return refused(&page(&visit, &store, kind, form, errors));
    };
    let cause = visit.cause("");
    let of_store = store.code.clone();
    let notice = format!("Listed: {}.", input.seller_sku);
    let saved = visit.database().write(move |conn| save_listings::add(conn, &cause, &of_store, input.clone())).await?;
    match saved.ok_or(PageError::NotFound)? {
        Ok(_) => Ok(done(&list_path(&store), &notice)),
        Err(refusal) => refused(&page(&visit, &store, kind, form, errors_of(&refusal))),
    }
}
