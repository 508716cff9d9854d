//! `/stores/{code}/listings/{id}/edit`: what a listing is made of, and its ids on the marketplace.

use super::{ListingForm, ListingPage, errors_of, list_path, load};
use crate::{
    actions::stores::save_listings::{self, Saved},
    db::stores::{Store, listing_rows::ListingRow},
    domain::{compared::Compared, stores::connection::ConnectorKind},
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        notices::done,
        page::{ok, refused},
        visit::Visit,
    },
};
use actix_web::web::Path;

pub async fn show(visit: Visit, path: Path<(String, String)>) -> PageResult {
    let (code, id) = path.into_inner();
    let (store, kind, row) = load(&visit, &code, &id).await?;
    let made_of = row.components.to_string();
    let form = ListingForm {
        seller_sku: row.listing.seller_sku.clone(),
        components: made_of.clone(),
        item_id: row.listing.item_id.clone().unwrap_or_default(),
        variant_id: row.listing.variant_id.clone().unwrap_or_default(),
        shown: made_of,
    };
    ok(&page(&visit, &store, kind, &row, form, FormErrors::default()))
}

fn page(
    visit: &Visit,
    store: &Store,
    kind: ConnectorKind,
    row: &ListingRow,
    form: ListingForm,
    errors: FormErrors,
) -> ListingPage {
    let list_path = list_path(store);
    let path = format!("{list_path}/{}", row.listing.id);
    ListingPage {
        page: visit.layout("stores"),
        title: format!("Edit {}", row.listing.seller_sku),
        action: format!("{path}/edit"),
        button: "Save",
        list_path,
        store: store.name.clone(),
        seller_sku: row.listing.seller_sku.clone(),
        remove_path: format!("{path}/remove"),
        item_label: kind.item_label().unwrap_or_default(),
        variant_label: kind.variant_label().unwrap_or_default(),
        form,
        errors,
    }
}

pub async fn submit(visit: Visit, path: Path<(String, String)>, form: Form<ListingForm>) -> PageResult {
    let (code, id) = path.into_inner();
    let (store, kind, row) = load(&visit, &code, &id).await?;
    let mut form = form.fields;
    let mut errors = FormErrors::default();
    let now = row.components.to_string();
    let compared = Compared { shown: form.shown.as_str(), typed: form.components.as_str(), now: now.as_str() };
    if compared.was_changed() && compared.replaces() {
        errors.push(
            "components",
            format!("Someone else changed it meanwhile to {now}. Check what you typed and save again."),
        );
        form.shown = now;
        return refused(&page(&visit, &store, kind, &row, form, errors));
    }
    form.components = compared.merged().to_owned();
    let Some(input) = form.parse(&row.listing.seller_sku, &mut errors) else {
        return refused(&page(&visit, &store, kind, &row, form, errors));
    };
    let cause = visit.cause("");
    let of_store = store.code.clone();
    let saved = visit.database().write(move |conn| save_listings::run_one(conn, &cause, &of_store, input.clone()));
    match saved.await?.ok_or(PageError::NotFound)? {
        Ok(Saved::Unchanged) => Ok(done(&list_path(&store), "There was nothing to change.")),
        Ok(Saved::Created | Saved::Updated) => {
            let notice = format!("Saved: {}.", row.listing.seller_sku);
            Ok(done(&list_path(&store), &notice))
        }
        Err(refusal) => refused(&page(&visit, &store, kind, &row, form, errors_of(&refusal))),
    }
}
