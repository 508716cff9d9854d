//! The table of Shopee's codes: what each asks for.
//!
//! Source: the error lists of the documents of the calls that are made here, and the list that all documents share, as
//! mirrored in congminh1254/shopee-sdk (`schemas/v2.*.json`). Codes come with the name of a module before them or without
//! it (`product.error_param` and `error_param`), so they are compared by their last part. Codes are spelt as Shopee
//! spells them.

use super::refusal::Reason::{self, *};

/// What a code stands for.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// One reason, whatever the message says.
    Of(Reason),
    /// Several reasons, which the message distinguishes. This is the one of a message that is not in [`MESSAGES`].
    Several(Reason),
}

use Meaning::{Of, Several};

pub(super) static CODES: &[(&str, Meaning)] = &[
    // Used for several things.
    ("error_auth", Several(Unknown)),
    ("error_param", Several(Parameter)),
    ("param", Several(Parameter)), // "error.param"
    ("error_server", Several(Busy)),
    ("error_inner", Several(Busy)),
    ("error_busi", Several(Unknown)),
    ("error_busi_update_stock_failed", Several(Unknown)),
    ("error_unknown", Several(Unknown)),
    // The access token.
    ("invalid_acceess_token", Of(AccessEnded)),
    ("invalid_access_token", Of(AccessEnded)),
    // The app and what was entered.
    ("error_sign", Of(Credentials)),
    ("invalid_partner_id", Of(Credentials)),
    ("error_invalid_partner", Of(Credentials)),
    ("error_partner_key_expired", Of(Credentials)),
    ("source_ip_undeclared", Of(Credentials)),
    ("error_api_permission", Of(Credentials)),
    ("api_suspended", Of(Credentials)),
    ("error_shop", Of(Credentials)),
    ("invalid_shop", Of(Credentials)),
    ("invalid_shop_id", Of(Credentials)),
    ("error_param_shop_id_not_found", Of(Credentials)),
    ("error_shop_not_found", Of(Credentials)),
    ("error_shop_not_exists", Of(Credentials)),
    ("error_auth_shop_not_found", Of(Credentials)),
    ("error_shop_id_can_not_blank", Of(Credentials)),
    ("error_not_exists", Of(Credentials)), // "The user does not exist."
    // The permission of the seller.
    // Of the exchange of a code; the second is spelled as in its page.
    ("invalid_code", Of(PermissionEnded)),
    ("invalid_main_acount_id", Of(PermissionEnded)),
    ("refresh_token_expired", Of(PermissionEnded)),
    ("error_shop_refresh_token", Of(PermissionEnded)),
    ("error_merchant_refresh_token", Of(PermissionEnded)),
    ("shop_access_expired", Of(PermissionEnded)),
    ("merchant_access_expired", Of(PermissionEnded)),
    ("supplier_access_expired", Of(PermissionEnded)),
    ("shop_no_linked", Of(PermissionEnded)),
    ("partner_shop_no_link", Of(PermissionEnded)),
    ("merchant_no_linked", Of(PermissionEnded)),
    ("supplier_no_linked", Of(PermissionEnded)),
    ("user_no_linked", Of(PermissionEnded)),
    ("shop_banned", Of(PermissionEnded)),
    ("user_banned", Of(PermissionEnded)),
    ("partner_frozen", Of(PermissionEnded)),
    ("error_api_call_restricted", Of(PermissionEnded)),
    ("error_ashop_api_permission", Of(PermissionEnded)),
    ("error_kyc_auth", Of(PermissionEnded)),
    ("error_perm_non_admin", Of(PermissionEnded)),
    ("error_permission", Of(PermissionEnded)),
    ("error_seller_under_penalty", Of(PermissionEnded)),
    // Too many calls.
    ("error_rate_limit", Of(TooMany)),
    ("error_limit", Of(Quota)),
    // No document has these two: guesses by their names.
    ("error_too_many_request", Of(TooMany)),
    ("error_too_many_requests", Of(TooMany)),
    // Promotions.
    ("error_promotion_cantnot_update_stock", Of(Locked)),
    ("error_cannt_edit_stock_in_promotion", Of(Locked)),
    ("error_model_update_stock_model_in_promotion", Of(Locked)),
    // The ids of the listing.
    ("error_item_not_found", Of(Product)),
    ("error_item_not_belong_shop", Of(Product)),
    ("error_item_uneditable", Of(Product)),
    ("error_invalid_item_list", Of(Product)),
    ("error_nil_shopid_or_itemid", Of(Product)),
    ("error_desc_image_no_pass", Of(Product)),
    ("error_not_found", Of(Product)),
    ("item_not_exist", Of(Product)),
    ("error_item_or_variation_not_found", Of(Model)),
    ("error_model_invalid_model_id", Of(Model)),
    ("error_wrong_modelid", Of(Model)),
    ("error_duplicate_modelid", Of(Model)),
    ("error_edit_item_stock_for_item_has_model", Of(HasModels)),
    ("error_in_item_promotion_nomodel_to_models", Of(HasModels)),
    // Stock that sellers do not set.
    ("error_wms_shop_block_upate_stock", Of(Fulfilled)),
    ("error_auth_product_is_pff", Of(Fulfilled)),
    ("error_auth_model_is_pff", Of(Fulfilled)),
    ("error_busi_cannot_edit_vsku", Of(NotWritable)),
    ("cnsc_shop_block", Of(NotWritable)), // Developer's guide 643, seen as `product.cnsc_shop_block`.
    // The shop.
    ("error_get_shop_fail", Of(Gateway)),
    ("error_holiday_mode_change_stock", Of(Holiday)),
    // What passes by itself, or says nothing.
    ("error_network", Of(Busy)),
    ("error_system_busy", Of(Busy)),
    ("error_data", Of(Busy)),
    ("error_slash_price_load", Of(Busy)),
    ("error_query_over_itemid_size", Of(Busy)),
    ("error_query_condition_list_limit", Of(Busy)),
    ("error_query_query_limit_too_large", Of(Busy)),
    ("error_invalid_language", Of(Busy)),
    // `v2.shop.get_warehouse_detail`. A shop without warehouses is no failure: see `warehouse.rs`.
    ("error_region_can_not_blank", Of(Busy)),
];

/// The codes that the gateway and the modules use alike.
const ACCESS: &[&str] = &["error_auth", "error_param"];

/// Any code that is used for several things, and a row of a `failure_list`, which has none.
const ANY: &[&str] = &[];

/// Words of messages, in lower case, with the codes that they belong to. The first line that fits counts.
pub(super) static MESSAGES: &[(&[&str], &str, Reason)] = &[
    (ACCESS, "refresh_token", PermissionEnded),
    (ACCESS, "refresh token", PermissionEnded),
    (ACCESS, "access_token", AccessEnded),
    (ACCESS, "access token", AccessEnded),
    (ACCESS, "partner_id", Credentials),
    (ACCESS, "no shop_id in query", Credentials),
    (ACCESS, "shop_id is invalid", Credentials),
    (ACCESS, "shop id you provided", Credentials),
    (ACCESS, "no sign in query", Credentials),
    (ACCESS, "no permission to current api", Credentials),
    (ACCESS, "app is deleted", PermissionEnded),
    (ACCESS, "permissions for authorizations have been restricted", PermissionEnded),
    (ACCESS, "timestamp", ClockDiffers),
    (ACCESS, "api is currently offline", Gateway),
    (ACCESS, "request not from gateway", Gateway),
    (&["error_auth"], "system error", Busy),
    (ANY, "reserved stock", Locked),
    (ANY, "reserve stock", Locked),
    (ANY, "reserved_stock", Locked),
    (ANY, "under promotion", Locked),
    (ANY, "is promotion", Locked),
    (ANY, "normal stock must be equal to 0", Fulfilled),
    (ANY, "fulfillment by shopee", Fulfilled),
    (ANY, "warehouse shop can't update stock", Fulfilled),
    (ANY, "multi warehouse", Warehouse),
    (ANY, "location_id", Warehouse),
    (ANY, "stock location id", Warehouse),
    (ANY, "different stock structure", Warehouse),
    (ANY, "holiday mode", Holiday),
    (ANY, "cnsc shop not upgraded", NotWritable),
    (ANY, "vsku", NotWritable),
    (ANY, "item has models", HasModels),
    (ANY, "model_id", Model),
    (ANY, "model not found", Model),
    (ANY, "model level dts", Product),
    (ANY, "status is abnormal", Product),
    (ANY, "item_id is not found", Product),
    (ANY, "product not found", Product),
    (ANY, "item not belong to shop", Product),
    (ANY, "can't edit this item", Product),
    (ANY, "you queried is not found", Product),
    // No document has these three: guesses at the reasons of rows.
    (ANY, "deleted", Product),
    (ANY, "banned", Product),
    (ANY, "frozen", Product),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::stores::failure::FailureClass as Class,
        marketplaces::shopee::refusal::{Refusal, last_part},
    };
    use reqwest::StatusCode;

    /// Codes and messages as the documents have them, by the class of failure that they are.
    #[test]
    fn each_documented_refusal_has_its_class_with_and_without_a_module() {
        for (class, rows) in DOCUMENTED {
            for (error, message) in *rows {
                for module in ["", "product.", "shop.", "common.", "warehouse.", "order. ", "a.b."] {
                    let error = format!("{module}{error}");
                    for status in [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::FORBIDDEN] {
                        let given = Refusal { status, error: &error, message }.reason().class();
                        assert_eq!(given, *class, "{error} {status}: {message}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_code_of_the_table_is_there_once_and_in_lower_case() {
        let mut codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        assert!(codes.iter().all(|code| last_part(code) == *code), "{codes:?}");
        codes.sort_unstable();
        let length = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), length);
        for (codes, words, _) in MESSAGES {
            assert_eq!(*words, words.to_lowercase());
            let is_several = |code: &&str| {
                CODES.iter().any(|(known, meaning)| known == code && matches!(meaning, Meaning::Several(_)))
            };
            assert!(codes.iter().all(is_several), "{words}");
        }
    }

    type Rows = &'static [(&'static str, &'static str)];

    const DOCUMENTED: &[(Class, Rows)] = &[
        (
            Class::Credentials,
            &[
                ("error_auth", "partner_id is invalid"),
                ("error_auth", "Invalid partner_id or shopid."),
                ("error_auth", "Invalid access_token."),
                ("error_auth", "No permission to current api."),
                ("error_param", "Invalid partner_id."),
                ("error_param", "Partner_id is invalid, should be an integer between 0 and 4294967295."),
                ("error_param", "There is no access_token in query."),
                ("error_param", "There is no partner_id in query."),
                ("error_param", "There is no shop_id in query."),
                ("error_param", "There is no sign in query."),
                ("error_param", "shop_id is invalid, should be an integer between 0 and 4294967295."),
                ("error_param", "The shop id you provided is not found. Please check your shop id."),
                ("error_param_shop_id_not_found", "Shop_id is not found."),
                ("error_shop", "shopid is invalid"),
                ("error_shop_not_found", "Shop is not found."),
                ("error_not_exists", "The user does not exist."),
                ("error_api_permission", "This app type has no permission to this API."),
                ("api_suspended", "The API is offline. Please call v2 API instead."),
                (
                    "error_partner_key_expired",
                    "Your API partner key has expired, please reset the Live API Partner Key in Console to get a new valid partner key to call open api.",
                ),
                ("error_sign", "Wrong sign."),
                ("invalid_acceess_token", "Invalid access_token, please have a check."),
                ("invalid_partner_id", "Invalid partner_id,\u{a0}please have a check."),
                (
                    "source_ip_undeclared",
                    "Request Source IP (10.0.0.1) is undeclared. Please declare all your IP addresses in the Shopee Open Platform Console > App list > IP Address Whitelist",
                ),
                ("error_shop_id_can_not_blank", "This error will show if shop id is missing."),
            ],
        ),
        (
            Class::PermissionEnded,
            &[
                ("error_auth", "The App is deleted, and you'll be unable to make any API call."),
                (
                    "error_auth",
                    "App developer’s permissions for authorizations have been restricted. If you’re a seller, contact the developer for more information. If you’re the developer, refer to the Open Platform Console for details.",
                ),
                ("error_auth", "Invalid refresh_token."),
                ("error_api_call_restricted", "The App permission for api call have been restricted."),
                ("error_ashop_api_permission", "The shop is Affiliate shop has no permission to call this API."),
                (
                    "error_kyc_auth",
                    "No permission. Please inform the seller to complete the Seller Registration on Shopee Seller Center first, then this shop can call for this API.",
                ),
                ("error_perm_non_admin", "Don't have permission."),
                ("error_seller_under_penalty", "The shop is under penalty."),
                ("partner_shop_no_link", "Invalid partner_id or shop_id, please have a check."),
                ("shop_no_linked", "Partner and shop has no linked."),
                (
                    "shop_banned",
                    "The\u{a0}shop account has been banned. Permissions for shop authorization and API calls have been suspended until the shop account is restored.",
                ),
                ("shop_access_expired", "Your access to shop has expired."),
                ("refresh_token_expired", "Your refresh_token expired."),
                ("error_shop_refresh_token", "Your refresh token is error ,please check refresh token or shopid."),
                (
                    "error_merchant_refresh_token",
                    "Your refresh token is error,please check refresh token or merchant_id.",
                ),
                ("merchant_access_expired", "Your access to merchant has expired."),
                ("merchant_no_linked", "Partner and merchant has no linked."),
                ("supplier_access_expired", "Your access to supplier has expired."),
                ("supplier_no_linked", "Partner and Supplier has no linked."),
                ("user_banned", "This user account has been banned."),
                ("user_no_linked", "Partner and user has no linked."),
                ("partner_frozen", "The Partner has been frozen."),
            ],
        ),
        (
            Class::Throttled,
            &[
                ("error_rate_limit", "Too many requests. You have reached the rate limit. Please try again later."),
                (
                    "error_limit",
                    "The total API call number made by your APP has reached the daily API call limit, please try again after 00: 00 (UTC+08:00)",
                ),
            ],
        ),
        (
            Class::Locked,
            &[
                ("error_auth", "Total stock must be more than reserved stock."),
                ("error_auth", "Stock should be larger than reserved stock."),
                ("error.param", "Can not update item with stock less than reserved stock"),
                ("error_param", "Can not update item with stock less than reserve stock"),
                ("error_cannt_edit_stock_in_promotion", "Normal_stock cannot be edited when item is under promotion."),
                ("error_promotion_cantnot_update_stock", "Cannot change stock when item is under promotion."),
                (
                    "error_model_update_stock_model_in_promotion",
                    "Model stock cannot be editted when item/model is promotion.",
                ),
                ("error_busi", "Model stock cannot be editted when item/model is promotion."),
            ],
        ),
        (
            Class::Mapping,
            &[
                ("error_param", "invalid field ItemId: value must  Not Null"),
                ("error_param", "parameter invalid"),
                ("error_param", "The information you queried is not found."),
                ("error_param", "Wrong parameters, detail: {msg}."),
                ("error_param", "Parameter is not match the constraints, {{.error_info}}."),
                ("error_param", "Repeat model_id."),
                ("error_param", "Wrong model_id."),
                ("error_param", "Invalid parameter for product."),
                ("error_param", "Model_id and item_id not match."),
                ("error_param", "Repeat item_id."),
                (
                    "error_param",
                    "Can not update item with different stock structure. Can only update seller stock with location id when existing seller stock have location id. Can only update seller stock without location id when existing seller stock without location id.",
                ),
                ("error_item_not_found", "Product not found"),
                ("error_item_not_found", "Item_id is not found."),
                ("error_item_not_belong_shop", "Item not belong to shop."),
                ("error_item_uneditable", "Can't edit this item. item status can not support editing."),
                ("error_nil_shopid_or_itemid", "Query information failed."),
                (
                    "error_edit_item_stock_for_item_has_model",
                    "Can't to edit item stock directly while item has models.",
                ),
                (
                    "error_in_item_promotion_nomodel_to_models",
                    "Can't to edit item stock directly while item has models.",
                ),
                ("error_desc_image_no_pass", "{{.error_info}}"),
                ("error_auth", "Lack of location_id, please double check."),
                (
                    "error_auth",
                    "The location_id input is not matched the shop's location_id(more/wrong). Please double check.",
                ),
                ("error_auth", "You do not have right to use seller location_id, please only fill seller_stock filed."),
                ("error_auth", "Your shop can not use model level dts"),
                ("error_inner", "Invalid stock location ID"),
                ("error_busi", "The merchant/shop has multi warehouse, please input location id"),
                ("error_busi", "update item failed, the product 24189251468 status is abnormal"),
            ],
        ),
        (
            Class::NotWritable,
            &[
                ("error_server", "The current item belong to the full FBS shop, so normal stock must be equal to 0"),
                (
                    "error_auth",
                    "The current item belong to the full FBS or B2C shop, so normal stock must be equal to 0",
                ),
                ("error_wms_shop_block_upate_stock", "Warehouse shop can't update stock."),
                ("error_auth_product_is_pff", "Item/Model Fulfillment by Shopee  can not be update."),
                ("error_auth_model_is_pff", "Item/Model Fulfillment by Shopee  can not be update."),
                (
                    "error_busi_cannot_edit_vsku",
                    "Can not use OpenAPI to edit/create VSKU, please connect with your manager",
                ),
                ("error_auth", "cnsc shop not upgraded, can not edit item."),
                ("cnsc_shop_block", ""),
            ],
        ),
        (
            Class::Temporary,
            &[
                ("error_auth", "System error, please try again later."),
                ("error_server", "Something wrong. Please try later."),
                ("error_server", "error server"),
                ("error_server", "Interal error, please contact openapi team."),
                ("error_inner", "Our system is taking some time to respond, please try later."),
                ("error_inner", "System error, please try again later or contact the OpenAPI support team."),
                ("error_inner", "Update item failed {{.error_info}}"),
                ("error_system_busy", "Our system is taking some time to respond, please try later."),
                ("error_network", "Inner http call failed"),
                ("error_data", "parse data failed"),
                ("error_auth", "Please wait for the holiday mode set then to edit item. Please try later."),
                ("error_holiday_mode_change_stock", "Cannot change stock in holiday mode."),
                ("error_data", "data not exist"),
                ("error_slash_price_load", "Failed to load slash price."),
                ("error_query_over_itemid_size", "Interal error, please contact openapi team."),
                (
                    "error_busi_update_stock_failed",
                    "Update stock failed, please check failure_list for detailed reason",
                ),
            ],
        ),
        (
            Class::Unavailable,
            &[
                ("error_get_shop_fail", "Get shop failed. please try later."),
                ("error_param", "request not from gateway"),
                ("error_param", "Permission denied. This API is currently offline or the request path is incorrect."),
                ("error_param", "Invalid timestamp"),
                ("error_param", "Timestamp is expired."),
                ("error_param", "Timestamp is invalid, should be an integer between 0 and 4294967295."),
                ("error_param", "no timestamp."),
            ],
        ),
    ];
}
