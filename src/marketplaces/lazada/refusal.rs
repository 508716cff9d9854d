//! The classes of Lazada's refusals.

use crate::domain::stores::failure::FailureClass;
use std::time::Duration;

pub(super) struct Refusal<'a> {
    pub(super) code: &'a str,
    pub(super) kind: &'a str,
    pub(super) message: &'a str,
    /// The message about the first row that was refused.
    pub(super) detail: &'a str,
}

pub(super) fn is_token(code: &str) -> bool {
    code == "IllegalAccessToken"
}

/// The type of a refusal says whose fault it is: `ISV` the caller's, `ISP` and `SYSTEM` Lazada's own. But 501 is `ISP` too,
/// and a retry does not help.
pub(super) fn classify(refusal: &Refusal<'_>) -> FailureClass {
    let text = format!("{} {}", refusal.message, refusal.detail).to_lowercase();
    let is_campaign = ["channel inventory", "campaign", "ability_pg_00"].iter().any(|word| text.contains(word));
    match refusal.code {
        "IllegalAccessToken"
        | "IllegalRefreshToken"
        | "InvalidRefreshToken"
        | "MissingAccessToken"
        | "IncompleteSignature"
        | "InvalidSignature"
        | "IllegalAppKey"
        | "InvalidAppKey"
        | "MissingAppKey"
        | "InsufficientPermission"
        | "AppWhiteIpLimit"
        | "SELLER_NOT_PERMITTED" => FailureClass::Credentials,
        "ApiCallLimit" | "AppCallLimit" | "SellerCallLimit" | "901" | "998" => FailureClass::Throttled,
        // This machine's clock, or a slow network: the next request carries a new time.
        "IllegalTimestamp" | "InvalidTimestamp" | "ServiceTimeout" => FailureClass::Temporary,
        "501" | "E0501" | "E501" if is_campaign => FailureClass::Locked,
        "501" | "E0501" | "E501" if text.contains("seller_not_permitted") => FailureClass::Credentials,
        "501" | "E0501" | "E501" => FailureClass::Mapping,
        _ if refusal.kind == "ISV" => FailureClass::Mapping,
        _ => FailureClass::Temporary,
    }
}

/// "This ban will last 3 more seconds".
pub(super) fn ban(message: &str) -> Option<Duration> {
    let after = message.split("last").nth(1)?;
    let digits: String = after.trim_start().chars().take_while(char::is_ascii_digit).take(5).collect();
    digits.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass::{Credentials, Locked, Mapping, Temporary, Throttled};

    #[test]
    fn every_refusal_is_told_apart_by_what_it_asks_for() {
        for (code, kind, message, detail, class) in [
            ("IllegalAccessToken", "ISV", "The specified access token is expired", "", Credentials),
            ("IllegalRefreshToken", "ISV", "The specified refresh token is expired", "", Credentials),
            (
                "IncompleteSignature",
                "ISV",
                "The request signature does not conform to platform standards",
                "",
                Credentials,
            ),
            ("SELLER_NOT_PERMITTED", "ISP", "", "", Credentials),
            ("501", "ISP", "E501: Update product failed", "SELLER_NOT_PERMITTED", Credentials),
            ("ApiCallLimit", "ISV", "Api access frequency exceeds the limit", "", Throttled),
            ("998", "ISP", "To ensure stability of service, this API service is disabled", "", Throttled),
            (
                "501",
                "ISP",
                "E501: Update product failed",
                "negative sellable on channel inventory,entityId=1,id=2",
                Locked,
            ),
            ("501", "ISP", "This product is under campaign participation and cannot be edited", "", Locked),
            ("501", "ISP", "E501: Update product failed", "THD_IC_ERR_F_IC_ABILITY_PG_004", Locked),
            ("E0501", "", "ITEM_NOT_FOUND", "ITEM_NOT_FOUND", Mapping),
            ("501", "ISP", "E501: Update product failed", "", Mapping),
            ("MissingParameter", "ISV", "The input parameter “payload” is missing", "", Mapping),
            ("IllegalTimestamp", "ISV", "The request timestamp is too old", "", Temporary),
            ("6", "ISP", "E006: Unexpected internal error", "", Temporary),
            ("ServiceTimeout", "SYSTEM", "", "", Temporary),
            ("anything", "", "", "", Temporary),
        ] {
            assert_eq!(classify(&Refusal { code, kind, message, detail }), class, "{code} {message} {detail}");
        }
    }

    #[test]
    fn a_ban_says_how_long_it_lasts() {
        let said = "Api access frequency exceeds the limit. This ban will last 3 more seconds";
        assert_eq!(ban(said), Some(Duration::from_secs(3)));
        assert_eq!((ban(""), ban("This ban will last for ever")), (None, None));
    }
}
