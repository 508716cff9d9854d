//! `/api/v1/push-log`
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
    db::{
        Conn,
        stores::push_log::{self, Filter, Key, LoggedPush, Outcomes},
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        promotions::schedule,
        stores::push::PushOutcome,
    },
};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const PAGE_ROWS: usize = 1_000;

/// Which lines of the log.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PushLogQuery {
    /// Of this store alone.
    #[param(required = false)]
    store: String,
    /// Of this SKU alone.
    #[param(required = false)]
    sku: String,
    /// With this outcome alone; `failed` is every one but `acknowledged`.
    #[param(required = false, value_type = PushOutcomeFilter)]
    outcome: String,
    /// Answered at this moment or later, with its offset from UTC (RFC 3339).
    #[param(required = false, value_type = String, format = DateTime, example = "2026-11-11T00:00:00+08:00")]
    since: String,
    /// `next` of the page before.
    #[param(required = false)]
    cursor: String,
}

/// The outcomes that the log can be narrowed to.
enum PushOutcomeFilter {}

described!(PushOutcomeFilter, "PushOutcomeFilter", Outcomes::words(), "The outcomes that the log can be narrowed to.");

impl PushLogQuery {
    fn cursors(&self) -> Cursors {
        Cursors::new("push-log", &[&self.store, &self.sku, &self.outcome, &self.since])
    }

    fn parse(&self) -> Result<(Filter, Option<Key>), Problem> {
        let outcomes = |text: &str| {
            let outcomes = Outcomes::parse(text);
            outcomes.ok_or("Send acknowledged, failed, credentials, throttled, locked, mapping or temporary.")
        };
        let filter = Filter {
            store: fields::filter("store", &self.store, StoreCode::parse)?,
            sku: fields::filter("sku", &self.sku, SkuCode::parse)?,
            outcomes: fields::filter("outcome", &self.outcome, outcomes)?.unwrap_or_default(),
            from: fields::filter("since", &self.since, schedule::parse_rfc3339)?,
            until: None,
        };
        let after = self.cursors().read(&self.cursor)?.map(|[key]| key.parse::<Key>().map_err(|_| cursor::refused()));
        Ok((filter, after.transpose()?))
    }
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct PushLog {
    /// The newest first.
    #[schema(max_items = 1000)]
    pushes: Vec<LineBody>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// A quantity that was sent to a store.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoggedPush)]
pub struct LineBody {
    /// Its id.
    id: String,
    /// When it was answered.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// The store.
    #[schema(value_type = String)]
    store: StoreCode,
    /// The SKU; null for a kit.
    #[schema(value_type = Option<String>)]
    sku: Option<SkuCode>,
    /// The seller SKU of a kit at that time; not there in the line of a SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    seller_sku: Option<String>,
    /// Units that the store had acknowledged before; null if it never had.
    #[schema(minimum = 0)]
    quantity_before: Option<i64>,
    /// Units that it was sent.
    #[schema(minimum = 0)]
    quantity: i64,
    /// The sum behind them, in words.
    why: String,
    /// The result.
    #[schema(value_type = PushOutcome)]
    outcome: &'static str,
    /// What the marketplace said of a failure.
    answer: String,
    /// By what the marketplace knows the request.
    request_id: Option<String>,
}

impl From<LoggedPush> for LineBody {
    fn from(line: LoggedPush) -> Self {
        let LoggedPush { id, at, store, sku, seller_sku, quantity_before, quantity, why, outcome, answer, request_id } =
            line;
        let id = id.to_string();
        let seller_sku = Some(seller_sku).filter(|_| sku.is_none());
        let outcome = outcome.as_str();
        Self { id, at, store, sku, seller_sku, quantity_before, quantity, why, outcome, answer, request_id }
    }
}

/// List what was sent to the stores
///
/// Pages hold up to 1,000. Lines are stored for 30 days, or as the server is configured.
#[utoipa::path(
    operation_id = "listPushLog",
    tag = "pushes",
    params(PushLogQuery),
    responses((status = 200, description = "A page of the log.", body = PushLog), ListRefusals),
)]
#[get("/push-log")]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = fields::from_query::<PushLogQuery>(&req)?;
    let (filter, after) = query.parse()?;
    let named = Named { store: filter.store.clone(), sku: filter.sku.clone().map(|sku| ("sku", sku)) };
    let limit = i64::try_from(PAGE_ROWS + 1).expect("a small number");
    let read = move |conn: &mut Conn| push_log::after(conn, &filter, after, limit);
    let mut lines = lists::read(&caller, named, read).await?;
    let has_next = lines.len() > PAGE_ROWS;
    lines.truncate(PAGE_ROWS);
    let next = lines.last().filter(|_| has_next).map(|line| query.cursors().write(&[&Key::of(line).to_string()]));
    Ok(HttpResponse::Ok().json(PushLog { pushes: lines.into_iter().map(LineBody::from).collect(), next }))
}
