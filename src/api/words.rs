//! The words of the API, for its document: taken from the enums that are read and written, so that it cannot differ
//! from them.

use crate::domain::{
    orders::order::{IfShort, OrderStatus},
    promotions::promotion::{FlashSaleType, Status},
    stores::{push::PushOutcome, standing::ListingState},
};

/// Describes `$type` in the document under `$name`, as a text that is one of `$words`.
macro_rules! described {
    ($type:ty, $name:literal, $words:expr, $description:literal) => {
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let text = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String);
                text.enum_values(Some($words)).description(Some($description)).into()
            }
        }

        impl utoipa::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }
        }
    };
}
pub(super) use described;

described!(
    IfShort,
    "IfShort",
    IfShort::ALL.map(IfShort::as_str),
    "What to do with an order that wants more than its store is shown."
);

described!(OrderStatus, "OrderStatus", OrderStatus::ALL.map(OrderStatus::as_str), "Where an order stands.");

described!(
    FlashSaleType,
    "FlashSaleType",
    FlashSaleType::ALL.map(FlashSaleType::as_str),
    "The two types of flash sale."
);

described!(
    Status,
    "PromotionStatus",
    Status::ALL.into_iter().filter(|status| *status != Status::Draft).map(Status::as_str),
    "Where a promotion stands. Drafts are not shown here."
);

described!(
    ListingState,
    "ListingState",
    ListingState::ALL.map(ListingState::as_str),
    "How a listing of a connected store stands: `in_step` shows what it should, `waiting` is sent as soon as it is its \
     turn, `sending` is on its way, `refused` is not what the marketplace has, `blocked` is kept by a campaign of the \
     marketplace, `paused` waits until its store is resumed, and nobody has said by what the marketplace knows \
     `not_mapped`."
);

described!(
    PushOutcome,
    "PushOutcome",
    PushOutcome::all().map(PushOutcome::as_str),
    "What came of a quantity that was sent: the store `acknowledged` it, or a failure by what it asks for."
);
