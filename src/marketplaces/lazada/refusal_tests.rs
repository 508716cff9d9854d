//! The refusals of the documents, and the classes that they have.

use super::*;

/// The code, the type, the message, and the code and the message of the first detail.
type Row = (&'static str, &'static str, &'static str, (&'static str, &'static str), FailureClass);

const NONE: (&str, &str) = ("", "");
const UPDATE_FAILED: &str = "E501: Update product failed";
const ANNOUNCED: &str = "During the Bday Mega campaign, there are restrictions for stock adjustments in effect between \
                         2026-03-20 00:00:00 - 2026-03-27 23:59:59. Sellers can increase stocks, but may not decrease \
                         stocks.";

const DOCUMENTED: &[Row] = &[
    // The gateway, in every call.
    ("IllegalAccessToken", "ISV", "The specified access token is invalid or expired", NONE, Credentials),
    ("IncompleteSignature", "ISV", "The request signature does not conform to lazop standards", NONE, Credentials),
    (
        "MissingParameter",
        "ISV",
        "the input parameter “sign” that is mandatory for processing this request is not supplied",
        NONE,
        Credentials,
    ),
    ("MissingParameter", "ISV", "The input parameter “payload” is missing", NONE, Mapping),
    ("InvalidAppKey", "ISV", "The specified App Key is invalid", NONE, Credentials),
    ("InsufficientPermission", "ISV", "App does not have permission to access this api", NONE, Credentials),
    ("AppWhiteIpLimit", "ISV", "IP is not in the white list", NONE, Credentials),
    ("ApiCallLimit", "ISV", "Api access frequency exceeds the limit. this ban will last 1 seconds", NONE, Throttled),
    ("AppCallLimit", "ISV", "", NONE, Throttled),
    ("appcalllimit", "ISV", "", NONE, Throttled),
    ("SellerCallLimit", "ISV", "", NONE, Throttled),
    ("AppApiCallLimit", "ISV", "This ban will last 14229 seconds", NONE, Throttled),
    (
        "901",
        "ISP",
        "E901: The request is too frequent, or the requested functionality is temporarily disabled.",
        NONE,
        Throttled,
    ),
    ("901", "ISP", "Limit service request speed in server side temporarily.", NONE, Throttled),
    (
        "998",
        "ISP",
        "To ensure stability of service, this API service is disabled, please get more information from Notice.",
        NONE,
        Throttled,
    ),
    ("15", "ISP", "Remote service error", NONE, Unavailable),
    ("ServiceTimeout", "SYSTEM", "", NONE, Unavailable),
    ("IllegalTimestamp", "ISV", "The request timestamp is too old", NONE, Unavailable),
    ("UnknownRuntimeException", "SYSTEM", "The request has failed due to RPC runtime failure", NONE, Unavailable),
    // UpdateSellableQuantity.
    ("5", "ISP", "E005: Invalid Request Format", NONE, Mapping),
    ("6", "ISP", "E006: Unexpected internal error", NONE, Temporary),
    ("30", "ISP", "E030: Empty Request", NONE, Mapping),
    ("204", "ISP", "E204: Too many SKU in one request", NONE, Temporary),
    ("501", "ISP", UPDATE_FAILED, NONE, Temporary),
    ("501", "ISP", UPDATE_FAILED, ("E0501", "Category is inactive"), Temporary),
    ("501", "ISP", UPDATE_FAILED, ("E0501", "negative sellable on channel inventory,entityId=123,id=456"), Locked),
    (
        "501",
        "ISP",
        "This product is under campaign participation and cannot be edited during campaign period.",
        NONE,
        Locked,
    ),
    (
        "501",
        "ISP",
        UPDATE_FAILED,
        ("THD_IC_ERR_F_IC_ABILITY_PG_004:THD_IC_ERR_F_IC_ABILITY_PG_004", "Sku edit was blocked by tag"),
        Locked,
    ),
    ("501", "ISP", UPDATE_FAILED, ("E0501", "THD_IC_ERR_F_IC_ABILITY_PG_003"), Locked),
    ("501", "ISP", UPDATE_FAILED, ("4170", ANNOUNCED), Locked),
    ("501", "ISP", UPDATE_FAILED, ("E0501", "SELLER_NOT_PERMITTED"), NotWritable),
    ("0", "", "", ("E0501", "ITEM_NOT_FOUND"), Mapping),
    ("513", "ISP", "Internal call exception", NONE, Temporary),
    ("1000", "ISP", "Internal Application Error", NONE, Temporary),
    ("4170", "ISP", ANNOUNCED, NONE, Locked),
    ("4171", "ISP", "The updated SKU quantity exceeds the maximum number 50", NONE, Temporary),
    (
        "4225",
        "ISP",
        "Your product participated in semi-hosted program, please go to GSP to edit the product price/stock/package \
         details information.",
        NONE,
        NotWritable,
    ),
    // The errors of products that its details repeat.
    ("4128", "ISP", "THD_IC_F_IC_DOMAIN_ACTOR_006", NONE, NotWritable),
    ("4135", "ISP", "THD_IC_ERR", NONE, Temporary),
    ("4136", "ISP", "SELLER_SKU_NOT_FOUND", NONE, Mapping),
    ("4137", "ISP", "ITEM_NOT_FOUND", NONE, Mapping),
    ("4147", "ISP", "THD_IC_ERR_F_IC_SERVICE_EDIT_002", NONE, Temporary),
    ("4150", "ISP", "SELLER_SKU_INVALID", NONE, Mapping),
    ("4152", "ISP", "THD_INVENTORY_ERR_INV_PARAM_ILLEGAL:illegal parameter:quantity", NONE, Mapping),
    ("4154", "ISP", "SYS_REQUEST_TOO_FAST", NONE, Throttled),
    ("4155", "ISP", "BIZ_CHECK_NO_EDIT_ITEM_LOCK", NONE, NotWritable),
    ("4159", "ISP", "IC_EXCEPTION", NONE, Temporary),
    ("4162", "ISP", "THD_IC_ERR_F_IC_ABILITY_PG", NONE, Locked),
    ("4216", "ISP", "skuId is a mandatory field and must be filled in.", NONE, Mapping),
    ("4218", "ISP", "Update product failed", NONE, NotWritable),
    ("EDIT_ITEM_NOT_BELONG_SELLER", "ISP", "You are not authorized to edit the item.", NONE, Mapping),
    // GetProducts and GetProductItem.
    ("14", "ISP", "E014: \"-1\" Invalid Offset", NONE, Temporary),
    ("19", "ISP", "E019: \"51\" Invalid Limit", NONE, Temporary),
    ("36", "ISP", "E036: Invalid status filter", NONE, Temporary),
    ("70", "ISP", "E070: You have corrupt data in your sku seller list.", NONE, Mapping),
    ("200", "ISP", "E200: Empty SellerSku", NONE, Mapping),
    ("207", "ISP", "E207: SKU not exist", NONE, Mapping),
    ("208", "ISP", "E208: Item not exist", NONE, Mapping),
    ("506", "ISP", "E506: Get product failed", NONE, Temporary),
    ("SellerNotVerified", "ISV", "Seller not verified,please check seller status", NONE, Unavailable),
    ("SellerNotActive", "ISV", "Seller not active,please check seller status", NONE, Unavailable),
    // The warehouses, and other calls that sellers in Marketplace Ease Mode cannot make.
    ("Mp3SellerApiLimit", "ISV", "Mp3 Seller not support the api -apipath", NONE, NotWritable),
    // RefreshAccessToken.
    ("IllegalRefreshToken", "ISV", "The specified refresh token is invalid or expired", NONE, PermissionEnded),
    (
        "AUTH_TYPE_UNSUPPORTED",
        "ISV",
        "appkey can only be authorized by market, not support refresh",
        NONE,
        PermissionEnded,
    ),
    ("InvalidCode", "ISV", "Invalid authorization code", NONE, PermissionEnded),
    // What no document has.
    ("9999", "ISP", "", NONE, Temporary),
    ("NeverSeen", "ISV", "", NONE, Temporary),
    ("NeverSeen", "SYSTEM", "", NONE, Temporary),
    ("NeverSeen", "", "", NONE, Temporary),
];

fn detail(code: &str, message: &str) -> Option<Detail> {
    let is_any = !code.is_empty() || !message.is_empty();
    is_any.then(|| Detail { code: code.to_owned(), message: message.to_owned(), ..Detail::default() })
}

#[test]
fn every_documented_refusal_has_its_class() {
    for (code, kind, message, (detail_code, detail_message), class) in DOCUMENTED {
        let detail = detail(detail_code, detail_message);
        let refusal = Refusal { code, kind, message, detail: detail.as_ref() };
        assert_eq!(class_of(&refusal), *class, "{code} {message} {detail_code} {detail_message}");
    }
}

/// The detail of a row never stops the store, and the code of the whole answer always can.
#[test]
fn a_detail_is_about_its_row_alone() {
    for (code, detail_code, detail_message, class) in [
        ("501", "4154", "SYS_REQUEST_TOO_FAST", Temporary),
        ("501", "901", "Limit service request speed in server side temporarily.", Temporary),
        ("501", "IllegalAccessToken", "The specified access token is invalid or expired", Temporary),
        ("501", "SYS_ERROR", "inner service fail", Temporary),
        ("0", "HOT_KEY_BLOCK_EXCEPTION", "hot key protect", Temporary),
        ("", "IllegalRefreshToken", "", Temporary),
        ("501", "4170", ANNOUNCED, Locked),
        ("501", "4137", "ITEM_NOT_FOUND", Mapping),
        ("4154", "4154", "SYS_REQUEST_TOO_FAST", Throttled),
        ("ApiCallLimit", "ApiCallLimit", "", Throttled),
        ("IllegalAccessToken", "E0501", "", Credentials),
    ] {
        let detail = detail(detail_code, detail_message);
        let refusal = Refusal { code, kind: "ISP", message: "", detail: detail.as_ref() };
        assert_eq!(class_of(&refusal), class, "{code} {detail_code}");
    }
}

#[test]
fn what_the_table_lacks_is_known_to_be_unknown() {
    let is_unknown = |code, message| Refusal { code, kind: "ISP", message, detail: None }.is_unknown();
    assert!(is_unknown("9999", "") && is_unknown("501", UPDATE_FAILED));
    assert!(!is_unknown("6", "") && !is_unknown("501", "ITEM_NOT_FOUND"));
}

#[test]
fn a_code_is_the_same_however_it_is_written() {
    for (written, code) in [("E0501", "501"), ("E501", "501"), ("501", "501"), ("E006", "6"), ("E", "E"), ("0", "0")] {
        assert_eq!(normalized(written), code, "{written}");
    }
    assert_eq!(normalized("EDIT_ITEM_NOT_BELONG_SELLER"), "EDIT_ITEM_NOT_BELONG_SELLER");
}

#[test]
fn only_lazada_s_own_failures_leave_the_permission_as_it_is_when_it_is_not_renewed() {
    for (code, kind, class) in [
        ("IllegalRefreshToken", "ISV", PermissionEnded),
        ("AUTH_TYPE_UNSUPPORTED", "ISV", PermissionEnded),
        ("IllegalAccessToken", "ISV", Credentials),
        ("IncompleteSignature", "ISV", Credentials),
        ("MissingParameter", "ISV", Credentials),
        ("Mp3SellerApiLimit", "ISV", Credentials),
        ("NeverSeen", "ISV", PermissionEnded),
        ("NeverSeen", "", PermissionEnded),
        ("NeverSeen", "ISP", Temporary),
        ("NeverSeen", "SYSTEM", Unavailable),
        ("6", "ISP", Temporary),
        ("ServiceTimeout", "SYSTEM", Unavailable),
        ("ApiCallLimit", "ISV", Throttled),
    ] {
        let refusal = Refusal { code, kind, message: "", detail: None };
        assert_eq!(class_of_renewal(&refusal), class, "{code} {kind}");
    }
}

#[test]
fn a_limit_says_how_long_to_wait() {
    let said = "Api access frequency exceeds the limit. This ban will last 3 more seconds";
    let wait = |code, message| Refusal { code, kind: "ISV", message, detail: None }.wait();
    for (code, message, seconds) in [
        ("ApiCallLimit", said, Some(3)),
        ("ApiCallLimit", "Api access frequency exceeds the limit. this ban will last 1 seconds.", Some(1)),
        ("ApiCallLimit", "", None),
        ("ApiCallLimit", "This ban will last for ever", None),
        ("AppApiCallLimit", "This ban will last 14229 seconds", Some(14_229)),
        ("901", "Limit service request speed in server side temporarily.", Some(1)),
        ("901", "E901: The request is too frequent, or the requested functionality is temporarily disabled.", None),
        ("998", "To ensure stability of service, this API service is disabled", Some(900)),
        ("501", said, None),
    ] {
        assert_eq!(wait(code, message), seconds.map(Duration::from_secs), "{code} {message}");
    }
}
