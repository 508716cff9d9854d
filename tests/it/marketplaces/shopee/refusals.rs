//! Every class of refusals with the codes of the pages' `error_list` and `common_error_list`, as the connector has to class
//! them: with and without the prefix of a module, and with the statuses that the gateway may send.

use super::refusal;
use crate::marketplaces::connectors::{Rig, SHOP, classes};
use chrono::TimeDelta;
use flashsale::{
    demo::marketplace::{CallKind, Fault, PlannedFault},
    marketplaces::{Failure, FailureClass, shopee},
};

/// As modules send their codes: public code has recorded `product.`, and one page has `order. error_param`, with a space.
const PREFIXES: [&str; 4] = ["", "product.", "common.", "order. "];

const UNUSABLE: &str = "shop_banned";

/// The failure of raising product 1, which the shop or the product refuses in these words.
fn failure(status: Option<u16>, code: &str, message: &str, is_of_shop: bool) -> Failure {
    let rig = Rig::new(shopee::KIND);
    let refusal = refusal(status, code, message);
    if is_of_shop {
        rig.marketplace.refuse(SHOP, Some(refusal));
    } else {
        rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.refusal = Some(refusal));
    }
    let failure = rig.push_one(120).expect_err("refused");
    assert_eq!(rig.shown(1), Some(100));
    assert!(failure.message.chars().count() < 400, "{failure}");
    failure
}

/// Checks the class of refusals of one product, with each prefix.
fn assert_classes(class: FailureClass, refusals: &[(&str, &str)]) {
    for (code, message) in refusals {
        for prefix in PREFIXES {
            let code = format!("{prefix}{code}");
            let failure = failure(None, &code, message, false);
            assert_eq!(failure.class, class, "{code} {message:?}: {failure:?}");
            assert!(!failure.token_ended, "{code} {message:?}");
        }
    }
}

#[test]
fn what_a_campaign_keeps_is_locked() {
    assert_classes(
        FailureClass::Locked,
        &[
            ("error_auth", "Total stock must be more than reserved stock."),
            ("error_auth", "Stock should be larger than reserved stock."),
            ("error_param", "Can not update item with stock less than reserve stock"),
            ("error.param", "Can not update item with stock less than reserved stock"),
            ("error_promotion_cantnot_update_stock", "Cannot change stock when item is under promotion."),
            ("error_cannt_edit_stock_in_promotion", "Normal_stock cannot be edited when item is under promotion."),
            (
                "error_model_update_stock_model_in_promotion",
                "Model stock cannot be editted when item/model is promotion.",
            ),
        ],
    );
}

#[test]
fn what_shopee_does_not_know_is_a_mapping() {
    assert_classes(
        FailureClass::Mapping,
        &[
            ("error_item_not_found", "Product not found"),
            ("error_item_not_found", "Item_id is not found."),
            ("error_item_not_belong_shop", "Item not belong to shop."),
            ("error_param", "Wrong model_id."),
            ("error_edit_item_stock_for_item_has_model", "Can't to edit item stock directly while item has models."),
        ],
    );
}

#[test]
fn stock_that_is_not_the_sellers_is_not_writable() {
    assert_classes(
        FailureClass::NotWritable,
        &[
            ("error_server", "The current item belong to the full FBS shop, so normal stock must be equal to 0"),
            ("error_auth", "The current item belong to the full FBS or B2C shop, so normal stock must be equal to 0"),
            ("error_wms_shop_block_upate_stock", "Warehouse shop can't update stock."),
            (
                "error_busi_cannot_edit_vsku",
                "Can not use OpenAPI to edit/create VSKU, please connect with your manager",
            ),
        ],
    );
}

#[test]
fn failures_of_a_moment_are_of_the_listing() {
    assert_classes(
        FailureClass::Temporary,
        &[
            ("error_server", "Something wrong. Please try later.\t"),
            ("error_server", "Interal error, please contact openapi team."),
            ("error_inner", "Our system is taking some time to respond, please try later."),
            ("error_inner", "System error, please try again later or contact the OpenAPI support team."),
            ("error_inner", "Update item failed timeout"),
            ("error_system_busy", "Our system is taking some time to respond, please try later."),
            ("error_network", "Inner http call failed"),
            ("error_data", "parse data failed"),
        ],
    );
}

/// Nothing can be done about it by trying again soon; of which of the lasting classes it is, is not in the documents.
#[test]
fn refusals_that_last_are_of_the_listing_and_are_no_temporary_ones() {
    for (code, message) in [
        ("error_item_uneditable", "Can't edit this item. item status can not support editing."),
        ("error_auth", "cnsc shop not upgraded, can not edit item."),
        ("error_auth", "Lack of location_id, please double check."),
        ("error_auth", "The location_id input is not matched the shop's location_id(more/wrong). Please double check."),
        ("error_auth", "You do not have right to use seller location_id, please only fill seller_stock filed."),
        ("error_busi", "The merchant/shop has multi warehouse, please input location id"),
        ("error_inner", "Invalid stock location ID"),
        (
            "error_param",
            "Can not update item with different stock structure. Can only update seller stock with location id when existing seller stock have location id. Can only update seller stock without location id when existing seller stock without location id.",
        ),
        ("error_param", "Parameter is not match the constraints, stock."),
    ] {
        for prefix in PREFIXES {
            let failure = failure(None, &format!("{prefix}{code}"), message, false);
            let is_lasting = matches!(failure.class, FailureClass::Mapping | FailureClass::NotWritable);
            assert!(is_lasting, "{prefix}{code} {message:?}: {failure:?}");
        }
    }
}

#[test]
fn the_holiday_of_a_seller_is_no_wrong_mapping_and_pauses_nothing() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.set_holiday(SHOP, true);
    let failure = rig.push_one(120).expect_err("a holiday");
    assert_eq!(failure.class, FailureClass::Temporary, "one address of several may be on holiday: {failure:?}");
    assert_eq!(failure.lock, None, "no campaign is behind it");
    assert!(failure.message.to_lowercase().contains("holiday"), "{failure}");
    rig.marketplace.set_holiday(SHOP, false);
    assert_eq!(rig.push_one(120), Ok(120));
    let waits = "Please wait for the holiday mode set then to edit item. Please try later.";
    assert_eq!(self::failure(None, "product.error_auth", waits, false).class, FailureClass::Temporary);
}

#[test]
fn a_code_that_no_table_knows_is_temporary_of_the_listing_and_named() {
    for code in ["product.error_never_seen_before", "error_never_seen_before", "brand_new.thing"] {
        let failure = failure(None, code, "Something that no page has.", false);
        assert_eq!(failure.class, FailureClass::Temporary, "{code}: {failure:?}");
        assert!(failure.message.contains(code), "{failure}");
    }
}

#[test]
fn an_ended_permission_pauses_the_store_in_any_call() {
    for (code, message, is_ended) in [
        ("partner_shop_no_link", "Invalid partner_id or shop_id, please have a check.", true),
        ("shop_no_linked", "Partner and shop has no linked.", true),
        ("shop_access_expired", "Your access to shop has expired.", true),
        ("error_auth", "Invalid partner_id or shopid.", false),
        (
            UNUSABLE,
            "The\u{a0}shop account has been banned. Permissions for shop authorization and API calls have been suspended until the shop account is restored.",
            false,
        ),
        (
            "source_ip_undeclared",
            "Request Source IP (192.0.2.1) is undeclared. Please declare all your IP addresses in the Shopee Open Platform Console > App list > IP Address Whitelist",
            false,
        ),
        ("api_suspended", "The API is offline. Please call v2 API instead.", false),
        (
            "error_partner_key_expired",
            "Your API partner key has expired, please reset the Live API Partner Key in Console to get a new valid partner key to call open api.",
            false,
        ),
        ("error_api_permission", "This app type has no permission to this API.", false),
        (
            "error_api_call_restricted",
            "The App permission for api call have been restricted. If you’re a seller, contact the developer for more information.",
            false,
        ),
        (
            "error_kyc_auth",
            "No permission. Please inform the seller to complete the Seller Registration on Shopee Seller Center first, then this shop can call for this API.",
            false,
        ),
        ("error_ashop_api_permission", "The shop is Affiliate shop has no permission to call this API.", false),
        ("error_perm_non_admin", "Don't have permission.", false),
        ("error_seller_under_penalty", "The shop is under penalty.", false),
        ("error_auth", "The App is deleted, and you'll be unable to make any API call.", false),
        (
            "error_auth",
            "App developer’s permissions for authorizations have been restricted. If you’re a seller, contact the developer for more information.",
            false,
        ),
        ("error_auth", "No permission to current api.", false),
        ("error_auth", "partner_id is invalid", false),
        ("error_param", "Invalid partner_id.", false),
        ("invalid_partner_id", "Invalid partner_id,\u{a0}please have a check.", false),
        ("error_sign", "Wrong sign.", false),
    ] {
        for status in [None, Some(403)] {
            let failure = failure(status, code, message, true);
            assert!(failure.class.pauses(), "{code} {message:?} {status:?}: {failure:?}");
            assert!(!failure.token_ended, "{code} {message:?}: a new token does not help");
            if is_ended {
                assert_eq!(failure.class, FailureClass::PermissionEnded, "{code} {status:?}");
            }
        }
    }
}

#[test]
fn an_access_token_that_is_over_is_to_be_renewed() {
    for (code, message) in [
        ("invalid_acceess_token", "Invalid access_token, please have a check."),
        ("error_auth", "Invalid access_token."),
    ] {
        for status in [None, Some(403)] {
            let failure = failure(status, code, message, true);
            assert!(
                failure.class == FailureClass::Credentials && failure.token_ended,
                "{code} {status:?}: {failure:?}"
            );
        }
    }
}

#[test]
fn what_the_gateway_cannot_answer_now_pauses_nothing() {
    for (code, message) in [
        ("error_auth", "System error, please try again later."),
        ("error_param", "Timestamp is expired."),
        ("error_server", "error server"),
    ] {
        for status in [None, Some(403)] {
            let failure = failure(status, code, message, true);
            let is_temporary = matches!(failure.class, FailureClass::Temporary | FailureClass::Unavailable);
            assert!(is_temporary, "{code} {message:?} {status:?}: {failure:?}");
        }
    }
}

#[test]
fn too_many_calls_are_throttled_with_the_time_to_wait() {
    let words = "Too many requests. You have reached the rate limit. Please try again later.";
    for status in [None, Some(403), Some(429)] {
        let throttled = failure(status, "error_rate_limit", words, true);
        assert_eq!((throttled.class, throttled.may_have_arrived), (FailureClass::Throttled, false), "{status:?}");
        let quota = "The total API call number made by your APP has reached the daily API call limit, please try again after 00: 00 (UTC+08:00)";
        let limited = failure(status, "error_limit", quota, true);
        assert_eq!(limited.class, FailureClass::Throttled, "{status:?} {limited:?}");
        // The clock of the rig says 20:00 in UTC+8.
        let wait = limited.retry_after.expect("until midnight").as_secs();
        assert!((4 * 3600..=4 * 3600 + 900).contains(&wait), "{wait} s");
    }
}

#[test]
fn a_refresh_that_is_refused_ends_the_permission() {
    let words = "The\u{a0}shop account has been banned. Permissions for shop authorization and API calls have been suspended until the shop account is restored.";
    for (code, message, is_ended) in [
        ("refresh_token_expired", "Your refresh_token expired.", true),
        ("shop_access_expired", "Your access to shop has expired.", true),
        ("shop_no_linked", "Partner and shop has no linked.", true),
        ("error_shop_refresh_token", "Your refresh token is error ,please check refresh token or shopid.", false),
        ("error_auth", "Invalid refresh_token.", false),
        ("error_param", "Your refresh token or shop_id is wrong, please check refresh token or shop_id.", false),
        (UNUSABLE, words, false),
        ("source_ip_undeclared", "Request Source IP (192.0.2.1) is undeclared.", false),
        ("error_partner_key_expired", "Your API partner key has expired.", false),
        ("error_param", "Invalid partner_id.", false),
        ("invalid_partner_id", "Invalid partner_id,\u{a0}please have a check.", false),
        ("error_sign", "Wrong sign.", false),
        ("error_never_seen_before", "Something that no page has.", false),
    ] {
        for status in [None, Some(403)] {
            let mut rig = Rig::new(shopee::KIND);
            rig.marketplace.refuse(SHOP, Some(refusal(status, code, message)));
            let failure = rig.refresh().expect_err("refused");
            assert!(failure.class.pauses() && !failure.token_ended, "{code} {message:?} {status:?}: {failure:?}");
            if is_ended {
                assert_eq!(failure.class, FailureClass::PermissionEnded, "{code} {status:?}");
            }
        }
    }
}

#[test]
fn a_refresh_that_cannot_be_answered_now_pauses_nothing() {
    for (code, message) in [
        ("error_server", "Something wrong. Please try later.\t"),
        ("error_server", "error server"),
        ("error_network", "Inner http call failed"),
        ("error_param", "Timestamp is expired."),
        ("error_rate_limit", "Too many requests. You have reached the rate limit. Please try again later."),
        (
            "error_limit",
            "The total API call number made by your APP has reached the daily API call limit, please try again after 00: 00 (UTC+08:00)",
        ),
    ] {
        for status in [None, Some(403)] {
            let mut rig = Rig::new(shopee::KIND);
            rig.marketplace.refuse(SHOP, Some(refusal(status, code, message)));
            let failure = rig.refresh().expect_err("refused");
            assert!(!failure.class.pauses(), "{code} {message:?} {status:?}: {failure:?}");
        }
    }
    let mut rig = Rig::new(shopee::KIND);
    for fault in [Fault::Page { status: 403 }, Fault::Page { status: 404 }, Fault::ServerError, Fault::Garbage] {
        rig.marketplace.add_fault(SHOP, PlannedFault::from(fault).on(CallKind::Token).times(1));
        assert_eq!(rig.refresh().expect_err("no answer").class, FailureClass::Unavailable, "{fault:?}");
    }
    rig.refresh().expect("the refresh token was not used");
}

#[test]
fn a_used_ended_or_revoked_refresh_token_is_found_with_the_real_answers() {
    let mut rig = Rig::new(shopee::KIND);
    let first = rig.credentials.clone();
    rig.refresh().expect("new tokens");
    rig.credentials = first;
    assert!(rig.refresh().expect_err("used").class.pauses());
    rig.credentials = rig.marketplace.credentials(SHOP).expect("a shop");
    rig.marketplace.set_revoked(SHOP, true);
    for failure in [rig.push_one(120).expect_err("revoked"), rig.refresh().expect_err("revoked")] {
        assert_eq!(failure.class, FailureClass::PermissionEnded, "{failure:?}");
    }
    rig.marketplace.set_revoked(SHOP, false);
    rig.advance(TimeDelta::days(31));
    assert_eq!(rig.refresh().expect_err("too old").class, FailureClass::PermissionEnded);
}

/// A reason in `failure_list` is of its row.
#[test]
fn reasons_of_rows_are_classed_by_their_words() {
    for (reason, class) in [
        ("Stock should be larger than reserved stock.", FailureClass::Locked),
        ("Total stock must be more than reserved stock.", FailureClass::Locked),
        ("Cannot change stock when item is under promotion.", FailureClass::Locked),
        ("Wrong model_id.", FailureClass::Mapping),
        ("The current item belong to the full FBS shop, so normal stock must be equal to 0", FailureClass::NotWritable),
    ] {
        for code in ["product.error_busi_update_stock_failed", "error_busi_update_stock_failed"] {
            let rig = Rig::new(shopee::KIND);
            let refusal = refusal(None, code, reason);
            rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.refusal = Some(refusal));
            let answers = rig.push(&[rig.target(1, 120), rig.target(2, 120)]);
            assert_eq!(classes(&answers), [Err(class), Ok(120)], "{reason}");
            let alone = rig.push_one(120).expect_err("refused");
            assert_eq!(alone.class, class, "{reason} and nothing succeeded: {alone:?}");
        }
    }
}

/// 2N − 1 writes would find nothing but the same refusal.
#[test]
fn a_refusal_of_the_whole_store_or_item_is_not_looked_for_in_its_halves() {
    for (code, message, is_of_shop) in [
        (UNUSABLE, "The shop account has been banned.", true),
        ("error_api_permission", "This app type has no permission to this API.", true),
        (
            "error_limit",
            "The total API call number made by your APP has reached the daily API call limit, please try again after 00: 00 (UTC+08:00)",
            true,
        ),
        ("product.error_item_not_found", "Product not found", false),
    ] {
        let rig = Rig::new(shopee::KIND);
        for number in 4..=20 {
            rig.marketplace.add_product(SHOP, &rig.id(number), &format!("seller-{number}"), 100);
        }
        let refusal = refusal(None, code, message);
        if is_of_shop {
            rig.marketplace.refuse(SHOP, Some(refusal));
        } else {
            for number in 1..=20 {
                rig.marketplace
                    .change_product(SHOP, &rig.id(number), |product| product.refusal = Some(refusal.clone()));
            }
        }
        let targets: Vec<_> = (1..=20).map(|number| rig.target(number, 120)).collect();
        assert!(rig.push(&targets).iter().all(|answer| answer.result.is_err()), "{code}");
        let writes = rig.marketplace.calls(SHOP).writes;
        assert!(writes <= 2, "{code}: {writes} writes");
    }
}
