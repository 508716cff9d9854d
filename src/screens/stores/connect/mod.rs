//! `/stores/connect`: connects a store by signing in at its marketplace. Whoever comes here chooses the marketplace and the
//! country and goes to the marketplace's own page. [`back`] takes the way back, and [`permitted`] shows the shops that the
//! seller permitted, to be saved as stores.

pub mod back;
mod found;
pub mod permitted;
pub mod reconnect;

use crate::{
    actions::stores::ask_permission::{self, Begin},
    db::stores::apps,
    domain::{code::StoreCode, place::Country, stores::connection::ConnectorKind},
    marketplaces::{
        HttpClient,
        app::{App, Asked},
        registry,
        seal::SealError,
    },
    sync::access::Access,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, RadioOption, SelectOption},
        guard::let_forms_lead_to,
        origin,
        page::{Layout, ok, refused, see_other},
        secrets::{random_secret, sha256_hex},
        visit::Visit,
    },
};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use askama::Template;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConnectForm {
    marketplace: String,
    /// Its two letters.
    country: String,
}

#[derive(Template)]
#[template(path = "stores/connect.html")]
struct ConnectPage {
    page: Layout,
    marketplaces: Vec<RadioOption>,
    countries: Vec<SelectOption>,
    /// The kinds that are connected without signing in, each with how.
    others: Vec<(&'static str, &'static str)>,
    /// Whether no app is entered yet.
    has_no_app: bool,
    errors: FormErrors,
    /// Why the page that was asked for cannot be shown any more; empty if this one was.
    gone: String,
    /// What the server's settings lack to store credentials; empty for nothing.
    no_key: String,
    /// The origins of the marketplaces' pages.
    origins: Vec<String>,
}

impl ConnectPage {
    async fn load(visit: &Visit, form: &ConnectForm, errors: FormErrors) -> Result<Self, PageError> {
        let saved = visit.database().read(apps::all).await?;
        let mut marketplaces = Vec::new();
        let mut origins = Vec::new();
        let mut codes = BTreeSet::new();
        for description in registry::ALL {
            let kind = description.kind;
            let Some(app) = description.app() else { continue };
            let stored = saved.iter().find(|stored| stored.kind == kind);
            origins.extend(stored.map(|stored| app.origins(&stored.address)).unwrap_or_default());
            codes.extend(app.countries);
            let is_chosen = match form.marketplace.as_str() {
                "" => saved.first().is_some_and(|first| first.kind == kind),
                chosen => chosen == kind.as_str(),
            };
            let hint = if stored.is_none() { "Its app is not entered yet." } else { "" };
            marketplaces.push(RadioOption::new(kind.as_str(), kind.label(), hint, is_chosen));
        }
        let mut countries: Vec<Country> = codes.into_iter().filter_map(|code| Country::parse(code).ok()).collect();
        countries.sort_by_key(|country| country.name());
        let of_organization = Country::of_zone(visit.who.zone).map_or("", Country::code);
        let chosen = if form.country.is_empty() { of_organization } else { &form.country };
        let names = countries.into_iter().map(|country| (country.code().to_owned(), country.name()));
        let first = [(String::new(), "Choose a country".to_owned())].into_iter();
        let has_key = visit.state.settings.credentials_key.is_some();
        Ok(Self {
            page: visit.layout("stores"),
            marketplaces,
            countries: SelectOption::list(first.chain(names), chosen),
            others: registry::without_apps().collect(),
            has_no_app: saved.is_empty(),
            errors,
            gone: String::new(),
            no_key: if has_key { String::new() } else { SealError::NoKey.to_string() },
            origins,
        })
    }

    fn answer(&self) -> PageResult {
        let mut answer = if self.errors.is_empty() { ok(self)? } else { refused(self)? };
        let_forms_lead_to(&mut answer, &self.origins);
        Ok(answer)
    }
}

/// The page on which a store is connected, with why it was not.
pub(super) async fn refuse(visit: &Visit, form: &ConnectForm, errors: FormErrors) -> PageResult {
    ConnectPage::load(visit, form, errors).await?.answer()
}

pub async fn show(visit: Visit) -> PageResult {
    ConnectPage::load(&visit, &ConnectForm::default(), FormErrors::default()).await?.answer()
}

pub async fn begin(visit: Visit, req: HttpRequest, access: Data<Access>, form: Form<ConnectForm>) -> PageResult {
    let mut errors = FormErrors::default();
    let kind = registry::with_apps().find(|kind| kind.as_str() == form.marketplace);
    let kind = errors.keep("marketplace", kind.ok_or("Choose a marketplace."));
    let country = match form.country.trim() {
        "" => errors.keep("country", Err("Choose the country of the store.")),
        code => errors.keep("country", Country::parse(code)),
    };
    if let (Some(kind), Some(country)) = (kind, country) {
        errors.keep("country", sells_in(kind, country));
    }
    let app = match kind {
        Some(kind) => errors.keep("marketplace", open_app(&visit, kind, access.http()).await?),
        None => None,
    };
    let (Some(app), true) = (app, errors.is_empty()) else { return refuse(&visit, &form, errors).await };
    lead_to_marketplace(&visit, &req, &app, country, None).await
}

/// Checks that a marketplace has stores in a country.
fn sells_in(kind: ConnectorKind, country: Country) -> Result<(), String> {
    let app = registry::describe(kind).app().expect("it was found among those with apps");
    if app.countries.contains(&country.code()) {
        return Ok(());
    }
    let known = app.countries.iter().filter_map(|code| Country::parse(code).ok()).map(Country::name);
    let known: Vec<String> = known.collect();
    let label = kind.label();
    Err(format!("Choose another country: {label} has stores in {}, not in {}.", known.join(", "), country.name()))
}

/// Opens the app of a marketplace. Fails with what to do first.
async fn open_app(visit: &Visit, kind: ConnectorKind, http: &HttpClient) -> Result<Result<App, String>, PageError> {
    let Some(key) = &visit.state.settings.credentials_key else { return Ok(Err(SealError::NoKey.to_string())) };
    let Some(stored) = visit.database().read(move |conn| apps::find(conn, kind)).await? else {
        return Ok(Err(format!("Enter the {} app first: under Settings, Marketplaces.", kind.label())));
    };
    let description = registry::describe(kind).app().expect("only marketplaces with apps have one");
    let opened = key.open_app(kind, &stored.app_keys).map_err(|error| error.to_string());
    Ok(opened.map(|keys| App::new(description, keys, &stored.address, http)))
}

/// Begins, and answers with the way to the marketplace's own page.
async fn lead_to_marketplace(
    visit: &Visit,
    req: &HttpRequest,
    app: &App,
    country: Option<Country>,
    store: Option<StoreCode>,
) -> Result<HttpResponse, PageError> {
    let state = random_secret();
    let kind = app.kind();
    let begin =
        Begin { state_hash: sha256_hex(&state), session_hash: visit.who.key_hash.clone(), kind, country, store };
    let now = visit.state.clock.now();
    visit.database().write(move |conn| ask_permission::begin(conn, begin.clone(), now)).await?;
    let redirect = format!("{}/connect/{}", origin::address(req), kind.as_str());
    Ok(see_other(&app.page(&Asked { redirect: &redirect, state: &state, country }, now)))
}
