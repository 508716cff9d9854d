//! What Lazada's refusals mean. One table has every code that is documented for the calls that we make.
//!
//! Sources, at `open.lazada.com/apps/doc/`: the error codes of `api?path=` `/product/stock/sellable/update`,
//! `/products/get`, `/product/item/get`, `/product/update`, `/seller/get` and `/auth/token/refresh`; the errors of products
//! (document 121320); the categories of errors (108138).

use super::detail::Detail;
use crate::domain::stores::failure::FailureClass::{
    self, Credentials, Locked, Mapping, NotWritable, PermissionEnded, Temporary, Throttled, Unavailable,
};
use std::time::Duration;

/// The words of a refusal.
pub(super) struct Refusal<'a> {
    pub(super) code: &'a str,
    /// Whose fault it is: `ISV` that of the caller, `ISP` and `SYSTEM` that of Lazada. It cannot be relied on: business
    /// refusals are `ISP` as well.
    pub(super) kind: &'a str,
    pub(super) message: &'a str,
    /// The refusal of one row, if there is one. `501` is "an overview error code", so that this has the reason.
    pub(super) detail: Option<&'a Detail>,
}

struct Rule {
    /// Any code if it is empty.
    codes: &'static [&'static str],
    /// A part of the message, in lower case. Any message if it is empty.
    words: &'static str,
    class: FailureClass,
    /// How long to wait, if the documents say so.
    wait: Option<Duration>,
}

const fn codes(codes: &'static [&'static str], class: FailureClass) -> Rule {
    Rule { codes, words: "", class, wait: None }
}

const fn words(words: &'static str, class: FailureClass) -> Rule {
    Rule { codes: &[], words, class, wait: None }
}

/// The access token has expired. `IllegalAccessToken` is documented, the other was seen in other programs.
const TOKENS: &[&str] = &["IllegalAccessToken", "InvalidAccessToken"];

/// A whole API is switched off, at the start of a mega campaign (121320, question 7). It is announced beforehand and lasts
/// for hours.
const SWITCHED_OFF: &[&str] = &["998"];

/// "An overview error code", whose reason is in the details. A reason that is not in the table is as good as unknown.
const OVERVIEW: &[&str] = &["500", "501", "502", "503"];

/// The first rule that fits counts. Codes are compared as [`normalized`].
const RULES: &[Rule] = &[
    codes(TOKENS, Credentials),
    // All but IncompleteSignature are guesses after the gateway's other names, or were seen in other programs.
    codes(
        &[
            "IncompleteSignature",
            "InvalidSignature",
            "IllegalAppKey",
            "InvalidAppKey",
            "MissingAppKey",
            "MissingAccessToken",
            "InsufficientPermission",
            "AppWhiteIpLimit",
        ],
        Credentials,
    ),
    Rule { codes: &["MissingParameter"], words: "access_token", class: Credentials, wait: None },
    Rule { codes: &["MissingParameter"], words: "sign", class: Credentials, wait: None },
    // The apps of the service market cannot renew: their access ends with the seller's order (AUTH_TYPE_UNSUPPORTED).
    // InvalidRefreshToken is a guess; AppNotSubscribed was seen in another program.
    codes(
        &["IllegalRefreshToken", "InvalidRefreshToken", "AUTH_TYPE_UNSUPPORTED", "InvalidCode", "AppNotSubscribed"],
        PermissionEnded,
    ),
    // App… and SellerCallLimit and E1002 ("sentinel") were seen in other programs, the others are documented. All are of the
    // seller or the app: HOT_KEY_BLOCK_EXCEPTION is "10 qps promised for each seller", and 4154 "Slow down a bit! Too many
    // operations at once". As the detail of a row they are of that row, like any other.
    codes(
        &[
            "ApiCallLimit",
            "AppCallLimit",
            "AppApiCallLimit",
            "SellerCallLimit",
            "HOT_KEY_BLOCK_EXCEPTION",
            "TRAFFIC_CONTROL",
            "1002",
            "4154",
        ],
        Throttled,
    ),
    Rule {
        codes: &["901"],
        words: "limit service request speed",
        class: Throttled,
        // "Please retry in the next second when you encounter this error."
        wait: Some(Duration::from_secs(1)),
    },
    codes(&["901"], Throttled),
    Rule {
        codes: SWITCHED_OFF,
        words: "",
        class: Throttled,
        // No document says how long it lasts.
        wait: Some(Duration::from_secs(15 * 60)),
    },
    // The clock of this machine, or a slow network: the next request has a new timestamp.
    codes(&["IllegalTimestamp", "InvalidTimestamp"], Unavailable),
    codes(
        &[
            "15",
            "ServiceTimeout",
            "ServiceUnavailable",
            "SYS_ERROR",
            "SELLER_SERVICE_FAIL",
            "THIRD_SERVICE_ERROR",
            "UnknownRuntimeException",
        ],
        Unavailable,
    ),
    // The seller's store at Lazada is not open, or not yet.
    codes(&["SellerNotActive", "SellerNotVerified"], Unavailable),
    // The reasons inside 501 come before 501 itself.
    words("channel inventory", Locked),
    words("ability_pg", Locked),
    words("blocked by tag", Locked),
    codes(&["4162", "4170"], Locked),
    words("campaign", Locked),
    codes(&["4225", "Mp3SellerApiLimit", "SELLER_NOT_PERMITTED"], NotWritable),
    words("semi-hosted", NotWritable),
    words("seller_not_permitted", NotWritable),
    // Locked or removed because of a penalty: the seller has to appeal.
    codes(&["4128", "4155", "4218"], NotWritable),
    words("thd_ic_f_ic_domain_actor_006", NotWritable),
    words("no_edit_item_lock", NotWritable),
    // A guess: another program's help has it for Lazada Choice, whose stock the API may only raise.
    codes(&["4246"], NotWritable),
    codes(&["EDIT_ITEM_NOT_BELONG_SELLER", "2", "3", "200", "207", "208", "4136", "4137", "4150", "4216"], Mapping),
    words("item_not_found", Mapping),
    words("item not found", Mapping),
    words("sku_not_found", Mapping),
    words("sku_invalid", Mapping),
    words("not exist", Mapping),
    // The request itself was refused: an id of the listing, or its seller SKU, has something that it may not have.
    codes(&["1", "5", "30", "70", "4132", "4152", "MissingParameter"], Mapping),
    words("illegal parameter", Mapping),
    // Too many SKUs at once (204, 4171, 513) are sent again in halves.
    codes(&["204", "513", "4171"], Temporary),
    codes(&["14", "17", "19", "36"], Temporary),
    codes(&["6", "506", "1000", "4135", "4147", "4159"], Temporary),
    codes(OVERVIEW, Temporary),
];

/// `E0501`, `E501` and `501` are the same code.
fn normalized(code: &str) -> &str {
    let number = code.strip_prefix('E').unwrap_or(code).trim_start_matches('0');
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { number } else { code }
}

impl Rule {
    fn fits(&self, codes: &[&str], text: &str) -> bool {
        let has = |wanted: &&str| codes.iter().any(|code| code.eq_ignore_ascii_case(wanted));
        (self.codes.is_empty() || self.codes.iter().any(has)) && text.contains(self.words)
    }
}

impl Refusal<'_> {
    /// The code and the words of the reason.
    pub(super) fn reason(&self) -> (&str, &str) {
        let Some(detail) = self.detail else { return (self.code, self.message) };
        let code = if detail.code.is_empty() { self.code } else { &detail.code };
        (code, if detail.message.is_empty() { self.message } else { &detail.message })
    }

    fn rule(&self) -> Option<&'static Rule> {
        let detail_code = self.detail.map_or("", |detail| detail.code.as_str());
        let detail_message = self.detail.map_or("", |detail| detail.message.as_str());
        let codes = [normalized(detail_code), normalized(self.code)];
        let text = format!("{} {detail_code} {detail_message}", self.message).to_lowercase();
        RULES.iter().find(|rule| rule.fits(&codes, &text))
    }

    /// Whether the table has to grow.
    pub(super) fn is_unknown(&self) -> bool {
        self.rule().is_none_or(|rule| rule.codes == OVERVIEW)
    }

    /// Whether the access token has expired, so that a renewal may be enough.
    pub(super) fn is_of_token(&self) -> bool {
        TOKENS.contains(&self.code)
    }

    pub(super) fn is_switched_off(&self) -> bool {
        SWITCHED_OFF.contains(&normalized(self.code))
    }

    /// Whether a request for less may succeed: "please reduce the limit" (121320, question 11).
    pub(super) fn is_too_much(&self) -> bool {
        self.code == "ServiceTimeout"
    }

    /// How long to wait: as long as the message says, or else the documents.
    pub(super) fn wait(&self) -> Option<Duration> {
        let rule = self.rule().filter(|rule| rule.class == Throttled)?;
        ban(self.message).or(rule.wait)
    }
}

/// What the table lacks is of the listing, whatever its type is.
pub(super) fn class_of(refusal: &Refusal<'_>) -> FailureClass {
    let class = refusal.rule().map_or(Temporary, |rule| rule.class);
    // A detail is about one row. What is about the store is the code of the whole answer.
    let of_all = Refusal { detail: None, ..*refusal };
    let is_of_all = of_all.rule().is_some_and(|rule| rule.class.is_store_wide());
    if class.is_store_wide() && !is_of_all { Temporary } else { class }
}

/// The class of the refusal of a renewal. Whatever it may be, the seller's access does not come back by itself, unless
/// Lazada failed or was too busy.
pub(super) fn class_of_renewal(refusal: &Refusal<'_>) -> FailureClass {
    match refusal.rule().map(|rule| rule.class) {
        Some(class @ (Credentials | PermissionEnded | Throttled | Temporary | Unavailable)) => class,
        Some(Locked | Mapping | NotWritable) => Credentials,
        None if refusal.kind == "SYSTEM" => Unavailable,
        None if refusal.kind == "ISP" => Temporary,
        None => PermissionEnded,
    }
}

/// "This ban will last 3 more seconds".
fn ban(message: &str) -> Option<Duration> {
    let after = message.split("last").nth(1)?;
    let digits: String = after.trim_start().chars().take_while(char::is_ascii_digit).take(5).collect();
    digits.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
