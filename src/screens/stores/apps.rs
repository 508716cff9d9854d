//! `/settings/marketplaces`: the seller's app at each marketplace that has apps. Its secrets are never shown again.

use crate::{
    actions::stores::save_app::{self, AppInput},
    db::{
        Failed,
        stores::{
            apps::{self, App},
            connections::Connection,
        },
    },
    domain::{
        promotions::schedule,
        stores::{
            api_address::{ApiAddress, have_same_origin},
            connection::ConnectorKind,
        },
        text::{counted, secret_line},
    },
    marketplaces::{
        Credentials,
        app::AppDescription,
        credentials::{Field, FieldKind},
        network::{Inside, names_inside},
        registry,
        seal::{SealError, SealKey},
    },
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, RadioOption},
        notices::done,
        origin,
        page::{Layout, ok, refused},
        security_log::Event,
        visit::Visit,
    },
};
use actix_web::{HttpRequest, web::Path};
use askama::Template;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::collections::BTreeMap;

const ID_LIMIT_CHARS: usize = 100;
const SECRET_LIMIT_CHARS: usize = 4_000;

const LIVE: &str = "live";
const SANDBOX: &str = "sandbox";
const OTHER: &str = "other";

/// The form of one app. It holds secrets, so it has no `Debug`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct AppForm {
    /// By the names of the inputs: see [`input`].
    #[serde(flatten)]
    typed: BTreeMap<String, String>,
}

#[derive(Template)]
#[template(path = "stores/apps.html")]
struct AppsPage {
    page: Layout,
    sections: Vec<Section>,
    /// The other kinds, each with what it needs instead of an app.
    others: Vec<(&'static str, &'static str)>,
    errors: FormErrors,
    /// What the server's settings lack to store keys; empty for nothing.
    no_key: String,
    has_public_origin: bool,
}

struct Section {
    kind: ConnectorKind,
    app: &'static AppDescription,
    form: AppForm,
    addresses: Vec<RadioOption>,
    redirect: String,
    webhook: String,
    /// "Saved on … by …"; empty for an app that is not saved.
    saved: String,
    keeps_secrets: bool,
}

/// The id and the name of an input: the forms of several apps are on one page.
fn input(kind: ConnectorKind, name: &str) -> String {
    format!("{}_{name}", kind.as_str())
}

impl AppForm {
    fn typed(&self, kind: ConnectorKind, name: &str) -> &str {
        self.typed.get(&input(kind, name)).map_or("", |typed| typed.trim())
    }

    /// What is stored, without its secrets.
    fn of(kind: ConnectorKind, app: &AppDescription, stored: Option<&App>, keys: Option<&Credentials>) -> Self {
        let mut typed = BTreeMap::new();
        let address = stored.map_or("", |stored| stored.address.as_str());
        let choice = match address {
            "" => LIVE,
            address if app.sandbox == Some(address) => SANDBOX,
            _ => OTHER,
        };
        typed.insert(input(kind, "addresses"), choice.to_owned());
        if choice == OTHER {
            typed.insert(input(kind, "address"), address.to_owned());
        }
        for field in app.fields.iter().filter(|field| !field.is_secret()) {
            let value = keys.and_then(|keys| keys.of_field(field));
            typed.insert(input(kind, field.name), value.map_or("", |value| value.expose_secret()).to_owned());
        }
        Self { typed }
    }

    fn parse_address(
        &self,
        visit: &Visit,
        kind: ConnectorKind,
        app: &AppDescription,
        errors: &mut FormErrors,
    ) -> Option<String> {
        let field = input(kind, "address");
        match (self.typed(kind, "addresses"), app.sandbox) {
            (LIVE, _) => Some(String::new()),
            (SANDBOX, Some(sandbox)) => Some(sandbox.to_owned()),
            (OTHER, _) => {
                let address = errors.keep(&field, ApiAddress::parse(kind, self.typed(kind, "address")))?;
                if names_inside(address.as_str()) && !visit.state.settings.private_addresses {
                    return errors.keep(&field, Err(Inside));
                }
                Some(address.as_str().trim_end_matches('/').to_owned())
            }
            _ => {
                errors.push(input(kind, "addresses"), "Choose which addresses are used.");
                None
            }
        }
    }

    /// The value of a field, or the stored one in the place of a secret that is not typed again.
    fn parse_field(
        &self,
        kind: ConnectorKind,
        app: &AppDescription,
        field: &Field,
        stored: Option<&Credentials>,
        errors: &mut FormErrors,
    ) -> Option<SecretString> {
        let typed = self.typed(kind, field.name);
        if typed.is_empty() {
            if let Some(stored) = stored.filter(|_| field.is_secret()) {
                return stored.of_field(field).cloned();
            }
            if app.is_optional(field) {
                return Some(String::new().into());
            }
        }
        let limit = if field.is_secret() { SECRET_LIMIT_CHARS } else { ID_LIMIT_CHARS };
        let name = input(kind, field.name);
        let value = errors.keep(&name, secret_line(field.label, typed, limit))?;
        let is_number = value.len() <= 18 && value.bytes().all(|byte| byte.is_ascii_digit());
        if field.kind == FieldKind::Number && !is_number {
            errors.push(name, format!("Enter the {} as the marketplace shows it: a whole number.", field.label));
            return None;
        }
        Some(value.into())
    }
}

impl Section {
    fn new(
        visit: &Visit,
        req: &HttpRequest,
        kind: ConnectorKind,
        app: &'static AppDescription,
        stored: Option<&App>,
    ) -> Self {
        let key = visit.state.settings.credentials_key.as_ref();
        let keys = stored.and_then(|stored| key?.open_app(kind, &stored.app_keys).ok());
        let saved = stored.map(|stored| {
            let at = schedule::display(stored.saved_at, visit.who.zone);
            format!("Saved on {at} by {}.", stored.saved_by)
        });
        let address = origin::address(req);
        let form = AppForm::of(kind, app, stored, keys.as_ref());
        Self {
            addresses: choices(app, form.typed(kind, "addresses")),
            redirect: format!("{address}/connect/{}", kind.as_str()),
            webhook: format!("{address}/hook/{}", kind.as_str()),
            saved: saved.unwrap_or_default(),
            keeps_secrets: keys.is_some(),
            form,
            kind,
            app,
        }
    }

    fn input(&self, name: &str) -> String {
        input(self.kind, name)
    }

    fn shown(&self, field: &Field) -> &str {
        if field.is_secret() { "" } else { self.form.typed(self.kind, field.name) }
    }

    fn other_address(&self) -> &str {
        self.form.typed(self.kind, "address")
    }

    fn hint(&self, field: &Field) -> String {
        let saved = if self.keeps_secrets && field.is_secret() {
            "It is saved, but not shown. Leave this empty to keep it."
        } else {
            ""
        };
        [field.hint, saved].join(" ").trim().to_owned()
    }
}

fn choices(app: &AppDescription, chosen: &str) -> Vec<RadioOption> {
    let mut choices = vec![RadioOption::new(LIVE, "Live", "For real stores.", chosen == LIVE)];
    if app.sandbox.is_some() {
        let hint = "For the marketplace’s test shops, with the keys of a test app.";
        choices.push(RadioOption::new(SANDBOX, "Sandbox", hint, chosen == SANDBOX));
    }
    let hint = "For a marketplace that is simulated, or a newer address than flashsale knows.";
    choices.push(RadioOption::new(OTHER, "Another address", hint, chosen == OTHER));
    choices
}

impl AppsPage {
    async fn load(visit: &Visit, req: &HttpRequest) -> Result<Self, PageError> {
        let stored = visit.database().read(apps::all).await?;
        let mut sections = Vec::new();
        for description in registry::ALL {
            let Some(app) = description.app() else { continue };
            let stored = stored.iter().find(|stored| stored.kind == description.kind);
            sections.push(Section::new(visit, req, description.kind, app, stored));
        }
        let has_key = visit.state.settings.credentials_key.is_some();
        Ok(Self {
            page: visit.layout("settings"),
            sections,
            others: registry::without_apps().collect(),
            errors: FormErrors::default(),
            no_key: if has_key { String::new() } else { SealError::NoKey.to_string() },
            has_public_origin: visit.state.settings.public_origin.is_some(),
        })
    }

    /// Shows what was typed of an app that was not saved.
    fn refuse(
        mut self,
        kind: ConnectorKind,
        app: &'static AppDescription,
        form: AppForm,
        keeps_secrets: bool,
        mut errors: FormErrors,
    ) -> PageResult {
        for field in app.fields.iter().filter(|field| field.is_secret() && !form.typed(kind, field.name).is_empty()) {
            // The page does not show it again.
            if errors.at(&input(kind, field.name)).is_empty() {
                errors.push(input(kind, field.name), format!("Enter the {} again: it was not saved.", field.label));
            }
        }
        if let Some(section) = self.sections.iter_mut().find(|section| section.kind == kind) {
            section.addresses = choices(app, form.typed(kind, "addresses"));
            section.keeps_secrets = keeps_secrets;
            section.form = form;
        }
        refused(&Self { errors, ..self })
    }
}

pub async fn show(visit: Visit, req: HttpRequest) -> PageResult {
    ok(&AppsPage::load(&visit, &req).await?)
}

pub async fn save(visit: Visit, req: HttpRequest, marketplace: Path<String>, form: Form<AppForm>) -> PageResult {
    let form = form.fields;
    let page = AppsPage::load(&visit, &req).await?;
    let mut errors = FormErrors::default();
    let kind = registry::with_apps().find(|kind| kind.as_str() == marketplace.as_str()).ok_or(PageError::NotFound)?;
    let description = registry::describe(kind);
    let app = description.app().expect("it was found among those with apps");
    let key = errors.keep("", visit.state.settings.credentials_key.as_ref().ok_or(SealError::NoKey));
    let address = form.parse_address(&visit, kind, app, &mut errors);
    let stored = visit.database().read(move |conn| apps::find(conn, kind)).await?;
    // Secrets are only sent to the address that they were entered for.
    let stored = stored.filter(|stored| Some(&stored.address) == address.as_ref());
    let stored = stored.and_then(|stored| key?.open_app(kind, &stored.app_keys).ok());
    let mut values = BTreeMap::new();
    for field in app.fields {
        if let Some(value) = form.parse_field(kind, app, field, stored.as_ref(), &mut errors) {
            values.insert(field.name.to_owned(), value);
        }
    }
    let keys = description.app_keys(values).filter(|_| errors.is_empty());
    let (Some(key), Some(address), Some(keys)) = (key, address, keys) else {
        return page.refuse(kind, app, form, stored.is_some(), errors);
    };
    let input = AppInput { kind, address: address.clone(), app_keys: key.seal_app(&keys) };
    let cause = visit.cause("");
    let key = key.clone();
    let with_keys = move |of: &Connection| credentials_with_keys(of, &key, &keys, &address);
    let saved = visit.database().write(move |conn| save_app::run(conn, &cause, input.clone(), &with_keys)).await;
    match saved {
        Ok(changed) => {
            visit.note(Event::AppSaved, kind.as_str());
            let next = match changed {
                0 => "Now connect a store.".to_owned(),
                changed => format!("Its new keys were given to {}.", counted(changed, "store")),
            };
            Ok(done("/settings/marketplaces", &format!("The {} app is saved. {next}", kind.label())))
        }
        Err(Failed::Refused(refusal)) => {
            page.refuse(kind, app, form, stored.is_some(), FormErrors::of("", refusal.to_string()))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// The credentials of a connection with the keys of the app at `address`, sealed. `None` if it has them already, or is of
/// another app or at another address.
fn credentials_with_keys(connection: &Connection, key: &SealKey, keys: &Credentials, address: &str) -> Option<String> {
    let kind = keys.kind();
    let is_at = |of_app: &str| have_same_origin(kind, of_app, &connection.api_url);
    let is_there = match address {
        "" => kind.facts().addresses.iter().any(|(_, live)| is_at(live)),
        address => is_at(address),
    };
    let before = key.open(&connection.store, &connection.credentials).ok().filter(|_| is_there)?;
    let description = registry::describe(kind);
    let app = description.app()?;
    let is_same = |field: &Field| {
        let id = before.of_field(field).map(ExposeSecret::expose_secret);
        id == keys.of_field(field).map(ExposeSecret::expose_secret)
    };
    if !app.fields.iter().filter(|field| !field.is_secret()).all(is_same) {
        return None;
    }
    let mut values = BTreeMap::new();
    for field in description.fields {
        let of_app = app.fields.iter().find(|of_app| of_app.name == field.name);
        let value = of_app.map_or_else(|| before.of_field(field), |of_app| keys.of_field(of_app))?;
        values.insert(field.name.to_owned(), value.clone());
    }
    let credentials = description.credentials(values)?.with_tokens_of(&before);
    (!credentials.is_same(&before)).then(|| key.seal(&connection.store, &credentials))
}
