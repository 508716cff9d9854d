//! What a test call that failed says about the form.

use super::fields;
use crate::domain::stores::{
    connection::ConnectorKind,
    failure::{Failure, FailureClass},
};

/// What marketplaces say, in lower case, when they refuse one of the credentials, and its field.
const REFUSED: [(&str, &str); 7] = [
    ("refreshtoken", "refresh_token"),
    ("refresh_token", "refresh_token"),
    ("signature", "app_secret"),
    ("error_sign", "partner_key"),
    ("appkey", "app_key"),
    ("partner_id", "partner_id"),
    ("invalid_partner", "partner_id"),
];

/// The field that a failure is about, empty for the whole form, and what to say there.
pub(super) fn error_of(kind: ConnectorKind, failure: &Failure) -> (&'static str, String) {
    match failure.class {
        FailureClass::Credentials => match field_of(kind, failure) {
            Some(field) => (field, failure.to_string()),
            None => ("", of_any(kind, failure)),
        },
        FailureClass::Temporary | FailureClass::Throttled | FailureClass::Mapping | FailureClass::Locked => {
            ("api_url", failure.to_string())
        }
    }
}

/// The field of the credential that was refused, if the marketplace tells or there is but one.
fn field_of(kind: ConnectorKind, failure: &Failure) -> Option<&'static str> {
    let fields = fields::of(kind);
    if let [only] = fields {
        return Some(only.name);
    }
    let said = failure.message.to_lowercase();
    let of_words = REFUSED.iter().filter(|(words, _)| said.contains(words)).map(|(_, field)| *field);
    let of_token = failure.token_ended.then_some("access_token");
    of_token.into_iter().chain(of_words).find(|name| fields.iter().any(|field| field.name == *name))
}

/// What to say when any of the credentials may be wrong.
fn of_any(kind: ConnectorKind, failure: &Failure) -> String {
    let said = failure.message.replacen("refused it:", "refused these credentials:", 1);
    let labels: Vec<&str> = fields::of(kind).iter().map(|field| field.label).collect();
    format!("{}. Check what you entered: {}.", said.trim_end_matches('.'), labels.join(", "))
}

/// Whether a failure of the test call says nothing against what was entered.
pub(super) fn may_be_over(failure: &Failure) -> bool {
    match failure.class {
        FailureClass::Temporary | FailureClass::Throttled => true,
        FailureClass::Credentials | FailureClass::Mapping | FailureClass::Locked => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectorKind::{Lazada, Shopee, Webhook, Zalora};

    #[test]
    fn a_refusal_stands_at_the_credential_that_was_refused_or_names_all() {
        let refused = |message: &str| Failure::new(FailureClass::Credentials, message);
        let ended = |message: &str| Failure::token_ended(message);
        for (kind, failure, field) in [
            (
                Lazada,
                ended("Lazada refused it: The specified access token is expired (IllegalAccessToken)"),
                "access_token",
            ),
            (Lazada, refused("Lazada refused it: It is expired (IllegalRefreshToken)"), "refresh_token"),
            (Lazada, refused("Lazada refused it: It does not conform (IncompleteSignature)"), "app_secret"),
            (Lazada, refused("Lazada refused it: It is unknown (InvalidAppKey)"), "app_key"),
            (Lazada, refused("Lazada refused it: No (InsufficientPermission)"), ""),
            (Shopee, ended("Shopee refused it: Wrong access_token. (error_auth)"), "access_token"),
            (Shopee, refused("Shopee refused it: Your refresh_token expired. (error_auth)"), "refresh_token"),
            (Shopee, refused("Shopee refused it: Wrong sign. (error_sign)"), "partner_key"),
            (Shopee, refused("Shopee refused it:  (error_invalid_partner)"), "partner_id"),
            (Shopee, refused("Shopee refused it: No permission to current api. (error_auth)"), ""),
            (Zalora, refused("Zalora refused it: invalid_client (401)"), ""),
            (Zalora, ended("Zalora answered 401 Unauthorized."), ""),
            (Webhook, ended("Webhook answered 401 Unauthorized."), "secret"),
            (Webhook, refused("Webhook answered 403 Forbidden."), "secret"),
            (Lazada, Failure::temporary("Lazada answered 503: its signature is late."), "api_url"),
        ] {
            assert_eq!(error_of(kind, &failure).0, field, "{kind:?}: {failure}");
        }
        let words = error_of(Lazada, &refused("Lazada refused it: It may not. (InsufficientPermission)")).1;
        assert_eq!(
            words,
            "Lazada refused these credentials: It may not. (InsufficientPermission). Check what you entered: App key, \
             App secret, Access token, Refresh token."
        );
    }
}
