//! `/api/v1/stores`
#![warn(missing_docs)]

pub mod listings;
pub mod push_log;
pub mod pushes;
use super::{
    call::Call,
    fields::FieldErrors,
    once::{Answer, KeyHeader, key_of, once},
    problem::{Code, Facts, Problem},
    refusals::refusals,
};
use crate::{
    actions::stores::add_store::{self, AddStoreRefusal, NameTaken, NewStore},
    db::{Failed, stores::Store},
    domain::{
        code::StoreCode,
        moment::Moment,
        money::Currency,
        place::{Country, parse_zone},
    },
};
use actix_web::{HttpResponse, http::StatusCode, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A store to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreInput {
    /// Lower-case letters, digits, `-`, `_` and `.`, up to 40.
    #[schema(min_length = 1, example = "lazada-sg")]
    code: String,
    /// What staff call it, up to 80 characters.
    #[schema(min_length = 1, example = "Lazada SG")]
    name: String,
    /// The marketplace it is on, up to 40 characters.
    #[schema(min_length = 1, example = "Lazada")]
    marketplace: String,
    /// The IANA name of its time zone.
    #[schema(min_length = 1, example = "Asia/Singapore")]
    time_zone: String,
    /// The two letters of the country it sells in (ISO 3166-1). Without it, it is the country of the time zone.
    #[schema(example = "SG")]
    country: Option<String>,
    /// The three letters of the currency of its prices (ISO 4217). Without it, it is the currency of the country.
    #[schema(example = "SGD")]
    currency: Option<String>,
}

impl StoreInput {
    fn parse(&self) -> Result<NewStore, Problem> {
        let mut errors = FieldErrors::default();
        let code = errors.keep("/code", StoreCode::parse(&self.code));
        let name = errors.keep("/name", add_store::parse_name(&self.name));
        let marketplace = errors.keep("/marketplace", add_store::parse_marketplace(&self.marketplace));
        let time_zone = errors.keep("/time_zone", parse_zone(&self.time_zone));
        let country = errors.keep("/country", self.country.as_deref().map(Country::parse).transpose());
        let currency = errors.keep("/currency", self.currency.as_deref().map(Currency::parse).transpose());
        match (code, name, marketplace, time_zone, country, currency) {
            (Some(code), Some(name), Some(marketplace), Some(time_zone), Some(country), Some(currency)) => {
                Ok(NewStore { code, name, marketplace, time_zone, country, currency })
            }
            _ => Err(errors.problem()),
        }
    }
}

/// A store.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Store)]
pub struct StoreBody {
    /// Its code.
    #[schema(value_type = String)]
    code: StoreCode,
    /// What staff call it.
    name: String,
    /// The marketplace it is on.
    marketplace: String,
    /// The IANA name of its time zone.
    time_zone: String,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    /// The country it sells in (ISO 3166-1), if it is known.
    #[schema(value_type = Option<String>, example = "SG")]
    country: Option<&'static str>,
    /// The currency of its prices (ISO 4217), if it is known.
    #[schema(value_type = Option<String>, example = "SGD")]
    currency: Option<&'static str>,
}

impl From<Store> for StoreBody {
    fn from(store: Store) -> Self {
        let Store { code, name, marketplace, time_zone, created_at, country, currency } = store;
        let country = country.map(Country::code);
        let currency = currency.map(Currency::code);
        Self { code, name, marketplace, time_zone, created_at, country, currency }
    }
}

refusals!(AddRefusals: BadJson BadIdempotencyKey Unreadable CodeTaken NameTaken TooLarge UnsupportedEncoding
    UnsupportedMediaType BadField IdempotencyKeyReused);

/// Add a store
#[utoipa::path(
    operation_id = "addStore",
    tag = "stores",
    params(KeyHeader),
    request_body = StoreInput,
    responses((status = 201, description = "The store was added.", body = StoreBody), AddRefusals),
)]
#[post("/stores")]
pub async fn add(call: Call<StoreInput>) -> Result<HttpResponse, Problem> {
    let key = key_of(&call)?;
    let store = call.body.parse()?;
    let now = call.caller.now;
    once(&call.caller, key, move |conn| match add_store::run(conn, store.clone(), now) {
        Ok(store) => Ok(Answer::new(StatusCode::CREATED, &StoreBody::from(store))),
        Err(Failed::Refused(refusal)) => match refusal {
            AddStoreRefusal::CodeTaken(_) => Ok(Problem::new(Code::CodeTaken, refusal.to_string()).into()),
            AddStoreRefusal::NameTaken(NameTaken { ref code, .. }) => {
                let facts = Facts { store: Some(code.clone()), ..Facts::default() };
                Ok(Problem::new(Code::NameTaken, refusal.to_string()).with(facts).into())
            }
        },
        Err(Failed::Database(error)) => Err(error),
    })
    .await
}
