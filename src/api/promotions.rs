//! `/api/v1/promotions`
#![warn(missing_docs)]

use super::{
    call::{Call, Caller},
    cursor::{self, Cursors},
    fields::{self, FieldErrors, Object, check_count, units},
    lists::{self, Named},
    once::{Answer, KeyHeader, key_of, once},
    problem::{Code, Facts, Problem, Refusal},
    refusals::{ListOfStoreRefusals, OneRefusals, refusals},
};
use crate::{
    actions::promotions::{
        create_promotion::{self, CreateRefusal, NewPromotion},
        end_promotion::{self, EndRefusal},
    },
    clock::new_id,
    db::{
        self, Conn, Failed,
        promotions::{
            Promotion,
            api_list::{self, Filter},
            holds::HoldRow,
            list::Totals,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{
            promotion::{FlashSaleType, MAX_PRODUCTS, Status, parse_name},
            schedule::{self, ScheduleRefusal},
        },
        refusal::HoldRefusal,
        stores::mapping::parse_seller_sku,
    },
};
use actix_web::{HttpRequest, HttpResponse, get, http::StatusCode, post, web::Path};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::{IntoParams, ToSchema};

/// A flash sale to be created. It starts at once: the stock is taken from what is in hand at this moment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionInput {
    /// Up to 120 characters.
    #[schema(min_length = 1, example = "11.11")]
    name: String,
    /// Whether the store sells its hold alone, or what is shared as well.
    #[schema(value_type = FlashSaleType)]
    r#type: String,
    /// The code of the store that the stock is held for.
    #[schema(min_length = 1, example = "lazada-sg")]
    store: String,
    /// The first moment after the sale, with its offset from UTC (RFC 3339).
    #[schema(value_type = String, format = DateTime, example = "2026-11-11T23:59:00+08:00")]
    ends_at: String,
    /// What is held, each SKU and each seller SKU once.
    #[schema(value_type = Vec<ProductInput>, min_items = 1, max_items = 1000)]
    products: Vec<Object<ProductInput>>,
}

/// One product of a flash sale to be created: a SKU, or a listing of the store by its seller SKU.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductInput {
    /// The code of the SKU.
    #[schema(min_length = 1, example = "Product1", nullable = false)]
    sku: Option<String>,
    /// Instead of `sku`: the seller SKU of a listing of the store. Its components are held: of 10 sets of two mugs, 20 mugs.
    #[schema(min_length = 1, example = "SET", nullable = false)]
    seller_sku: Option<String>,
    /// Units to hold; of a listing, how many of it.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000_000, example = 60)]
    quantity: Number,
}

impl PromotionInput {
    fn parse(&self, now: Moment) -> Result<NewPromotion, Problem> {
        check_count("products", self.products.len())?;
        let mut errors = FieldErrors::default();
        let name = errors.keep("/name", parse_name(&self.name));
        let flash_sale_type = FlashSaleType::parse(&self.r#type);
        let flash_sale_type =
            errors.keep("/type", flash_sale_type.ok_or("Send stock_allocation or stock_reservation."));
        let store = errors.keep("/store", StoreCode::parse(&self.store));
        let ends_at = errors.keep("/ends_at", schedule::parse_rfc3339(&self.ends_at));
        let mut products = Vec::new();
        let mut listings = Vec::new();
        for (index, Object(ProductInput { sku, seller_sku, quantity })) in self.products.iter().enumerate() {
            let quantity = errors.keep(format!("/products/{index}/quantity"), units(quantity, 1));
            match (sku, seller_sku) {
                (Some(sku), None) => {
                    let sku = errors.keep(format!("/products/{index}/sku"), SkuCode::parse(sku));
                    products.extend(sku.zip(quantity));
                }
                (None, Some(seller_sku)) => {
                    let pointer = format!("/products/{index}/seller_sku");
                    listings.extend(errors.keep(pointer, parse_seller_sku(seller_sku)).zip(quantity));
                }
                (Some(_), Some(_)) | (None, None) => {
                    errors.keep::<()>(format!("/products/{index}/sku"), Err("Send either sku or seller_sku."));
                }
            }
        }
        match (name, flash_sale_type, store, ends_at) {
            (Some(name), Some(flash_sale_type), Some(store), Some(ends_at)) if errors.is_empty() => Ok(NewPromotion {
                id: new_id(now),
                name,
                flash_sale_type,
                store,
                start: None,
                ends_at,
                products,
                listings,
            }),
            _ => Err(errors.problem()),
        }
    }
}

/// A flash sale.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Promotion)]
pub struct PromotionBody {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: PromotionId,
    /// Its name.
    name: String,
    /// Its status now.
    status: Status,
    /// Which of the two types.
    r#type: FlashSaleType,
    /// The code of the store that the stock is held for.
    #[schema(value_type = String)]
    store: StoreCode,
    /// The first moment.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Moment,
    /// The first moment after it: by schedule, or when it was ended.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Moment,
    /// What it holds, by SKU.
    products: Vec<Product>,
}

/// One product of a flash sale, in units.
#[derive(Debug, Serialize, ToSchema)]
pub struct Product {
    /// The code of the SKU.
    #[schema(value_type = String)]
    sku: SkuCode,
    /// Units that it holds, those that it sold among them. Of a product that was removed while the sale ran: those.
    #[schema(minimum = 1)]
    quantity: i64,
    /// Units that were taken for it, as the pages call them: the same as `quantity`.
    #[schema(minimum = 1)]
    held: i64,
    /// Units that orders took from the hold.
    #[schema(minimum = 0)]
    sold: i64,
    /// Units that no other store can sell now: what was not sold while the sale runs, 0 after it.
    #[schema(minimum = 0)]
    remaining: i64,
}

impl PromotionBody {
    fn new(promotion: Promotion, holds: Vec<HoldRow>, now: Moment) -> Self {
        let status = promotion.status(now);
        let Promotion { id, name, flash_sale_type, store, starts_at, ends_at, .. } = promotion;
        let mut products = Vec::new();
        for HoldRow { sku, quantity, sold, .. } in holds {
            let remaining = Totals { skus: 1, quantity, sold }.remaining(status);
            products.push(Product { sku, quantity, held: quantity, sold, remaining });
        }
        Self { id, name, status, r#type: flash_sale_type, store, starts_at, ends_at, products }
    }
}

refusals!(CreateRefusals: BadJson BadIdempotencyKey Unreadable AlreadyHeld TooLarge UnsupportedEncoding UnsupportedMediaType
    BadField DuplicateSku EndNotInFuture IdempotencyKeyReused NoProducts NotEnoughStock NotListed TooManyItems
    UnknownSku UnknownStore);

/// Create a flash sale
///
/// All of it is held, or nothing: of several reasons against it, the first decides the code and all are in `refusals`.
#[utoipa::path(
    operation_id = "createPromotion",
    tag = "promotions",
    params(KeyHeader),
    request_body = PromotionInput,
    responses((status = 201, description = "The flash sale runs.", body = PromotionBody), CreateRefusals),
)]
#[post("/promotions")]
pub async fn create(call: Call<PromotionInput>) -> Result<HttpResponse, Problem> {
    let key = key_of(&call)?;
    let cause = call.caller.cause("");
    let new = call.body.parse(cause.at)?;
    once(&call.caller, key, move |conn| match create_promotion::run(conn, &cause, new.clone()) {
        Ok(promotion) => {
            let holds = db::promotions::holds::of_promotion(conn, promotion.id)?;
            Ok(Answer::new(StatusCode::CREATED, &PromotionBody::new(promotion, holds, cause.at)))
        }
        Err(Failed::Refused(refusals)) => Ok(Problem::refused(refusals.into_iter().map(refusal).collect()).into()),
        Err(Failed::Database(error)) => Err(error),
    })
    .await
}

fn refusal(refused: CreateRefusal) -> Refusal {
    let detail = refused.to_string();
    let (code, facts) = match refused {
        CreateRefusal::UnknownStore(store) => (Code::UnknownStore, Facts { store: Some(store), ..Facts::default() }),
        CreateRefusal::Schedule(ScheduleRefusal::EndNotAfterNow) => (Code::EndNotInFuture, Facts::default()),
        CreateRefusal::Schedule(ScheduleRefusal::StartNotNow | ScheduleRefusal::EndNotAfterStart) => {
            unreachable!("the API sends no start")
        }
        CreateRefusal::NoProducts => (Code::NoProducts, Facts::default()),
        CreateRefusal::Twice(sku) => (Code::DuplicateSku, Facts { sku: Some(sku), ..Facts::default() }),
        CreateRefusal::UnknownListing { store, .. } => {
            (Code::NotListed, Facts { store: Some(store), ..Facts::default() })
        }
        CreateRefusal::ListingTwice(_) => (Code::DuplicateSku, Facts::default()),
        CreateRefusal::TooMany(_) => (Code::TooManyItems, Facts { limit: Some(MAX_PRODUCTS), ..Facts::default() }),
        CreateRefusal::Product(refused) => of_product(refused),
    };
    Refusal { code, detail, facts }
}

fn of_product(refused: HoldRefusal) -> (Code, Facts) {
    let facts = Facts { sku: Some(refused.sku().clone()), ..Facts::default() };
    match refused {
        HoldRefusal::UnknownSku(_) => (Code::UnknownSku, facts),
        HoldRefusal::NotListed { store, .. } => (Code::NotListed, Facts { store: Some(store), ..facts }),
        HoldRefusal::AlreadyHeld { promotion, promotion_name, .. } => {
            let facts = Facts { promotion: Some(promotion), promotion_name: Some(promotion_name), ..facts };
            (Code::AlreadyHeld, facts)
        }
        HoldRefusal::NotEnoughStock { asked, available, .. } => {
            (Code::NotEnoughStock, Facts { asked: Some(asked), available: Some(available), ..facts })
        }
    }
}

/// Which promotions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PromotionsQuery {
    /// Those that are in this status.
    #[param(required = false, value_type = Status)]
    status: String,
    /// Of this store alone.
    #[param(required = false)]
    store: String,
    /// `next` of the page before.
    #[param(required = false)]
    cursor: String,
}

impl PromotionsQuery {
    fn cursors(&self) -> Cursors {
        Cursors::new("promotions", &[&self.status, &self.store])
    }

    fn parse(&self) -> Result<Filter, Problem> {
        let running = |status: &str| match Status::parse(status) {
            Some(Status::Running) => Ok(true),
            Some(Status::Ended) => Ok(false),
            Some(Status::Draft) | None => Err("Send running or ended."),
        };
        let after = self.cursors().read(&self.cursor)?;
        Ok(Filter {
            running: fields::filter("status", &self.status, running)?,
            store: fields::filter("store", &self.store, StoreCode::parse)?,
            after: after.map(|[id]: [String; 1]| id.parse().map_err(|_| cursor::refused())).transpose()?,
        })
    }
}

/// A page of promotions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Promotions {
    /// Newest first.
    promotions: Vec<PromotionBody>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// List the flash sales, newest first
///
/// Pages hold up to 50.
#[utoipa::path(
    operation_id = "listPromotions",
    tag = "promotions",
    params(PromotionsQuery),
    responses((status = 200, description = "A page of flash sales.", body = Promotions), ListOfStoreRefusals),
)]
#[get("/promotions")]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = fields::from_query::<PromotionsQuery>(&req)?;
    let filter = query.parse()?;
    let named = Named { store: filter.store.clone(), ..Named::default() };
    let now = caller.now;
    let page = lists::read(&caller, named, move |conn| api_list::page(conn, &filter, now)).await?;
    let last = page.rows.last().filter(|_| page.has_next);
    let next = last.map(|(promotion, _)| query.cursors().write(&[promotion.id.as_str()]));
    let promotions = page.rows.into_iter().map(|(promotion, holds)| PromotionBody::new(promotion, holds, now));
    Ok(HttpResponse::Ok().json(Promotions { promotions: promotions.collect(), next }))
}

/// Show a flash sale
#[utoipa::path(
    operation_id = "showPromotion",
    tag = "promotions",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 200, description = "The flash sale.", body = PromotionBody), OneRefusals),
)]
#[get("/promotions/{id}")]
pub async fn show(caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let found = caller.database().read(move |conn| api_list::one(conn, id)).await?;
    let (promotion, holds) = found.ok_or_else(not_found)?;
    Ok(HttpResponse::Ok().json(PromotionBody::new(promotion, holds, caller.now)))
}

/// End a flash sale now
///
/// What it still holds is shared again at once. Ending is final; a second time, or after its schedule, changes nothing
/// and answers the same.
#[utoipa::path(
    operation_id = "endPromotion",
    tag = "promotions",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 200, description = "The flash sale, which has ended.", body = PromotionBody), OneRefusals),
)]
#[post("/promotions/{id}/end")]
pub async fn end(caller: Caller, id: Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    let cause = caller.cause("");
    let work = move |conn: &mut Conn| match end_promotion::run(conn, &cause, id) {
        Ok(_) | Err(Failed::Refused(EndRefusal::AlreadyEnded)) => Ok(api_list::one(conn, id)?),
        Err(Failed::Refused(EndRefusal::NotFound)) => Ok(None),
        Err(Failed::Database(error)) => Err(error),
    };
    let (promotion, holds) = caller.database().write(work).await?.ok_or_else(not_found)?;
    // Another server that ended it may have a later clock.
    let now = caller.now.max(promotion.ends_at);
    Ok(HttpResponse::Ok().json(PromotionBody::new(promotion, holds, now)))
}

fn parse_id(text: &str) -> Result<PromotionId, Problem> {
    text.parse().map_err(|_| not_found())
}

fn not_found() -> Problem {
    Problem::new(Code::NotFound, EndRefusal::NotFound.to_string())
}
