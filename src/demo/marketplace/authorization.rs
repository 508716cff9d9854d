//! The pages on which sellers sign in at a simulated marketplace and give an app permission, or do not, and the exchange of
//! the codes that they are sent back with. What differs between the marketplaces is in the folder `registry`.

use super::{
    call::Call,
    registry,
    shop::{App, World},
    simulation::Marketplace,
};
use crate::{
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::Credentials,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use askama::Template;
use std::collections::BTreeSet;
use url::Url;

pub(super) trait AsksSellers: Sync {
    /// The marketplace. It is the kind of the simulated one, under another name because a type has both traits.
    fn asks_for(&self) -> ConnectorKind;

    /// The path of the page.
    fn page_path(&self) -> &'static str;

    /// The path of the exchange of codes.
    fn exchange_path(&self) -> &'static str;

    fn new_app(&self) -> Credentials;

    /// The address that the seller is sent back to, with what has to come back. Fails with the words of an error page: the
    /// seller is sent nowhere.
    fn asked(&self, app: &App, call: &Call, now: Moment) -> Result<Url, String>;

    /// Adds what a seller of these shops is sent back with.
    fn sent_back(&self, world: &World, shops: &[String], code: &str, to: &mut Url);

    /// Answers a code with tokens for the shops of its account.
    fn exchange(&self, world: &mut World, call: &Call, now: Moment) -> HttpResponse;
}

/// Whether an address is among those that the app has registered.
pub(super) fn is_registered(app: &App, redirect: &str) -> bool {
    app.redirect.as_ref().is_none_or(|registered| redirect.starts_with(registered.as_str()))
}

#[derive(Template)]
#[template(path = "demo/authorize.html")]
struct Page {
    marketplace: &'static str,
    /// The path of the page, and what it was asked with.
    path: &'static str,
    asked: Vec<(String, String)>,
    accounts: Vec<Account>,
    /// Why nobody can be asked; empty if somebody can.
    error: String,
}

struct Account {
    name: String,
    /// Its shops: "Demo Outlet (MY)".
    shops: String,
}

fn read(asking: &dyn AsksSellers, world: &World, call: &Call, now: Moment) -> Result<Url, String> {
    let app = world.apps.get(asking.asks_for().as_str()).ok_or("There is no app with this id.")?;
    asking.asked(app, call, now)
}

fn accounts(asking: &dyn AsksSellers, world: &World) -> Vec<Account> {
    let kind = asking.asks_for();
    let names: BTreeSet<&String> =
        world.shops.values().filter(|shop| shop.kind == kind).map(|shop| &shop.account).collect();
    let mut accounts = Vec::new();
    for name in names {
        let mut shops = Vec::new();
        for code in world.shops_of(kind, name) {
            let shop = &world.shops[&code];
            shops.push(format!("{} ({})", shop.name(&code), shop.country));
        }
        accounts.push(Account { name: name.clone(), shops: shops.join(", ") });
    }
    accounts
}

fn page(asking: &dyn AsksSellers, call: &Call, accounts: Vec<Account>, error: String) -> HttpResponse {
    let mut asked: Vec<(String, String)> = call.parameters.clone().into_iter().collect();
    asked.retain(|(name, _)| name != "account" && name != "answer");
    let mut response = if error.is_empty() { HttpResponse::Ok() } else { HttpResponse::BadRequest() };
    let page = Page { marketplace: asking.asks_for().label(), path: asking.page_path(), asked, accounts, error };
    match page.render() {
        Ok(html) => response.content_type("text/html; charset=utf-8").body(html),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

/// The page that asks, and with an answer the way back to where the seller came from.
pub(super) async fn ask(request: HttpRequest, marketplace: Data<Marketplace>) -> HttpResponse {
    let call = Call::read(&request, Bytes::new());
    let Some(asking) = registry::ASKING.iter().copied().find(|asking| asking.page_path() == call.path) else {
        return HttpResponse::NotFound().finish();
    };
    let mut world = marketplace.world();
    let now = marketplace.now();
    let mut to = match read(asking, &world, &call, now) {
        Ok(to) => to,
        Err(error) => return page(asking, &call, Vec::new(), error),
    };
    let account = call.parameter("account");
    let shops = world.shops_of(asking.asks_for(), account);
    match call.parameter("answer") {
        "allow" if !shops.is_empty() => {
            let code = world.new_code(asking.asks_for(), account, now).expect("the app was found just now");
            asking.sent_back(&world, &shops, &code, &mut to);
        }
        // A guess: OAuth 2.0 has this word, and no document of the marketplaces has another.
        "deny" => drop(to.query_pairs_mut().append_pair("error", "access_denied")),
        _ => return page(asking, &call, accounts(asking, &world), String::new()),
    }
    HttpResponse::SeeOther().insert_header((header::LOCATION, to.to_string())).finish()
}

/// Answers a call that exchanges a code; `None` for any other call.
pub(super) fn exchange(marketplace: &Marketplace, call: &Call) -> Option<HttpResponse> {
    let asking = registry::ASKING.iter().find(|asking| asking.exchange_path() == call.path)?;
    Some(asking.exchange(&mut marketplace.world(), call, marketplace.now()))
}
