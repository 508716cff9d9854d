//! What Shopee's refusals ask for. The code decides, then the HTTP status, and the words of the message only where a code
//! is used for several things: `error_auth` is an expired access token, stock that a promotion has reserved, or a missing
//! warehouse. See [`super::codes`] for the table.

use super::codes::{CODES, MESSAGES, Meaning};
use crate::domain::{moment::Moment, stores::failure::FailureClass};
use chrono::{FixedOffset, NaiveTime, TimeDelta};
use reqwest::StatusCode;
use std::time::Duration;

/// The day's quota of an app begins again at midnight of this zone, says the message of `error_limit`.
const QUOTA_ZONE: FixedOffset = FixedOffset::east_opt(8 * 3600).expect("a zone");

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// The access token has expired.
    AccessEnded,
    /// What was entered, or the app itself.
    Credentials,
    /// The seller has to connect the shop again, or to settle something with Shopee.
    PermissionEnded,
    TooMany,
    /// The app has used up the calls of the day.
    Quota,
    /// A promotion has reserved the stock.
    Locked,
    Product,
    Model,
    /// A listing without a model of a product that has models.
    HasModels,
    Parameter,
    /// The stock is by warehouse, and none is chosen or not that one.
    Warehouse,
    /// Shopee sends the product from its own warehouse.
    Fulfilled,
    NotWritable,
    Busy,
    Gateway,
    /// Shopee takes a timestamp for five minutes.
    ClockDiffers,
    Holiday,
    /// Not in the table.
    Unknown,
}

impl Reason {
    pub(super) fn class(self) -> FailureClass {
        match self {
            Self::AccessEnded | Self::Credentials => FailureClass::Credentials,
            Self::PermissionEnded => FailureClass::PermissionEnded,
            Self::TooMany | Self::Quota => FailureClass::Throttled,
            Self::Locked => FailureClass::Locked,
            Self::Product | Self::Model | Self::HasModels | Self::Parameter | Self::Warehouse => FailureClass::Mapping,
            Self::Fulfilled | Self::NotWritable => FailureClass::NotWritable,
            // A holiday may be of one of the shop's addresses alone, and lasts for days: nothing else has to wait for it.
            Self::Busy | Self::Holiday | Self::Unknown => FailureClass::Temporary,
            Self::Gateway | Self::ClockDiffers => FailureClass::Unavailable,
        }
    }

    /// Whether one model of a request may be the reason, so that the others are worth a request of their own. Any other
    /// reason is of the whole product or of the shop.
    pub(super) fn may_be_of_one_model(self) -> bool {
        matches!(self, Self::Locked | Self::Model | Self::Parameter | Self::Unknown)
    }

    /// The reason of one row. A row says nothing about the shop, whatever its words are.
    pub(super) fn of_row(self) -> Self {
        if self.class().is_store_wide() { Self::Busy } else { self }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal<'a> {
    pub(super) status: StatusCode,
    /// The code, with the name of its module or without; empty for a row, which has only a message.
    pub(super) error: &'a str,
    pub(super) message: &'a str,
}

impl Refusal<'_> {
    pub(super) fn reason(&self) -> Reason {
        let code = last_part(self.error);
        let known = CODES.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning);
        let reason = match known {
            Some(Meaning::Of(reason)) => reason,
            _ if self.status == StatusCode::TOO_MANY_REQUESTS => Reason::TooMany,
            Some(Meaning::Several(otherwise)) => self.said(&code).unwrap_or(otherwise),
            None if code.is_empty() => self.said(&code).unwrap_or(Reason::Unknown),
            None => Reason::Unknown,
        };
        match reason {
            // An error with a code of Shopee's is of the listing, even if the status says that the server failed.
            Reason::Unknown if self.status.is_server_error() && !is_code(self.error) => Reason::Gateway,
            Reason::Busy if self.status.is_server_error() => Reason::Gateway,
            Reason::Busy if self.status == StatusCode::TOO_MANY_REQUESTS => Reason::TooMany,
            reason => reason,
        }
    }

    /// The reason why a renewal of the tokens was refused. Nothing about a listing can be, and what is not known to pass by
    /// itself ends the permission: it would be tried for ever. An unknown code has to be of an answer that `is_numbered`, as
    /// all of Shopee's are: a proxy's error ends nothing.
    pub(super) fn reason_of_renewal(&self, is_numbered: bool) -> Reason {
        match self.reason() {
            Reason::Parameter => Reason::Credentials,
            Reason::Unknown if is_numbered && is_code(self.error) => Reason::PermissionEnded,
            reason => match reason.class() {
                FailureClass::Temporary | FailureClass::Throttled | FailureClass::Unavailable => reason,
                FailureClass::Credentials if reason != Reason::AccessEnded => reason,
                FailureClass::Credentials
                | FailureClass::PermissionEnded
                | FailureClass::Locked
                | FailureClass::Mapping
                | FailureClass::NotWritable => Reason::PermissionEnded,
            },
        }
    }

    fn said(&self, code: &str) -> Option<Reason> {
        let words: Vec<&str> = self.message.split_whitespace().collect();
        let message = words.join(" ").to_lowercase();
        let fits = |codes: &[&str]| codes.is_empty() || codes.contains(&code);
        let line = MESSAGES.iter().find(|(codes, words, _)| fits(codes) && message.contains(words));
        line.map(|(_, _, reason)| *reason)
    }
}

/// A code without the names of the modules before it. One document has a space behind the dot: `order. error_param`.
pub(super) fn last_part(error: &str) -> String {
    let error = error.trim().trim_end_matches('.');
    error.rsplit('.').next().unwrap_or(error).trim().to_lowercase()
}

/// Whether a code looks as Shopee's do, and not like the words of a proxy: "Forbidden", "Not Found".
fn is_code(error: &str) -> bool {
    let is_of_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.".contains(&byte);
    error.contains('_') && error.bytes().all(is_of_code)
}

/// How long it is until the next day of the quota begins.
pub(super) fn until_next_quota(now: Moment) -> Duration {
    let local = now.utc().with_timezone(&QUOTA_ZONE);
    let since_midnight = local.time() - NaiveTime::MIN;
    (TimeDelta::days(1) - since_midnight).to_std().expect("a day is longer than a part of it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass as Class;

    fn refusal<'a>(error: &'a str, message: &'a str, status: u16) -> Refusal<'a> {
        Refusal { status: StatusCode::from_u16(status).expect("a status"), error, message }
    }

    #[test]
    fn the_status_counts_before_the_words_and_after_the_code() {
        let rate = "Too many requests. You have reached the rate limit. Please try again later.";
        for (error, message, status, reason) in [
            ("error_rate_limit", rate, 200, Reason::TooMany),
            ("error_rate_limit", rate, 429, Reason::TooMany),
            ("error_limit", rate, 429, Reason::Quota),
            ("error_sign", "Wrong sign.", 429, Reason::Credentials),
            ("error_auth", "Invalid access_token.", 429, Reason::TooMany),
            ("error_system_busy", "Please try later.", 429, Reason::TooMany),
            ("error_new", "Please try again later.", 429, Reason::TooMany),
            ("", "", 429, Reason::TooMany),
            ("error_server", "Something wrong. Please try later.", 500, Reason::Gateway),
            ("product.error_new", "", 502, Reason::Unknown),
            ("Bad Gateway", "", 502, Reason::Gateway),
            ("", "", 503, Reason::Gateway),
            ("error_server", "Something wrong. Please try later.", 200, Reason::Busy),
            ("product.error_item_not_found", "Product not found", 500, Reason::Product),
        ] {
            assert_eq!(refusal(error, message, status).reason(), reason, "{error} {status}: {message}");
        }
    }

    #[test]
    fn what_no_table_has_is_of_the_listing() {
        for (error, message, status) in [
            ("something_else", "", 200),
            ("product.error_new_reason", "Wrong access_token. No permission. Too many requests.", 403),
            ("Forbidden", "partner_id", 403),
            ("Not Found", "", 404),
            ("error_auth", "Something else", 200),
            ("product.error_busi", "The GTIN code is mandatory, please check and upload again.", 200),
        ] {
            assert_eq!(refusal(error, message, status).reason(), Reason::Unknown, "{error}: {message}");
        }
    }

    #[test]
    fn a_renewal_is_never_refused_because_of_a_listing() {
        for (error, message, class) in [
            ("refresh_token_expired", "Your refresh_token expired.", Class::PermissionEnded),
            (
                "error_shop_refresh_token",
                "Your refresh token is error ,please check refresh token or shopid.",
                Class::PermissionEnded,
            ),
            ("error_auth", "Invalid refresh_token.", Class::PermissionEnded),
            ("error_auth", "Invalid access_token.", Class::PermissionEnded),
            ("error_auth", "Something else", Class::PermissionEnded),
            ("error_auth", "System error, please try again later.", Class::Temporary),
            ("shop_access_expired", "Your access to shop has expired.", Class::PermissionEnded),
            ("shop_no_linked", "Partner and shop has no linked.", Class::PermissionEnded),
            ("shop_banned", "The\u{a0}shop account has been banned.", Class::PermissionEnded),
            ("error_param", "The information you queried is not found.", Class::PermissionEnded),
            ("error_param", "Invalid partner_id.", Class::Credentials),
            ("error_param", "parameter invalid", Class::Credentials),
            ("error_partner_key_expired", "", Class::Credentials),
            ("error_sign", "Wrong sign.", Class::Credentials),
            ("source_ip_undeclared", "", Class::Credentials),
            ("error_server", "error server", Class::Temporary),
            ("error_data", "data not exist", Class::Temporary),
            ("error_rate_limit", "", Class::Throttled),
            ("error_network", "Inner http call failed", Class::Temporary),
            ("error_param", "Timestamp is expired.", Class::Unavailable),
            ("common.error_of_tomorrow", "", Class::PermissionEnded),
            ("Forbidden", "", Class::Temporary),
            ("Not Found", "", Class::Temporary),
            ("forbidden", "", Class::Temporary),
            ("", "Forbidden", Class::Temporary),
        ] {
            for status in [200, 403] {
                let reason = refusal(error, message, status).reason_of_renewal(true);
                assert_eq!(reason.class(), class, "{error} {status}: {message}");
                assert_ne!(reason, Reason::AccessEnded);
            }
        }
        let of_proxy = refusal("access_denied", "", 403);
        assert_eq!(of_proxy.reason_of_renewal(false), Reason::Unknown);
    }

    #[test]
    fn only_an_access_token_that_has_expired_is_renewed() {
        for (error, message, is_ended) in [
            ("error_auth", "Invalid access_token.", true),
            ("error_param", "There is no access_token in query.", true),
            ("invalid_acceess_token", "Invalid access_token, please have a check.", true),
            ("common.invalid_access_token", "", true),
            ("error_auth", "Total stock must be more than reserved stock.", false),
            ("error_auth", "Invalid refresh_token.", false),
            ("error_sign", "Wrong sign.", false),
            ("", "access_token", false),
        ] {
            let reason = refusal(error, message, 403).reason();
            assert_eq!(reason == Reason::AccessEnded, is_ended, "{error}: {message}");
        }
    }

    #[test]
    fn a_row_says_nothing_about_the_shop() {
        for (message, class) in [
            ("Stock should be larger than reserved stock.", Class::Locked),
            ("Model stock cannot be editted when item/model is promotion.", Class::Locked),
            (
                "The current item belong to the full FBS or B2C shop, so normal stock must be equal to 0",
                Class::NotWritable,
            ),
            ("Wrong model_id.", Class::Mapping),
            ("model not found", Class::Mapping),
            ("The item is frozen", Class::Mapping),
            ("Please wait for the holiday mode set then to edit item.", Class::Temporary),
            ("Invalid access_token.", Class::Temporary),
            ("System busy", Class::Temporary),
            ("", Class::Temporary),
        ] {
            for error in ["", "product.error_busi_update_stock_failed"] {
                assert_eq!(refusal(error, message, 200).reason().of_row().class(), class, "{error}: {message}");
            }
        }
    }

    #[test]
    fn a_refusal_is_of_one_model_or_of_all() {
        for (error, message, may_be_of_one) in [
            ("product.error_param", "Wrong model_id.", true),
            ("error_auth", "Stock should be larger than reserved stock.", true),
            ("error_param", "Parameter is not match the constraints, stock.", true),
            ("error_new", "", true),
            ("product.error_item_not_found", "Product not found", false),
            ("error_item_uneditable", "Can't edit this item. item status can not support editing.", false),
            ("error_busi", "The merchant/shop has multi warehouse, please input location id", false),
            ("error_wms_shop_block_upate_stock", "Warehouse shop can't update stock.", false),
            ("error_inner", "Update item failed", false),
            ("error_system_busy", "", false),
        ] {
            assert_eq!(
                refusal(error, message, 200).reason().may_be_of_one_model(),
                may_be_of_one,
                "{error}: {message}"
            );
        }
    }

    #[test]
    fn the_quota_of_a_day_begins_again_at_midnight_eight_hours_ahead_of_utc() {
        for (now, seconds) in
            [("2026-11-11T15:59:30Z", 30), ("2026-11-11T16:00:00Z", 24 * 3600), ("2026-11-11T00:00:00Z", 16 * 3600)]
        {
            let now = Moment::from(chrono::DateTime::parse_from_rfc3339(now).expect("a moment").to_utc());
            assert_eq!(until_next_quota(now), Duration::from_secs(seconds), "{now}");
        }
    }
}
