//! Every class of refusal with codes of the documents, through the connector.

use super::{refusal, rig};
use crate::marketplaces::connectors::{SHOP, classes};
use flashsale::{
    demo::marketplace::{CallKind, Fault, PlannedFault},
    marketplaces::{Failure, FailureClass},
};
use std::time::Duration;

const MEGA: &str = "During the Bday Mega campaign, there are restrictions for stock adjustments in effect between \
                    2026-11-10 00:00:00 - 2026-11-12 00:00:00. Sellers can increase stocks, but may not decrease stocks.";
const BANNED: &str = "Api access frequency exceeds the limit. this ban will last 7 seconds";
const OTHER_STORE: &str = "The item id entered in the request does not exist on the current country and store, please call \
                           the GetProducts/GetProductItem API to query for the correct item id.";

/// The refusals of one product. `501` is an overview, whose reason is in the detail; `E0501` is a detail of a success.
#[test]
fn a_refusal_of_one_product_has_the_class_of_its_code_and_leaves_the_others_alone() {
    use FailureClass::{Locked, Mapping, NotWritable, Temporary};
    for (code, message, class) in [
        // The page of UpdateSellableQuantity.
        ("4170", MEGA, Locked),
        // Page 121320, questions 5 and 8.
        ("501", "negative sellable on channel inventory,entityId=123,id=456", Locked),
        ("501", "THD_IC_ERR_F_IC_ABILITY_PG_003:THD_IC_ERR_F_IC_ABILITY_PG_003", Locked),
        ("501", "THD_IC_ERR_F_IC_ABILITY_PG_004:THD_IC_ERR_F_IC_ABILITY_PG_004", Locked),
        ("501", "Sku edit was blocked by tag", Locked),
        ("501", "This product is under campaign participation and cannot be edited during campaign period.", Locked),
        // The page of UpdateProduct.
        ("4137", OTHER_STORE, Mapping),
        ("4136", "SELLER_SKU_NOT_FOUND", Mapping),
        ("501", "ITEM_NOT_FOUND", Mapping),
        ("E0501", "ITEM_NOT_FOUND", Mapping),
        // The page of GetProductItem.
        ("EDIT_ITEM_NOT_BELONG_SELLER", "You are not authorized to edit the item.", Mapping),
        // The page of UpdatePriceQuantity, and what its callers have seen.
        ("4225", "Your product participated in semi-hosted program, please go to GSP to edit the product", NotWritable),
        ("501", "SELLER_NOT_PERMITTED", NotWritable),
        // The page of UpdateProduct: penalties.
        ("4155", "The product is locked by the penalty does not support the update", NotWritable),
        ("4218", "The product has been penalized down to prohibit editing", NotWritable),
        // The page of UpdateSellableQuantity.
        ("513", "Internal call exception", Temporary),
        // No page has it.
        ("99999", "Something new", Temporary),
    ] {
        let rig = rig();
        let planned = refusal(code, "ISP", message);
        rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.refusal = Some(planned));
        let answers = rig.push(&[rig.target(1, 120), rig.target(3, 120)]);
        assert_eq!(classes(&answers), [Err(class), Ok(120)], "{code} {message}: {answers:?}");
        assert_eq!((rig.shown(1), rig.shown(3)), (Some(100), Some(120)), "{code} {message}");
    }
}

/// Failures of the platform: whether they are of the listing or of the store, a retry may help, and the write may have
/// arrived.
#[test]
fn failures_of_the_platform_are_worth_a_retry() {
    for (code, kind, message) in [
        ("6", "ISP", "E006: Unexpected internal error"),
        ("1000", "ISP", "Internal Application Error"),
        ("15", "platform", "Remote service error"),
        ("ServiceTimeout", "SYSTEM", "Service timeout"),
    ] {
        let rig = rig();
        let planned = refusal(code, kind, message);
        rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.refusal = Some(planned));
        let failure = rig.push_one(120).expect_err("refused");
        assert!(failure.class.is_inconclusive() && failure.may_have_arrived, "{code}: {failure:?}");
    }
}

/// Refusals of all calls of a seller or of an app.
#[test]
fn a_refusal_of_every_call_is_about_the_store() {
    let is_throttled = |failure: &Failure| failure.class == FailureClass::Throttled;
    let has_ended = |failure: &Failure| failure.class == FailureClass::Credentials && failure.token_ended;
    let pauses = |failure: &Failure| failure.class.pauses() && !failure.token_ended;
    // The seller's own store is closed, or not open yet: new credentials would not help.
    let waits = |failure: &Failure| failure.class == FailureClass::Unavailable;
    type Expected<'a> = &'a dyn Fn(&Failure) -> bool;
    let cases: [(&str, &str, Expected<'_>); 12] = [
        ("901", "Limit service request speed in server side temporarily.", &is_throttled),
        (
            "901",
            "E901: The request is too frequent, or the requested functionality is temporarily disabled.",
            &is_throttled,
        ),
        ("ApiCallLimit", BANNED, &is_throttled),
        // These two and the permission: the FAQ on limits and states of sellers (239755), as public clients quote it.
        ("AppApiCallLimit", BANNED, &is_throttled),
        ("SellerCallLimit", BANNED, &is_throttled),
        (
            "998",
            "To ensure stability of service, this API service is disabled, please get more information from Notice.",
            &is_throttled,
        ),
        ("IllegalAccessToken", "The specified access token is invalid or expired", &has_ended),
        ("IncompleteSignature", "The request signature does not conform to lazop standards", &pauses),
        ("InvalidAppKey", "The specified App Key is unknown", &pauses),
        ("InsufficientPermission", "The app has no permission to call this API", &pauses),
        ("SellerNotVerified", "Seller not verified,please check seller status", &waits),
        ("SellerNotActive", "Seller not active,please check seller status", &waits),
    ];
    for (code, message, is_right) in cases {
        let rig = rig();
        rig.marketplace.refuse(SHOP, Some(refusal(code, "ISV", message)));
        let answers = rig.push(&[rig.target(1, 120), rig.target(3, 40)]);
        for answer in answers {
            let failure = answer.result.expect_err("refused");
            assert!(is_right(&failure) && failure.class.is_store_wide(), "{code}: {failure:?}");
        }
        let failure = rig.check().expect_err("refused");
        assert!(is_right(&failure), "{code}: {failure:?}");
        let wait = message.contains("7 seconds").then_some(Duration::from_secs(7));
        assert!(wait.is_none() || failure.retry_after == wait, "{code}: {failure:?}");
        assert_eq!((rig.shown(1), rig.shown(3)), (Some(100), Some(100)), "{code}");
        rig.marketplace.refuse(SHOP, None);
        assert_eq!(rig.push_one(120), Ok(120), "{code}: later the same push is right");
    }
}

#[test]
fn an_api_that_is_switched_off_for_a_mega_campaign_is_waited_for() {
    for kind in [CallKind::Write, CallKind::Read] {
        let rig = rig();
        rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::SwitchedOff).on(kind));
        for quantity in [40, 120] {
            let failure = rig.push_one(quantity).expect_err("switched off");
            assert_eq!(failure.class, FailureClass::Throttled, "{kind:?} {quantity}: {failure:?}");
            assert!(!failure.class.pauses(), "{kind:?}");
        }
        rig.marketplace.clear_faults(SHOP);
        assert_eq!(rig.push_one(40), Ok(40), "{kind:?}");
    }
}

#[test]
fn too_many_calls_are_throttled_for_as_long_as_lazada_says() {
    let rig = rig();
    rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Throttle { seconds: 9 }).on(CallKind::Write));
    let failure = rig.push_one(120).expect_err("throttled");
    assert_eq!((failure.class, failure.retry_after), (FailureClass::Throttled, Some(Duration::from_secs(9))));
    assert!(!failure.may_have_arrived, "{failure:?}");
    let one = std::num::NonZeroU32::MIN;
    rig.marketplace.clear_faults(SHOP);
    rig.marketplace.limit(SHOP, one);
    let failure = rig.push_one(40).expect_err("the write is the second call of this second");
    assert_eq!((failure.class, failure.retry_after), (FailureClass::Throttled, Some(Duration::from_secs(1))));
    assert_eq!(rig.shown(1), Some(100));
}

/// The page of RefreshAccessToken.
#[test]
fn a_refresh_that_is_refused_for_good_pauses_and_one_that_is_throttled_does_not() {
    for (code, message) in [
        ("IllegalRefreshToken", "The specified refresh token is invalid or expired"),
        ("AUTH_TYPE_UNSUPPORTED", "appkey can only be authorized by market, not support refresh"),
        ("IncompleteSignature", "The request signature does not conform to lazop standards"),
    ] {
        let mut rig = rig();
        rig.marketplace.refuse(SHOP, Some(refusal(code, "ISV", message)));
        let failure = rig.refresh().expect_err("refused");
        assert!(failure.class.pauses() && !failure.token_ended, "{code}: {failure:?}");
    }
    for (code, class) in [("ApiCallLimit", FailureClass::Throttled), ("901", FailureClass::Throttled)] {
        let mut rig = rig();
        rig.marketplace.refuse(SHOP, Some(refusal(code, "ISV", BANNED)));
        assert_eq!(rig.refresh().expect_err("refused").class, class, "{code}");
    }
    for code in ["ServiceTimeout", "6", "1000"] {
        let mut rig = rig();
        rig.marketplace.refuse(SHOP, Some(refusal(code, "SYSTEM", "Try later")));
        let failure = rig.refresh().expect_err("refused");
        assert!(!failure.class.pauses(), "{code}: {failure:?}");
    }
    for status in [403, 404, 502] {
        let mut rig = rig();
        rig.marketplace.add_fault(SHOP, Fault::Page { status });
        let failure = rig.refresh().expect_err("the page of a proxy");
        assert_eq!(failure.class, FailureClass::Unavailable, "{status}: {failure:?}");
    }
}
