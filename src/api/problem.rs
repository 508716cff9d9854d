//! Errors of the API: `application/problem+json` (RFC 9457) with a stable `code` and the numbers that explain it.

use crate::{
    db::{Error as DbError, ErrorKind},
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
    },
    fault::log_fault,
    web::error::PageError,
};
use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! codes {
    ($($name:ident $text:literal $status:ident $meaning:literal;)+) => {
        /// What programs tell errors apart by. A code never changes, and it decides the status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum Code {
            $(#[doc = $meaning] #[serde(rename = $text)] $name,)+
        }

        impl Code {
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }

            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }
        }
    };
}

codes! {
    BadJson "bad_json" BAD_REQUEST "The body is not JSON.";
    BadQuery "bad_query" BAD_REQUEST "The query has a parameter that is unknown, appears twice, or cannot be read.";
    BadCursor "bad_cursor" BAD_REQUEST "The cursor did not come from an answer.";
    BadIdempotencyKey "bad_idempotency_key" BAD_REQUEST "The Idempotency-Key is not 1 to 255 visible ASCII characters.";
    Unreadable "unreadable" BAD_REQUEST "The request arrived incomplete, or its head cannot be read.";
    Unauthorized "unauthorized" UNAUTHORIZED "There is no bearer token, or it is unknown or revoked.";
    Forbidden "forbidden" FORBIDDEN "The token does not have the permission for this call.";
    NotFound "not_found" NOT_FOUND "There is nothing at this address.";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The address takes other methods: see `Allow`.";
    AlreadyHeld "already_held" CONFLICT "The store already has a live hold on the SKU: it can have one at a time.";
    AlreadyCancelled "already_cancelled" CONFLICT "The order was cancelled.";
    AlreadyShipped "already_shipped" CONFLICT "The order was shipped.";
    HeldThere "held_there" CONFLICT "A running flash sale holds the SKU on the store: `sku`, `store`.";
    SharedSellerSku "shared_seller_sku" CONFLICT "Two SKUs of the store have that seller SKU: give each its own.";
    NotOnHand "not_on_hand" CONFLICT "The warehouse has fewer units than the order: `sku`, `asked`, `available`.";
    NumberReused "number_reused" CONFLICT "An order with that number was placed more than half a year earlier or later.";
    CodeTaken "code_taken" CONFLICT "The code is taken.";
    NameTaken "name_taken" CONFLICT "Another store has that name, in upper or lower case: `store`.";
    TooLarge "too_large" PAYLOAD_TOO_LARGE "The body has more bytes than `limit`.";
    UnsupportedEncoding "unsupported_encoding" UNSUPPORTED_MEDIA_TYPE "The body has a `Content-Encoding` other than gzip.";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body is not sent as `application/json`.";
    BadField "bad_field" UNPROCESSABLE_ENTITY "A field is missing, unknown, of the wrong type or not allowed: see `errors`.";
    CursorOfAnotherList "cursor_of_another_list" UNPROCESSABLE_ENTITY "The cursor came from another list, or from this one with other filters.";
    DuplicateSku "duplicate_sku" UNPROCESSABLE_ENTITY "A SKU is in the request twice.";
    EndNotInFuture "end_not_in_future" UNPROCESSABLE_ENTITY "The end of the sale is not in the future.";
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY "The Idempotency-Key was used for another request.";
    NoProducts "no_products" UNPROCESSABLE_ENTITY "The sale has no products.";
    NotEnoughStock "not_enough_stock" UNPROCESSABLE_ENTITY "More was asked for than is available: `sku`, `asked`, `available`.";
    NotListed "not_listed" UNPROCESSABLE_ENTITY "The store does not list the SKU.";
    PlacedInFuture "placed_in_future" UNPROCESSABLE_ENTITY "The order date is more than a day in the future.";
    TooManyItems "too_many_items" UNPROCESSABLE_ENTITY "The body has more items than `limit`.";
    UnknownSku "unknown_sku" UNPROCESSABLE_ENTITY "There is no such SKU.";
    UnknownStore "unknown_store" UNPROCESSABLE_ENTITY "There is no such store.";
    WorthTooMuch "worth_too_much" UNPROCESSABLE_ENTITY "The order is worth more than 1,000,000,000,000,000 minor units.";
    Fault "fault" INTERNAL_SERVER_ERROR "The fault is in flashsale; its log has more under `id`.";
    DatabaseBusy "database_busy" SERVICE_UNAVAILABLE "Another program is writing to the database: try again.";
    DatabaseReadOnly "database_read_only" SERVICE_UNAVAILABLE "The database is read-only.";
    ClockOff "clock_off" SERVICE_UNAVAILABLE "The clock of the server is wrong, so nothing is decided about stock until it is set right.";
    DatabaseUnavailable "database_unavailable" SERVICE_UNAVAILABLE "The database cannot be reached, or did not answer in time.";
    OutcomeUnknown "outcome_unknown" SERVICE_UNAVAILABLE "The database did not confirm the change, which may have been made.";
}

/// The names and numbers that explain a problem; those that belong to its code.
#[warn(missing_docs)]
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(default)]
pub struct Facts {
    /// The SKU that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, nullable = false)]
    pub sku: Option<SkuCode>,
    /// The store that it was refused for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, nullable = false)]
    pub store: Option<StoreCode>,
    /// Units asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub asked: Option<i64>,
    /// Units available now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub available: Option<i64>,
    /// The flash sale that is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, nullable = false)]
    pub promotion: Option<PromotionId>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub promotion_name: Option<String>,
    /// The most bytes or items that are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limit: Option<usize>,
    /// Under which the log has more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
}

/// What is wrong with one field.
#[warn(missing_docs)]
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// Where it is: a JSON pointer (RFC 6901) into the body, or `?name` for a parameter of the query.
    pub pointer: String,
    /// What to do.
    pub detail: String,
}

/// One of several reasons why something was refused.
#[warn(missing_docs)]
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refusal {
    /// What programs tell reasons apart by.
    #[schema(value_type = String)]
    pub code: Code,
    /// What people read.
    pub detail: String,
    /// What explains it.
    #[serde(flatten)]
    pub facts: Facts,
}

/// The body of every answer that is an error (RFC 9457).
#[warn(missing_docs)]
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Always `about:blank`: the code says what kind of problem it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What programs tell errors apart by. It never changes.
    #[schema(value_type = String)]
    code: Code,
    /// What people read: what to do.
    detail: &'a str,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
    /// Every reason, of which the first decides the code.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    refusals: &'a [Refusal],
    #[serde(flatten)]
    facts: &'a Facts,
}

#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Problem {
    pub code: Code,
    pub detail: String,
    pub facts: Box<Facts>,
    pub errors: Vec<FieldError>,
    pub refusals: Vec<Refusal>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), facts: Box::default(), errors: Vec::new(), refusals: Vec::new() }
    }

    #[must_use]
    pub fn with(self, facts: Facts) -> Self {
        Self { facts: Box::new(facts), ..self }
    }

    pub fn fields(code: Code, errors: Vec<FieldError>) -> Self {
        let words: Vec<&str> = errors.iter().take(3).map(|error| error.detail.as_str()).collect();
        let detail = words.join(" ");
        Self { errors, ..Self::new(code, detail) }
    }

    /// The first of the refusals, of which there is at least one, decides the code.
    pub fn refused(refusals: Vec<Refusal>) -> Self {
        let Refusal { code, detail, facts } = refusals.first().expect("a refusal has a reason").clone();
        Self { refusals, ..Self::new(code, detail).with(facts) }
    }

    /// Logs a fault of the program under an id that the response has.
    pub fn fault(fault: &dyn std::fmt::Display) -> Self {
        Self::new(Code::Fault, "The fault is in flashsale. Its log has more under this id.")
            .with(Facts { id: Some(log_fault(fault)), ..Facts::default() })
    }

    pub fn body(&self) -> ProblemBody<'_> {
        let Self { code, detail, facts, errors, refusals } = self;
        let status = code.status();
        let title = status.canonical_reason().unwrap_or_default();
        ProblemBody {
            r#type: "about:blank",
            title,
            status: status.as_u16(),
            code: *code,
            detail,
            errors,
            refusals,
            facts,
        }
    }
}

pub const CONTENT_TYPE: &str = "application/problem+json";

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        match self.code {
            Code::Unauthorized => response.insert_header((header::WWW_AUTHENTICATE, "Bearer")),
            Code::UnsupportedEncoding => response.insert_header((header::ACCEPT_ENCODING, "gzip")),
            Code::DatabaseBusy => response.insert_header((header::RETRY_AFTER, "5")),
            Code::DatabaseUnavailable | Code::OutcomeUnknown => response.insert_header((header::RETRY_AFTER, "2")),
            Code::ClockOff => response.insert_header((header::RETRY_AFTER, "30")),
            _ => &mut response,
        };
        response.content_type(CONTENT_TYPE).json(self.body())
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        let code = match error.kind() {
            ErrorKind::Busy => Code::DatabaseBusy,
            ErrorKind::ReadOnly => Code::DatabaseReadOnly,
            ErrorKind::Unavailable => Code::DatabaseUnavailable,
            ErrorKind::OutcomeUnknown => Code::OutcomeUnknown,
            ErrorKind::ClockOff => Code::ClockOff,
            ErrorKind::Fault => return Self::fault(&error),
        };
        let detail = match code {
            Code::OutcomeUnknown => {
                "It is not known whether this was done: the database did not confirm it. Send it again with the same \
                 Idempotency-Key; without one, look first what is there now."
                    .to_owned()
            }
            code => format!("Nothing was changed. {}", code.meaning()),
        };
        Self::new(code, detail).with(Facts { id: Some(log_fault(&error)), ..Facts::default() })
    }
}

impl From<PageError> for Problem {
    fn from(error: PageError) -> Self {
        match error {
            PageError::NotFound | PageError::Gone(_) => Self::new(Code::NotFound, Code::NotFound.meaning()),
            PageError::SignInFirst { .. } | PageError::SignInAgain(_) => {
                Self::new(Code::Unauthorized, Code::Unauthorized.meaning())
            }
            PageError::OwnPasswordFirst | PageError::Forbidden => Self::new(Code::Forbidden, Code::Forbidden.meaning()),
            PageError::ForeignForm
            | PageError::ExpiredForm { .. }
            | PageError::ForeignOrigin { .. }
            | PageError::TooMany { .. }
            | PageError::TooLarge { .. } => Self::new(Code::Unreadable, error.to_string()),
            PageError::Unreadable(detail) => Self::new(Code::Unreadable, detail),
            PageError::Database(error) => error.into(),
            PageError::Fault(fault) => Self::fault(&fault),
        }
    }
}
