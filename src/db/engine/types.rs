//! How the values of the domain are stored in columns: each as its text, a [`Moment`] as a timestamp in UTC.

use super::connection::MultiBackend;
use crate::{
    domain::{
        catalogue::ledger::EntryKind,
        code::{LineId, OrderNumber, SellerSku, SkuCode, StoreCode},
        id::{DriftId, ImportId, ListingId, LoggedPushId, PromotionId, TokenId, UserId, VerificationId},
        imports::import::ImportKind,
        moment::Moment,
        money::Currency,
        orders::order::{Fulfiller, OrderStatus, Payment},
        place::Country,
        promotions::promotion::FlashSaleType,
        staff::permission::Role,
        stores::{
            connection::ConnectorKind,
            failure::FailureClass,
            found::{FetchPhase, FoundTask, SaleStatus},
            matching::FoundState,
            push::PushOutcome,
        },
    },
    marketplaces::registry,
};
use chrono::NaiveDateTime;
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{Text, Timestamp},
    sqlite::Sqlite,
};

/// Lets the values of a domain type be stored in columns of `$sql`: `$read` makes a value of the column's content (`$raw`),
/// `$write` borrows the content from a value.
macro_rules! column {
    ($proxy:ident, $type:ty, $sql:ty, $raw:ty, $read:expr, $written:ty, $write:expr) => {
        read_column!($proxy, $type, $sql, $raw, $read);

        impl<DB> ToSql<$sql, DB> for $type
        where
            DB: Backend,
            $written: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                let write: for<'a> fn(&'a $type) -> &'a $written = $write;
                write(self).to_sql(out)
            }
        }
    };
}

/// The same without the way to write a value.
macro_rules! read_column {
    ($proxy:ident, $type:ty, $sql:ty, $raw:ty, $read:expr) => {
        #[derive(AsExpression, FromSqlRow)]
        #[diesel(foreign_derive, sql_type = $sql)]
        #[expect(dead_code, reason = "diesel implements its traits for the type inside")]
        struct $proxy($type);

        impl<DB> FromSql<$sql, DB> for $type
        where
            DB: Backend,
            $raw: FromSql<$sql, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                let read: fn($raw) -> deserialize::Result<$type> = $read;
                read(<$raw>::from_sql(bytes)?)
            }
        }
    };
}

read_column!(MomentColumn, Moment, Timestamp, NaiveDateTime, |utc| Ok(Moment::from(utc)));

/// The same text as diesel writes, in less time: an order stores three or four.
impl ToSql<Timestamp, Sqlite> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.as_naive().to_string());
        Ok(IsNull::No)
    }
}

#[cfg(feature = "postgres")]
impl ToSql<Timestamp, diesel::pg::Pg> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, diesel::pg::Pg>) -> serialize::Result {
        ToSql::<Timestamp, _>::to_sql(self.as_naive(), out)
    }
}

impl ToSql<Timestamp, MultiBackend> for Moment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        ToSql::<Timestamp, _>::to_sql(self.as_naive(), out)
    }
}

column!(SkuCodeColumn, SkuCode, Text, String, |text| Ok(SkuCode::trusted(text)), str, SkuCode::as_str);
column!(StoreCodeColumn, StoreCode, Text, String, |text| Ok(StoreCode::trusted(text)), str, StoreCode::as_str);
column!(OrderNumberColumn, OrderNumber, Text, String, |text| Ok(OrderNumber::trusted(text)), str, OrderNumber::as_str);
column!(LineIdColumn, LineId, Text, String, |text| Ok(LineId::trusted(text)), str, LineId::as_str);
column!(SellerSkuColumn, SellerSku, Text, String, |text| Ok(SellerSku::trusted(text)), str, SellerSku::as_str);
column!(PromotionIdColumn, PromotionId, Text, String, |text| Ok(text.parse()?), str, PromotionId::as_str);
column!(UserIdColumn, UserId, Text, String, |text| Ok(text.parse()?), str, UserId::as_str);
column!(TokenIdColumn, TokenId, Text, String, |text| Ok(text.parse()?), str, TokenId::as_str);
column!(ImportIdColumn, ImportId, Text, String, |text| Ok(text.parse()?), str, ImportId::as_str);
column!(VerificationIdColumn, VerificationId, Text, String, |text| Ok(text.parse()?), str, VerificationId::as_str);
column!(ListingIdColumn, ListingId, Text, String, |text| Ok(text.parse()?), str, ListingId::as_str);
column!(DriftIdColumn, DriftId, Text, String, |text| Ok(text.parse()?), str, DriftId::as_str);
column!(LoggedPushIdColumn, LoggedPushId, Text, String, |text| Ok(text.parse()?), str, LoggedPushId::as_str);
column!(CountryColumn, Country, Text, String, |text| Ok(Country::parse(&text)?), str, |country| country.code());
column!(CurrencyColumn, Currency, Text, String, |text| Ok(Currency::parse(&text)?), str, |currency| currency.code());

/// The SKU of a listing as its column has it: empty for a kit, which has components instead.
#[derive(Debug, Clone, FromSqlRow)]
pub struct PlainSku(Option<SkuCode>);

impl<DB> FromSql<Text, DB> for PlainSku
where
    DB: Backend,
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(bytes)?;
        Ok(Self(if text.is_empty() { None } else { Some(SkuCode::trusted(text)) }))
    }
}

impl From<PlainSku> for Option<SkuCode> {
    fn from(PlainSku(sku): PlainSku) -> Self {
        sku
    }
}

/// What [`PlainSku`] reads.
pub fn plain_sku(sku: Option<&SkuCode>) -> &str {
    sku.map_or("", SkuCode::as_str)
}

/// Lets an enum be stored by its words; `$what` begins the error for any other text.
macro_rules! words_column {
    ($proxy:ident, $type:ident, $what:literal) => {
        column!(
            $proxy,
            $type,
            Text,
            String,
            |text| $type::parse(&text).ok_or_else(|| format!(concat!("no ", $what, " {:?}"), text).into()),
            str,
            |value| value.as_str()
        );
    };
}

words_column!(RoleColumn, Role, "role is");
words_column!(FlashSaleTypeColumn, FlashSaleType, "flash sale type is");
words_column!(EntryKindColumn, EntryKind, "ledger entry is");
words_column!(ImportKindColumn, ImportKind, "import is of");
words_column!(OrderStatusColumn, OrderStatus, "order is");
words_column!(PaymentColumn, Payment, "payment is");
words_column!(FulfillerColumn, Fulfiller, "order is shipped by");
words_column!(FailureClassColumn, FailureClass, "failure is");
words_column!(PushOutcomeColumn, PushOutcome, "outcome of a push is");
words_column!(SaleStatusColumn, SaleStatus, "found listing is");
words_column!(FoundStateColumn, FoundState, "found listing is");
words_column!(FetchPhaseColumn, FetchPhase, "phase of a fetch is");
words_column!(FoundTaskColumn, FoundTask, "task is");
column!(
    ConnectorKindColumn,
    ConnectorKind,
    Text,
    String,
    |text| registry::find(&text).ok_or_else(|| format!("no connector is {text:?}").into()),
    str,
    |kind| kind.as_str()
);

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use diesel::{Connection, ExpressionMethods, IntoSql, RunQueryDsl, SqliteConnection, select};

    #[test]
    fn moments_are_stored_as_diesel_stores_them() {
        let mut conn = SqliteConnection::establish(":memory:").expect("a database");
        for micros in
            [0, 1, 1_000, 999_999, 1_000_000, 1_764_500_000_000_000, 1_764_500_000_120_000, 1_764_500_000_000_001]
        {
            let utc = DateTime::from_timestamp_micros(micros).expect("a moment").naive_utc();
            let ours = Moment::from(utc).into_sql::<Timestamp>();
            let is_same: bool =
                select(ours.eq(utc.into_sql::<Timestamp>())).get_result(&mut conn).expect("a comparison");
            assert!(is_same, "{utc}");
        }
    }
}
