//! The schemas of enums in the document of the API. Their values are taken from the enums themselves.

use crate::domain::{
    orders::order::{Fulfiller, IfShort, OrderStatus, Payment},
    promotions::promotion::{FlashSaleType, Status},
    stores::{listing_state::ListingState, push::PushOutcome},
};

/// Implements the schema of `$type` under `$name`: a text that is one of `$words`.
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
    "What to do with an order that its store cannot cover."
);

described!(OrderStatus, "OrderStatus", OrderStatus::ALL.map(OrderStatus::as_str), "The status of an order.");

described!(Payment, "Payment", Payment::ALL.map(Payment::as_str), "Whether an order is paid.");

described!(
    Fulfiller,
    "Fulfiller",
    Fulfiller::ALL.map(Fulfiller::as_str),
    "Who ships an order: the seller, or the marketplace from its own warehouse."
);

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
    "The status of a promotion. Drafts are not listed here."
);

described!(
    ListingState,
    "ListingState",
    ListingState::ALL.map(ListingState::as_str),
    "The state of a connected store's listing: `in_step` is in sync, `waiting` will be sent, `sending` is being sent, \
     `refused` has ids that the marketplace does not know, `blocked` is locked by a campaign of the marketplace, `paused` \
     waits until its store is resumed, `not_mapped` has no ids of the marketplace, and `retiring` was taken off and is \
     deleted once its store shows 0."
);

described!(
    PushOutcome,
    "PushOutcome",
    PushOutcome::all().map(PushOutcome::as_str),
    "The result of a push: the store `acknowledged` the quantity, or the class of the failure."
);
