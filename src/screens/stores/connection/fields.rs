//! The fields of the credentials of each connector: ids that are shown, and secrets that never are.

use super::form::ConnectionForm;
use crate::{
    connectors::credentials::{
        Credentials, LazadaCredentials, ShopeeCredentials, Token, Tokens, WebhookCredentials, ZaloraCredentials,
    },
    domain::{stores::connection::ConnectorKind, text::single_line},
    web::form::FormErrors,
};
use secrecy::SecretString;

/// The most characters of an id and of a secret.
const ID_LIMIT: usize = 100;
const SECRET_LIMIT: usize = 4_000;

/// A field.
pub(super) struct Field {
    /// Its name in the form.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// Whether it is typed and never shown.
    pub(super) is_secret: bool,
}

const fn id(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field { name, label, hint, is_secret: false }
}

const fn secret(name: &'static str, label: &'static str, hint: &'static str) -> Field {
    Field { name, label, hint, is_secret: true }
}

const LAZADA: [Field; 4] = [
    id("app_key", "App key", "Of your app on Lazada Open Platform."),
    secret("app_secret", "App secret", ""),
    secret("access_token", "Access token", "Your app gets it when the seller gives it permission."),
    secret("refresh_token", "Refresh token", "It renews the access token before it expires."),
];

const SHOPEE: [Field; 5] = [
    id("partner_id", "Partner ID", "Of your app on Shopee Open Platform."),
    secret("partner_key", "Partner key", ""),
    id("shop_id", "Shop ID", "Of the shop that gave your app its permission."),
    secret("access_token", "Access token", "Your app gets it when the shop gives it permission."),
    secret("refresh_token", "Refresh token", "It renews the access token before it expires."),
];

const ZALORA: [Field; 2] = [
    id("client_id", "Client ID", "Of your application in Zalora’s Seller Center."),
    secret("client_secret", "Client secret", ""),
];

const WEBHOOK: [Field; 1] = [secret(
    "secret",
    "Secret",
    "It signs every request, so that your program knows who sent it. Choose a long random one.",
)];

/// The fields of a connector, in the order in which the form has them.
pub(super) fn of(kind: ConnectorKind) -> &'static [Field] {
    match kind {
        ConnectorKind::Lazada => &LAZADA,
        ConnectorKind::Shopee => &SHOPEE,
        ConnectorKind::Zalora => &ZALORA,
        ConnectorKind::Webhook => &WEBHOOK,
        ConnectorKind::File => &[],
    }
}

/// What was entered before. It counts at the place that it was entered for: whoever may change an address must not have
/// the secrets sent elsewhere.
pub(super) enum Before {
    /// Nothing.
    Nothing,
    /// These, for the place that the form names.
    Here(Credentials),
    /// Secrets for another place.
    Elsewhere,
    /// Secrets, but the form does not say yet for which place.
    Undecided,
}

/// The credentials that the form describes, where a secret that was left empty is the one of `before`; what is wrong
/// goes to `errors`.
pub(super) fn read(
    kind: ConnectorKind,
    form: &ConnectionForm,
    before: &Before,
    errors: &mut FormErrors,
) -> Option<Credentials> {
    let kept = if let Before::Here(kept) = before { Some(kept) } else { None };
    let mut typed = Typed { form, fields: of(kind), before, errors };
    match kind {
        ConnectorKind::Lazada => {
            let kept = if let Some(Credentials::Lazada(kept)) = kept { Some(kept) } else { None };
            let app_key = typed.id("app_key");
            let app_secret = typed.secret("app_secret", kept.map(|kept| &kept.app_secret));
            let tokens = typed.tokens(kept.map(|kept| &kept.tokens));
            let credentials = LazadaCredentials { app_key: app_key?, app_secret: app_secret?, tokens: tokens? };
            Some(Credentials::Lazada(credentials))
        }
        ConnectorKind::Shopee => {
            let kept = if let Some(Credentials::Shopee(kept)) = kept { Some(kept) } else { None };
            let partner_id = typed.number("partner_id");
            let partner_key = typed.secret("partner_key", kept.map(|kept| &kept.partner_key));
            let shop_id = typed.number("shop_id");
            let tokens = typed.tokens(kept.map(|kept| &kept.tokens));
            Some(Credentials::Shopee(ShopeeCredentials {
                partner_id: partner_id?,
                partner_key: partner_key?,
                shop_id: shop_id?,
                tokens: tokens?,
            }))
        }
        ConnectorKind::Zalora => {
            let kept = if let Some(Credentials::Zalora(kept)) = kept { Some(kept) } else { None };
            let client_id = typed.id("client_id");
            let client_secret = typed.secret("client_secret", kept.map(|kept| &kept.client_secret));
            let client_id = client_id?;
            // A token is of the client that fetched it.
            let is_same = kept.is_some_and(|kept| kept.client_id == client_id) && form.client_secret.is_empty();
            let access = kept.filter(|_| is_same).and_then(|kept| kept.access.clone());
            Some(Credentials::Zalora(ZaloraCredentials { client_id, client_secret: client_secret?, access }))
        }
        ConnectorKind::Webhook => {
            let kept = if let Some(Credentials::Webhook(kept)) = kept { Some(kept) } else { None };
            let secret = typed.secret("secret", kept.map(|kept| &kept.secret))?;
            Some(Credentials::Webhook(WebhookCredentials { secret }))
        }
        ConnectorKind::File => Some(Credentials::File),
    }
}

/// What was typed into the fields of credentials.
struct Typed<'a> {
    form: &'a ConnectionForm,
    fields: &'static [Field],
    before: &'a Before,
    errors: &'a mut FormErrors,
}

impl Typed<'_> {
    fn label(&self, name: &str) -> &'static str {
        self.fields.iter().find(|field| field.name == name).expect("a field of this connector").label
    }

    fn id(&mut self, name: &'static str) -> Option<String> {
        let parsed = single_line(self.label(name), self.form.value(name), ID_LIMIT);
        self.errors.keep(name, parsed)
    }

    fn number(&mut self, name: &'static str) -> Option<String> {
        let id = self.id(name)?;
        let is_number = id.len() <= 18 && id.bytes().all(|byte| byte.is_ascii_digit());
        let refusal = format!("Enter the {} as the marketplace shows it: a whole number.", self.label(name));
        self.errors.keep(name, if is_number { Ok(id) } else { Err(refusal) })
    }

    fn secret(&mut self, name: &'static str, kept: Option<&SecretString>) -> Option<SecretString> {
        match (self.form.value(name).trim(), kept, self.before) {
            ("", Some(kept), _) => Some(kept.clone()),
            ("", None, Before::Elsewhere) => {
                let again = format!("The address has changed: enter the {} again.", self.label(name));
                self.errors.push(name, again);
                None
            }
            // Whether it has to be typed shows once the address is one.
            ("", None, Before::Undecided) => None,
            (typed, _, _) => {
                let parsed = single_line(self.label(name), typed, SECRET_LIMIT);
                self.errors.keep(name, parsed).map(SecretString::from)
            }
        }
    }

    fn tokens(&mut self, kept: Option<&Tokens>) -> Option<Tokens> {
        let access = self.token("access_token", kept.map(|kept| &kept.access));
        let refresh = self.token("refresh_token", kept.map(|kept| &kept.refresh));
        Some(Tokens { access: access?, refresh: refresh? })
    }

    fn token(&mut self, name: &'static str, kept: Option<&Token>) -> Option<Token> {
        match kept {
            Some(kept) if self.form.value(name).trim().is_empty() => Some(kept.clone()),
            // Nobody who types one in knows when it ends.
            _ => self.secret(name, None).map(|secret| Token { secret, expires_at: None }),
        }
    }
}
