//! The classes of Shopee's refusals. A code alone does not decide: `error_auth` is an expired access token, stock that a
//! promotion has reserved, or a missing warehouse. The message has to be read as well.

use crate::domain::stores::failure::FailureClass;

pub(super) struct Refusal<'a> {
    /// The code; empty for a row, which has only a message.
    pub(super) error: &'a str,
    pub(super) message: &'a str,
}

impl Refusal<'_> {
    /// Whether the access token has expired. The code is misspelt in Shopee's own responses.
    pub(super) fn is_token(&self) -> bool {
        ["invalid_access_token", "invalid_acceess_token"].contains(&self.error)
            || (self.error == "error_auth" && self.says(&["access_token", "access token"]))
    }

    pub(super) fn classify(&self) -> FailureClass {
        if self.says(&["reserved stock", "reserve stock", "reserved_stock"]) || self.is_of_promotion() {
            return FailureClass::Locked;
        }
        if self.says(&["holiday mode", "timestamp", "try again", "try later", "busy", "timeout", "time out"]) {
            return FailureClass::Temporary;
        }
        if self.says(&["too many request", "rate limit", "frequency"]) {
            return FailureClass::Throttled;
        }
        if self.is_token() {
            return FailureClass::Credentials;
        }
        match self.error {
            "error_sign"
            | "error_permission"
            | "error_invalid_partner"
            | "error_shop_not_authorized"
            | "error_partner_shop_not_linked"
            | "invalid_partner_id"
            | "invalid_refresh_token"
            | "refresh_token_error" => FailureClass::Credentials,
            "error_auth" if self.says(&["partner", "permission", "authoriz", "authoris", "refresh_token"]) => {
                FailureClass::Credentials
            }
            "error_too_many_request" | "error_too_many_requests" | "error_rate_limit" | "api_limit" => {
                FailureClass::Throttled
            }
            "error_server"
            | "error_inner"
            | "error_network"
            | "error_unknown"
            | "error_system_busy"
            | "error_holiday_mode_change_stock" => FailureClass::Temporary,
            // A row that failed for a reason of its own, or one of the many refusals of a field.
            "" => FailureClass::Mapping,
            error if error.starts_with("error_") || error.starts_with("error.") || error.starts_with("warehouse.") => {
                FailureClass::Mapping
            }
            _ => FailureClass::Temporary,
        }
    }

    fn is_of_promotion(&self) -> bool {
        self.error.contains("promotion") || self.says(&["under promotion", "is promotion"])
    }

    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().any(|word| message.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass::{Credentials, Locked, Mapping, Temporary, Throttled};

    #[test]
    fn every_refusal_is_told_apart_by_what_it_asks_for() {
        for (error, message, class) in [
            ("error_auth", "Total stock must be more than reserved stock.", Locked),
            ("error_auth", "Stock should be larger than reserved stock.", Locked),
            ("error_param", "Can not update item with stock less than reserve stock", Locked),
            ("error_promotion_cantnot_update_stock", "Cannot change stock when item is under promotion.", Locked),
            ("error_cannt_edit_stock_in_promotion", "Normal_stock cannot be edited", Locked),
            ("error_model_update_stock_model_in_promotion", "", Locked),
            ("", "Model stock cannot be editted when item/model is promotion.", Locked),
            ("error_auth", "Wrong access_token.", Credentials),
            ("invalid_acceess_token", "There is no access_token in query", Credentials),
            ("error_auth", "Your shop can not use model level dts", Mapping),
            ("error_auth", "Lack of location_id.", Mapping),
            ("error_auth", "No permission to current api.", Credentials),
            ("error_sign", "Wrong sign.", Credentials),
            ("error_permission", "", Credentials),
            ("error_auth", "Wait for the holiday mode set then to edit item.", Temporary),
            ("error_holiday_mode_change_stock", "Cannot change stock in holiday mode.", Temporary),
            ("error_param", "Wrong timestamp", Temporary),
            ("error_too_many_request", "", Throttled),
            ("error_limit", "Too many requests", Throttled),
            ("error_server", "", Temporary),
            ("error_inner", "Something went wrong", Temporary),
            ("error_item_not_found", "Product not found", Mapping),
            ("warehouse.error_not_in_whitelist", "", Mapping),
            ("", "model not found", Mapping),
            ("", "System busy", Temporary),
            ("something_else", "", Temporary),
        ] {
            assert_eq!(Refusal { error, message }.classify(), class, "{error}: {message}");
        }
    }

    #[test]
    fn only_a_token_that_is_over_is_renewed() {
        for (error, message, is_token) in [
            ("error_auth", "Wrong access_token.", true),
            ("invalid_access_token", "", true),
            ("error_auth", "Total stock must be more than reserved stock.", false),
            ("error_sign", "Wrong sign.", false),
            ("", "access_token", false),
        ] {
            assert_eq!(Refusal { error, message }.is_token(), is_token, "{error}: {message}");
        }
    }
}
