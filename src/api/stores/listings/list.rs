//! `GET /api/v1/stores/{store}/listings`
#![warn(missing_docs)]

use crate::{
    api::{
        call::Caller,
        catalogue::quantities::ComponentBody,
        cursor::{self, Cursors},
        fields,
        problem::{Code, Problem},
        refusals::refusals,
    },
    db::{
        self, Conn,
        stores::{
            self,
            listing_rows::{self, ListingRow},
        },
    },
    domain::{code::StoreCode, moment::Moment, stores::listing_state::ListingState},
};
use actix_web::{HttpRequest, HttpResponse, get, web::Path};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which listings of the store.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListingsQuery {
    /// Those in this state alone. Where nothing is pushed to the store, none is in a state.
    #[param(required = false, value_type = ListingState)]
    state: String,
    /// `next` of the page before.
    #[param(required = false)]
    cursor: String,
}

/// A page of listings.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listings {
    /// By seller SKU; those in one state by SKU, kits first.
    #[schema(max_items = 1000)]
    listings: Vec<ListingBody>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// A listing of a store.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Listing)]
pub struct ListingBody {
    /// What the store knows it by.
    seller_sku: String,
    /// What the marketplace calls it; empty if that is not known.
    title: String,
    /// What one of it takes from stock, by SKU.
    components: Vec<ComponentBody>,
    /// The marketplace's id of the item.
    item_id: Option<String>,
    /// The marketplace's id of the variant.
    variant_id: Option<String>,
    /// Units that it should show now.
    #[schema(minimum = 0)]
    quantity: i64,
    /// Units that the store acknowledged last; null if it never did.
    #[schema(minimum = 0)]
    shown: Option<i64>,
    /// Its state; null where nothing is pushed to the store.
    state: Option<ListingState>,
}

impl ListingBody {
    fn new(row: ListingRow, now: Moment) -> Self {
        let state = row.state(now);
        Self {
            components: row.components.iter().map(ComponentBody::from).collect(),
            quantity: row.quantity,
            shown: row.push.acknowledged,
            state,
            seller_sku: row.listing.seller_sku,
            title: row.listing.title,
            item_id: row.listing.item_id,
            variant_id: row.listing.variant_id,
        }
    }
}

refusals!(ListingsRefusals: BadQuery BadCursor CursorOfAnotherList NotFound);

/// List the listings of a store
///
/// Plain ones and kits, with what each should show. Pages hold up to 1,000, and those in one state may hold fewer: `next`
/// tells whether there are more. A listing that was taken off is there with `state=retiring` alone.
#[utoipa::path(
    operation_id = "listListings",
    tag = "stores",
    params(("store" = String, Path, description = "The code of the store."), ListingsQuery),
    responses((status = 200, description = "A page of listings.", body = Listings), ListingsRefusals),
)]
#[get("/stores/{store}/listings")]
pub async fn list(caller: Caller, req: HttpRequest, store: Path<String>) -> Result<HttpResponse, Problem> {
    let not_found = || Problem::new(Code::NotFound, "There is no such store.");
    let store = StoreCode::parse(&store).map_err(|_| not_found())?;
    let query = fields::from_query::<ListingsQuery>(&req)?;
    let cursors = Cursors::new("listings", &[store.as_str(), &query.state]);
    let after = cursors.read::<1>(&query.cursor)?.map(|[place]| place);
    if after.as_ref().is_some_and(|place| place.contains('\0')) {
        return Err(cursor::refused());
    }
    let words = ListingState::ALL.map(ListingState::as_str).join(", ");
    let state = |text: &str| ListingState::parse(text).ok_or_else(|| format!("Send one of {words}."));
    let state = fields::filter("state", &query.state, state)?;
    let now = caller.now;
    let read = move |conn: &mut Conn| match stores::find(conn, &store)? {
        Some(_) => Ok::<_, db::Error>(Some(listing_rows::page(conn, &store, state, after, now)?)),
        None => Ok(None),
    };
    let page = caller.database().read(read).await?.ok_or_else(not_found)?;
    let next = page.next.map(|place| cursors.write(&[&place]));
    let listings = page.rows.into_iter().map(|row| ListingBody::new(row, now)).collect();
    Ok(HttpResponse::Ok().json(Listings { listings, next }))
}
