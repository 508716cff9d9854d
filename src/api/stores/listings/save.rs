//! `PUT /api/v1/stores/{store}/listings`
#![warn(missing_docs)]

use crate::{
    actions::stores::save_listings::{self, ListingInput, ListingRefusal, Saved},
    api::{
        call::Call,
        fields::{FieldErrors, Items, Object, check_count},
        problem::{Code, Problem},
        refusals::refusals,
    },
    db::Conn,
    domain::{
        code::{SkuCode, StoreCode},
        stores::{
            components::{Component, Components, ComponentsRefusal},
            mapping::{IdTaken, parse_seller_sku},
        },
    },
};
use actix_web::{HttpResponse, put, web::Path};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

/// Listings of a store, up to 1,000.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListingsInput {
    /// Each seller SKU once.
    #[schema(value_type = Vec<ListingFields>, max_items = 1000)]
    listings: Items<ListingFields>,
}

/// What a listing is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ListingInput)]
#[serde(deny_unknown_fields)]
pub struct ListingFields {
    /// What the store knows it by, up to 100 characters. The store may have it already: then it is changed.
    #[schema(min_length = 1, example = "SET")]
    seller_sku: String,
    /// What one of it takes from stock: each SKU once. One unit of one SKU is a plain listing, anything else a kit.
    #[schema(value_type = Vec<ComponentFields>, min_items = 1, max_items = 50)]
    components: Vec<Object<ComponentFields>>,
    /// The marketplace's id of the item; left as it is without it, and cleared by an empty text.
    #[schema(example = "1234567890")]
    item_id: Option<String>,
    /// The marketplace's id of the variant, where it has one; left as it is without it, and cleared by an empty text.
    variant_id: Option<String>,
}

/// A SKU in a listing.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ComponentInput)]
#[serde(deny_unknown_fields)]
pub struct ComponentFields {
    /// The code of the SKU.
    #[schema(min_length = 1, example = "MUG")]
    sku: String,
    /// How many units of it one listing takes.
    #[schema(value_type = i64, minimum = 1, maximum = 10_000, example = 2)]
    units: Number,
}

impl ListingFields {
    fn parse(self) -> Result<ListingInput, FieldErrors> {
        let Self { seller_sku, components, item_id, variant_id } = self;
        let mut errors = FieldErrors::default();
        let seller_sku = errors.keep("/seller_sku", parse_seller_sku(&seller_sku));
        let mut parsed = Vec::with_capacity(components.len());
        for (nth, Object(ComponentFields { sku, units })) in components.into_iter().enumerate() {
            let sku = errors.keep(format!("/components/{nth}/sku"), SkuCode::parse(&sku));
            // The rule of the components says what is wrong with other whole numbers.
            let units = units.as_i64().ok_or("Send a whole number of units.");
            let units = errors.keep(format!("/components/{nth}/units"), units);
            parsed.extend(sku.zip(units).map(|(sku, units)| Component { sku, units }));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let pointer = |refusal: &ComponentsRefusal| match refusal {
            ComponentsRefusal::Units { sku, .. } => {
                let at = parsed.iter().position(|component| component.sku == *sku);
                at.map_or_else(|| "/components".to_owned(), |nth| format!("/components/{nth}/units"))
            }
            _ => "/components".to_owned(),
        };
        let components = Components::new(parsed.clone()).map_err(|refusal| (pointer(&refusal), refusal));
        let components = match components {
            Ok(components) => Some(components),
            Err((pointer, refusal)) => errors.keep(pointer, Err(refusal)),
        };
        match (seller_sku, components) {
            (Some(seller_sku), Some(components)) => Ok(ListingInput { seller_sku, components, item_id, variant_id }),
            _ => Err(errors),
        }
    }
}

/// What was done.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct SavedListings {
    /// Listings that are new, or that were retiring and are listed again.
    created: usize,
    /// Listings that there were.
    updated: usize,
    /// Items that were not applied, in their order. The others were.
    failed: Vec<FailedListing>,
}

/// An item that was not applied.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailedListing {
    /// Which item, counted from 0.
    index: usize,
    /// What programs tell reasons apart by.
    code: FailedListingCode,
    /// What to do.
    detail: String,
    /// The first of its fields that are wrong: a JSON pointer (RFC 6901) into the body.
    pointer: String,
}

/// Why an item was not applied: a field is missing or has a value that is not allowed (0 units, a SKU twice, a kit of
/// itself), a seller SKU is in the request twice, a SKU does not exist or is archived, a flash sale of the store holds a SKU
/// that the listing would lose, the ids are those of another listing, several listings share the seller SKU, or someone
/// else changed it at that moment: send it again.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum FailedListingCode {
    BadField,
    DuplicateListing,
    UnknownSku,
    Archived,
    HeldThere,
    IdTaken,
    SharedSellerSku,
    Conflict,
}

impl FailedListing {
    fn unreadable(index: usize, errors: &FieldErrors) -> Self {
        let pointer = format!("/listings/{index}{}", errors.first_pointer().unwrap_or_default());
        Self { index, code: FailedListingCode::BadField, detail: errors.in_words(), pointer }
    }

    fn refused(index: usize, refusal: &ListingRefusal) -> Self {
        let (code, field) = match refusal {
            ListingRefusal::Twice(_) => (FailedListingCode::DuplicateListing, "seller_sku"),
            ListingRefusal::Exists(_) => unreachable!("the API changes what is there"),
            ListingRefusal::Shared(_) => (FailedListingCode::SharedSellerSku, "seller_sku"),
            ListingRefusal::Changed => (FailedListingCode::Conflict, "seller_sku"),
            ListingRefusal::Components(ComponentsRefusal::Itself { .. }) => (FailedListingCode::BadField, "seller_sku"),
            ListingRefusal::Components(_) => (FailedListingCode::BadField, "components"),
            ListingRefusal::UnknownSku(_) => (FailedListingCode::UnknownSku, "components"),
            ListingRefusal::Archived(_) => (FailedListingCode::Archived, "components"),
            ListingRefusal::HeldThere { .. } => (FailedListingCode::HeldThere, "components"),
            ListingRefusal::Ids { problems } => {
                (FailedListingCode::BadField, problems.first().map_or("item_id", |(field, _)| field.as_str()))
            }
            ListingRefusal::Taken(IdTaken::SellerSku { .. }) => (FailedListingCode::IdTaken, "seller_sku"),
            ListingRefusal::Taken(IdTaken::Product { .. } | IdTaken::Retiring { .. }) => {
                (FailedListingCode::IdTaken, "item_id")
            }
        };
        Self { index, code, detail: refusal.to_string(), pointer: format!("/listings/{index}/{field}") }
    }
}

refusals!(SaveRefusals: BadJson Unreadable NotFound TooLarge UnsupportedEncoding UnsupportedMediaType BadField
    TooManyItems);

/// Add listings to a store, or bring them up to date
///
/// Plain ones and kits, each known by its seller SKU there. Every item is tried; the good ones count. What is not in the
/// request stays as it is.
#[utoipa::path(
    operation_id = "saveListings",
    tag = "stores",
    params(("store" = String, Path, description = "The code of the store.")),
    request_body = ListingsInput,
    responses((status = 200, description = "The result of each item.", body = SavedListings), SaveRefusals),
)]
#[put("/stores/{store}/listings")]
pub async fn save(call: Call<ListingsInput>, store: Path<String>) -> Result<HttpResponse, Problem> {
    let not_found = || Problem::new(Code::NotFound, "There is no such store.");
    let store = StoreCode::parse(&store).map_err(|_| not_found())?;
    let items = call.body.listings;
    check_count("listings", items.count)?;
    let mut answer = SavedListings::default();
    let (parsed, unreadable) = items.parsed(ListingFields::parse);
    answer.failed.extend(unreadable.iter().map(|(index, errors)| FailedListing::unreadable(*index, errors)));
    let (indices, inputs): (Vec<usize>, Vec<ListingInput>) = parsed.into_iter().unzip();
    let cause = call.caller.cause("");
    let work = move |conn: &mut Conn| save_listings::run(conn, &cause, &store, &inputs);
    let results = call.caller.database().write(work).await?.ok_or_else(not_found)?;
    for (index, result) in indices.into_iter().zip(results) {
        match result {
            Ok(Saved::Created) => answer.created += 1,
            Ok(Saved::Updated | Saved::Unchanged) => answer.updated += 1,
            Err(refusal) => answer.failed.push(FailedListing::refused(index, &refusal)),
        }
    }
    answer.failed.sort_by_key(|failed| failed.index);
    Ok(HttpResponse::Ok().json(answer))
}
