//! The pages of one listing: **Add listing**, its components and ids, and taking it off the store.

pub mod add;
pub mod edit;
pub mod remove;

use super::{code_in, path_of};
use crate::{
    actions::stores::save_listings::{ListingInput, ListingRefusal},
    db::{
        self, Conn,
        stores::{
            self, Store,
            listing_rows::{self, ListingRow},
        },
    },
    domain::stores::{
        components::{Components, ComponentsRefusal},
        connection::ConnectorKind,
        mapping::{IdField, IdTaken, parse_seller_sku},
    },
    web::{error::PageError, form::FormErrors, page::Layout, visit::Visit},
};
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListingForm {
    seller_sku: String,
    components: String,
    item_id: String,
    variant_id: String,
    /// The components that the page showed.
    shown: String,
}

#[derive(Template)]
#[template(path = "stores/listing.html")]
struct ListingPage {
    page: Layout,
    title: String,
    action: String,
    button: &'static str,
    list_path: String,
    store: String,
    /// The seller SKU of a listing that is there; empty for a new one.
    seller_sku: String,
    remove_path: String,
    item_label: &'static str,
    variant_label: &'static str,
    form: ListingForm,
    errors: FormErrors,
}

fn list_path(store: &Store) -> String {
    format!("{}/listings", path_of(&store.code))
}

/// The store of an address, with its kind.
async fn load_store(visit: &Visit, code: &str) -> Result<(Store, ConnectorKind), PageError> {
    let code = code_in(code)?;
    let read = move |conn: &mut Conn| Ok::<_, db::Error>(stores::find(conn, &code)?.zip(stores::kind_of(conn, &code)?));
    visit.database().read(read).await?.ok_or(PageError::NotFound)
}

/// The listing of an address, with its store.
async fn load(visit: &Visit, code: &str, id: &str) -> Result<(Store, ConnectorKind, ListingRow), PageError> {
    let (store, kind) = load_store(visit, code).await?;
    let id = id.parse().map_err(|_| PageError::NotFound)?;
    let of_store = store.code.clone();
    let now = visit.now;
    let row = visit.database().read(move |conn| listing_rows::find(conn, &of_store, id, now)).await?;
    Ok((store, kind, row.ok_or(PageError::NotFound)?))
}

impl ListingForm {
    /// The listing with this seller SKU that the form describes.
    fn parse(&self, seller_sku: &str, errors: &mut FormErrors) -> Option<ListingInput> {
        let seller_sku = errors.keep("seller_sku", parse_seller_sku(seller_sku));
        let components = errors.keep("components", Components::parse(&self.components));
        Some(ListingInput {
            seller_sku: seller_sku?,
            components: components?,
            item_id: Some(self.item_id.clone()),
            variant_id: Some(self.variant_id.clone()),
        })
    }
}

/// The errors of a refused listing, at their fields.
fn errors_of(refusal: &ListingRefusal) -> FormErrors {
    let mut errors = FormErrors::default();
    match refusal {
        ListingRefusal::Twice(_)
        | ListingRefusal::Shared(_)
        | ListingRefusal::Exists(_)
        | ListingRefusal::Components(ComponentsRefusal::Itself { .. })
        | ListingRefusal::Taken(IdTaken::SellerSku { .. }) => errors.push("seller_sku", refusal),
        ListingRefusal::UnknownSku(_)
        | ListingRefusal::Archived(_)
        | ListingRefusal::Components(_)
        | ListingRefusal::HeldThere { .. } => errors.push("components", refusal),
        ListingRefusal::Ids { problems } => {
            for (field, words) in problems {
                errors.push(field.as_str(), words);
            }
        }
        ListingRefusal::Taken(IdTaken::Product { .. } | IdTaken::Retiring { .. }) => {
            errors.push(IdField::Item.as_str(), refusal);
        }
        ListingRefusal::Changed => errors.push("", refusal),
    }
    errors
}
