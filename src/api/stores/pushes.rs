//! `/api/v1/pushes`
#![warn(missing_docs)]

use crate::{
    api::{
        call::Caller,
        cursor::{self, Cursors},
        fields,
        lists::{self, Named},
        problem::Problem,
        refusals::ListRefusals,
        words::described,
    },
    db::stores::{
        listing_states::{self, Filter, Row},
        pushes::Push,
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::listing_state::ListingState,
    },
};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which listings.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PushesQuery {
    /// Of this store alone.
    #[param(required = false)]
    store: String,
    /// Of this SKU alone.
    #[param(required = false)]
    sku: String,
    /// In this state alone. All others are `in_step`.
    #[param(required = false, value_type = BehindState)]
    state: String,
    /// `next` of the page before.
    #[param(required = false)]
    cursor: String,
}

/// The states in which a listing may show something else than it should.
enum BehindState {}

described!(
    BehindState,
    "BehindState",
    ListingState::ALL.into_iter().filter(|state| *state != ListingState::InSync).map(ListingState::as_str),
    "The states in which a listing may show something else than it should."
);

impl PushesQuery {
    fn cursors(&self) -> Cursors {
        Cursors::new("pushes", &[&self.store, &self.sku, &self.state])
    }

    fn parse(&self) -> Result<Filter, Problem> {
        let after = self.cursors().read(&self.cursor)?;
        let after = after.map(|[store, place]| Some((StoreCode::parse(&store).ok()?, place_of(place)?)));
        let state = |text: &str| {
            let state = ListingState::parse(text).filter(|state| *state != ListingState::InSync);
            state.ok_or("Send waiting, sending, refused, blocked, not_writable, paused, not_mapped or retiring.")
        };
        Ok(Filter {
            store: fields::filter("store", &self.store, StoreCode::parse)?,
            sku: fields::filter("sku", &self.sku, SkuCode::parse)?,
            state: fields::filter("state", &self.state, state)?,
            after: after.map(|key| key.ok_or_else(cursor::refused)).transpose()?,
        })
    }
}

/// No database has a text with such a character.
fn place_of(place: String) -> Option<String> {
    Some(place).filter(|place| !place.contains('\0'))
}

/// A page of listings.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pushes {
    /// By store, then SKU; of each store, kits come first.
    #[schema(max_items = 1000)]
    pushes: Vec<PushBody>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// The state of a listing of a connected store.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Push)]
pub struct PushBody {
    /// The SKU; null for a kit.
    #[schema(value_type = Option<String>)]
    sku: Option<SkuCode>,
    /// The seller SKU of a kit; not there in the row of a SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    seller_sku: Option<String>,
    /// The store.
    #[schema(value_type = String)]
    store: StoreCode,
    /// Units that it should show now.
    #[schema(minimum = 0)]
    quantity: i64,
    /// Units that it acknowledged last; null if it never did.
    #[schema(minimum = 0)]
    acknowledged: Option<i64>,
    /// When it did.
    #[schema(value_type = Option<String>, format = DateTime)]
    acknowledged_at: Option<Moment>,
    /// Its state.
    state: ListingState,
    /// Why it does not show yet what it should; empty where it does.
    why: String,
    /// Since when it has shown something else than it should.
    #[schema(value_type = Option<String>, format = DateTime)]
    behind_since: Option<Moment>,
    /// When it is tried next; null if it is not, or is on its way.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_try: Option<Moment>,
    /// Units that it shows, or may, and should not: another store may be selling them. Null if it is not known what
    /// it shows.
    #[schema(minimum = 0)]
    exposed: Option<i64>,
}

impl From<Row> for PushBody {
    fn from(Row { seller_sku, push, should, state, why, next_try, exposed }: Row) -> Self {
        let Push { sku, store, acknowledged, acknowledged_at, behind_since, .. } = push;
        Self {
            seller_sku: Some(seller_sku).filter(|_| sku.is_none()),
            sku,
            store,
            quantity: should,
            acknowledged,
            acknowledged_at,
            state,
            why,
            behind_since,
            next_try,
            exposed,
        }
    }
}

/// List how the listings of connected stores stand
///
/// Pages hold up to 1,000, and fewer where the state of some is another by now: `next` tells whether there are more.
/// Stores that nothing is pushed to are not there.
#[utoipa::path(
    operation_id = "listPushes",
    tag = "pushes",
    params(PushesQuery),
    responses((status = 200, description = "A page of listings.", body = Pushes), ListRefusals),
)]
#[get("/pushes")]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = fields::from_query::<PushesQuery>(&req)?;
    let filter = query.parse()?;
    let named = Named { store: filter.store.clone(), sku: filter.sku.clone().map(|sku| ("sku", sku)) };
    let now = caller.now;
    let page = lists::read(&caller, named, move |conn| listing_states::page(conn, &filter, now)).await?;
    let next = page.next.map(|(store, place)| query.cursors().write(&[store.as_str(), &place]));
    Ok(HttpResponse::Ok().json(Pushes { pushes: page.rows.into_iter().map(PushBody::from).collect(), next }))
}
