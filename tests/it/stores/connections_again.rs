//! Asking a seller for permission again: what stays, what is replaced, and when staff are told that it is time.

use super::connecting::Seller;
use crate::{
    scene::{add_sku, add_store_in, at, read, sku_code, store_code},
    support::Page,
};
use actix_web::rt::System;
use chrono::TimeDelta;
use flashsale::{
    db::stores::{
        authorizations,
        connections::{self, Connection, PROGRAM},
        listings,
        permissions::Permission,
    },
    domain::{
        moment::Moment,
        stores::failure::{Failure, FailureClass},
    },
    jobs::forget_permissions,
    marketplaces::{Credentials, registry, shopee},
};
use secrecy::ExposeSecret;

const RECONNECT: &str = "form[action='/stores/lazada-my/reconnect']";

/// Connects the shop of an account as the store with the code that is filled in.
fn connect(seller: &mut Seller, kind: &str, country: &str, account: &str) {
    let saved = seller.permit(kind, country, account).submit(&[]);
    assert_eq!(saved.status, 303, "{}", saved.text());
}

/// Presses Reconnect on the page of a store, and allows it as `account`.
fn reconnect(seller: &mut Seller, store: &str, account: &str) -> Page {
    let page = seller.browser.get(&format!("/stores/{store}"));
    let begun = page.submit_form(&format!("form[action='/stores/{store}/reconnect']"), &[]);
    let asked = seller.to_marketplace(&begun);
    let back = seller.answer(&asked, account, "allow");
    seller.browser.get(&back)
}

fn words(page: &Page) -> String {
    assert_eq!(page.status, 422, "{}", page.text());
    page.all(".error-summary li").join(" ")
}

#[test]
fn a_store_is_connected_again_with_one_press_and_keeps_its_listings() {
    let mut seller = Seller::open();
    connect(&mut seller, "lazada", "MY", "nordic@seller.example");
    seller.test_and_resume("lazada-my");
    add_sku(&seller.app.database, "MUG", "Mug", 10, &["lazada-my"]);
    let mug = |seller: &Seller| {
        let found = read(&seller.app.database, |conn| listings::find(conn, &sku_code("MUG"), &store_code("lazada-my")));
        format!("{:?}", found.expect("a listing"))
    };
    let listed = mug(&seller);
    let before = seller.credentials("lazada-my");
    assert_eq!(seller.browser.get("/stores/lazada-my").all(&format!("{RECONNECT} button")), ["Reconnect"]);
    seller.advance_days(170);
    let back = reconnect(&mut seller, "lazada-my", "nordic@seller.example");
    assert_eq!(back.location.as_deref(), Some("/stores/lazada-my?notice=tested"), "{}", back.text());
    let after = seller.credentials("lazada-my");
    assert!(!after.is_same(&before) && after.is_same(&seller.marketplaces.marketplace.credentials("nordic").unwrap()));
    assert_eq!(seller.permission("lazada-my").permission_ends_at, Some(seller.app.now().plus(TimeDelta::days(180))));
    let connection = seller.connection("lazada-my").expect("a connection");
    assert!(connection.paused_at.is_none() && connection.tested_at.is_some(), "it is the same shop: pushing goes on");
    assert_eq!(mug(&seller), listed);
}

#[test]
fn the_permission_of_another_shop_replaces_nothing() {
    let mut seller = Seller::open();
    connect(&mut seller, "lazada", "MY", "nordic@seller.example");
    connect(&mut seller, "shopee", "ID", "tea@seller.example");
    let before = [seller.credentials("lazada-my"), seller.credentials("shopee-id")];
    let other = reconnect(&mut seller, "lazada-my", "border@seller.example");
    assert!(
        words(&other).contains("Nordic Home was not changed: the permission is for Borderless"),
        "{}",
        other.text()
    );
    assert_eq!(other.all("h1"), ["Nordic Home"], "on the page with the button");
    let page = seller.browser.get("/stores/lazada-my").submit_form(RECONNECT, &[]);
    let asked = seller.to_marketplace(&page);
    let back = seller.answer(&asked, "", "deny");
    let denied = seller.browser.get(&back);
    assert!(words(&denied).contains("the permission was not given at Lazada"), "{}", denied.text());
    assert_eq!(denied.all("h1"), ["Nordic Home"]);
    let other = reconnect(&mut seller, "shopee-id", "main@seller.example");
    assert!(words(&other).contains("and Tea House is connected to another shop"), "{}", other.text());
    assert!(seller.credentials("lazada-my").is_same(&before[0]) && seller.credentials("shopee-id").is_same(&before[1]));
}

#[test]
fn a_shop_that_another_store_has_is_not_connected_a_second_time() {
    let mut seller = Seller::open();
    connect(&mut seller, "lazada", "MY", "nordic@seller.example");
    let back = seller.permit("lazada", "MY", "nordic@seller.example");
    assert!(back.text().contains("Nordic Home is already connected to the store Nordic Home"), "{}", back.text());
    // The marketplace accepts the tokens of before no longer: the store has the new ones.
    let valid = seller.marketplaces.marketplace.credentials("nordic").expect("a shop");
    assert!(seller.credentials("lazada-my").is_same(&valid));
    seller.test_and_resume("lazada-my");
    seller.permit("lazada", "MY", "nordic@seller.example");
    let renewed = seller.connection("lazada-my").expect("a connection");
    assert!(renewed.paused_at.is_none() && renewed.tested_at.is_some(), "it is the same shop");
    // Two at once: the page of the second was open before the first was saved.
    let first = seller.permit("shopee", "ID", "tea@seller.example");
    let second = seller.permit("shopee", "ID", "tea@seller.example");
    assert_eq!(first.submit(&[]).status, 303);
    let refused = second.submit(&[("code-1", "tea"), ("name-1", "Tea")]);
    assert!(words(&refused).contains("Tick at least one shop") || words(&refused).contains("already connected"));
    assert!(seller.connection("tea").is_none());
    // A store that is not connected yet is not given the shop of another either.
    add_store_in(&seller.app.database, "spare", "Spare", "Asia/Kuala_Lumpur");
    let page = seller.browser.get("/stores/spare");
    let begun = page.submit_form("form[action='/stores/spare/reconnect']", &[]);
    let asked = seller.to_marketplace(&begun);
    let back = seller.answer(&asked, "nordic@seller.example", "allow");
    let refused = seller.browser.get(&back);
    assert!(words(&refused).contains("already connected to the store Nordic Home"), "{}", refused.text());
    assert!(seller.connection("spare").is_none());
}

#[test]
fn a_store_that_was_added_by_hand_is_connected_to_the_shop_that_is_chosen() {
    let mut seller = Seller::open();
    add_store_in(&seller.app.database, "spare", "Spare", "Asia/Singapore");
    let page = seller.browser.get("/stores/spare");
    let begun = page.submit_form("form[action='/stores/spare/reconnect']", &[]);
    let asked = seller.to_marketplace(&begun);
    let back = seller.answer(&asked, "border@seller.example", "allow");
    let choose = seller.browser.get(&back).follow();
    assert_eq!(choose.all("input[type=radio]").len(), 2, "{}", choose.text());
    let nothing = choose.submit(&[("shop", "7")]);
    assert!(words(&nothing).contains("Choose a shop"), "{}", nothing.text());
    let saved = choose.submit(&[("shop", "2")]);
    assert_eq!(saved.location.as_deref(), Some("/stores/spare?notice=tested"), "{}", saved.text());
    assert!(seller.permission("spare").shop.is_some_and(|shop| shop.starts_with("VN-")));
}

#[test]
fn a_new_permission_of_a_cross_border_seller_counts_for_all_sites_that_are_connected() {
    let mut seller = Seller::open();
    let permitted = seller.permit("lazada", "SG", "border@seller.example");
    assert_eq!(permitted.status, 200);
    connect(&mut seller, "lazada", "SG", "border@seller.example");
    let before = seller.permission("lazada-vn").shared;
    let back = reconnect(&mut seller, "lazada-sg", "border@seller.example");
    assert_eq!(back.location.as_deref(), Some("/stores/lazada-sg?notice=tested"), "{}", back.text());
    let valid = seller.marketplaces.marketplace.credentials("cb-vn").expect("a shop");
    for code in ["lazada-sg", "lazada-vn"] {
        assert!(seller.credentials(code).is_same(&valid), "{code}");
    }
    let [singapore, vietnam] = ["lazada-sg", "lazada-vn"].map(|code| seller.permission(code).shared);
    assert!(singapore.is_some() && singapore == vietnam && vietnam != before, "they are renewed together");
}

#[test]
fn tokens_that_were_pasted_are_replaced_by_a_permission_of_the_same_shop() {
    let mut seller = Seller::open();
    connect(&mut seller, "shopee", "ID", "tea@seller.example");
    let kept = seller.credentials("shopee-id");
    // The same typed by hand: what was known of the permission is not known any more.
    let page = seller.browser.get("/stores/shopee-id/connection");
    let access = kept.access().expect("a token").secret.expose_secret().to_owned();
    let saved = page.submit(&[("access_token", &access), ("refresh_token", "typed")]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    let shop = kept.id("shop_id").to_owned();
    assert_eq!(seller.permission("shopee-id"), Permission { shop: Some(shop), ..Permission::default() });
    let other = reconnect(&mut seller, "shopee-id", "main@seller.example");
    assert!(words(&other).contains("connected to another shop"), "the shop is among the credentials: {}", other.text());
    let back = reconnect(&mut seller, "shopee-id", "tea@seller.example");
    assert_eq!(back.location.as_deref(), Some("/stores/shopee-id?notice=tested"), "{}", back.text());
    assert_eq!(seller.credentials("shopee-id").kind(), shopee::KIND);
}

#[test]
fn a_permission_that_ends_within_a_month_is_on_the_dashboard_with_a_button() {
    let mut seller = Seller::open();
    connect(&mut seller, "lazada", "MY", "nordic@seller.example");
    seller.advance_days(149);
    assert_eq!(seller.browser.get("/").all("#permissions"), [""; 0]);
    seller.advance_days(2);
    let dashboard = seller.browser.get("/");
    assert_eq!(dashboard.all("#permissions"), ["Permissions ending"]);
    assert_eq!(dashboard.cell("Nordic Home", "State"), "Ends in 29 days");
    assert_eq!(dashboard.all(&format!("main {RECONNECT} button")), ["Reconnect"]);
    let policy = dashboard.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.contains(&seller.marketplaces.address), "{policy}");
    let page = seller.browser.get("/stores/lazada-my");
    assert!(page.text().contains("The permission of the seller ends in 29 days"), "{}", page.text());
    let begun = dashboard.submit_form(RECONNECT, &[]);
    assert_eq!(seller.to_marketplace(&begun).status, 200);
    seller.advance_days(30);
    assert_eq!(seller.browser.get("/").cell("Nordic Home", "State"), "Ended");
    let back = reconnect(&mut seller, "lazada-my", "nordic@seller.example");
    assert_eq!(back.status, 303, "{}", back.text());
    assert_eq!(seller.browser.get("/").all("#permissions"), [""; 0]);
}

#[test]
fn new_keys_of_an_app_are_given_to_its_stores() {
    let mut seller = Seller::open();
    connect(&mut seller, "shopee", "ID", "tea@seller.example");
    connect(&mut seller, "lazada", "MY", "nordic@seller.example");
    seller.test_and_resume("shopee-id");
    let lazada = seller.credentials("lazada-my");
    let before = seller.credentials("shopee-id");
    // The marketplace refuses the old key.
    seller.app.write(|conn| {
        let mut connection = connections::lock(conn, &store_code("shopee-id")).expect("a read").expect("connected");
        connection.note_problem(&Failure::new(FailureClass::Credentials, "Your API partner key has expired."));
        connection.pause(at(0), PROGRAM.to_owned(), "Its credentials were refused".to_owned());
        connections::update(conn, &connection).expect("paused");
    });
    let save = |seller: &mut Seller, typed: &[(&str, &str)]| {
        let page = seller.browser.get("/settings/marketplaces");
        page.submit_form("section[aria-labelledby=shopee] form", typed)
    };
    let saved = save(&mut seller, &[("shopee_partner_key", "a new key")]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    let text = saved.follow().text();
    assert!(text.contains("The Shopee app is saved. Its new keys were given to 1 store."), "{text}");
    let after = seller.credentials("shopee-id");
    let values = |of: &Credentials| ["partner_id", "partner_key", "shop_id"].map(|name| of.id(name).to_owned());
    let [id, _, shop] = values(&before);
    assert_eq!(values(&after), [id.clone(), "a new key".to_owned(), shop]);
    assert!(after.is_same(&after.clone().with_tokens_of(&before)), "the tokens stay");
    let connection = seller.connection("shopee-id").expect("a connection");
    assert_eq!((connection.paused_at, connection.problem), (None, None), "what was refused is tried with the new key");
    assert!(connection.tested_at.is_some() && seller.permission("shopee-id").shop.is_some());
    assert!(seller.credentials("lazada-my").is_same(&lazada));

    // While the access is renewed, its new tokens are for the old key.
    let renewed_until = |seller: &Seller, until: Option<Moment>| {
        seller.app.write(|conn| {
            let connection = connections::lock(conn, &store_code("shopee-id")).expect("a read").expect("connected");
            connections::update(conn, &Connection { renewed_until: until, ..connection }).expect("a write");
        });
    };
    renewed_until(&seller, Some(seller.app.now().plus(TimeDelta::seconds(30))));
    let refused = save(&mut seller, &[("shopee_partner_key", "another key")]);
    assert!(words(&refused).contains("The access to the store shopee-id is just being renewed"), "{}", refused.text());
    renewed_until(&seller, None);
    let unchanged = save(&mut seller, &[]).follow().text();
    assert!(unchanged.contains("The Shopee app is saved. Now connect a store."), "{unchanged}");
    let other = save(&mut seller, &[("shopee_partner_id", "77"), ("shopee_partner_key", "of another app")]);
    assert_eq!(other.status, 303, "{}", other.text());
    assert!(seller.credentials("shopee-id").is_same(&after));
}

#[test]
fn what_was_permitted_and_not_saved_is_deleted_after_an_hour() {
    let mut seller = Seller::open();
    let page = seller.permit("shopee", "ID", "tea@seller.example");
    let hash = page.path.rsplit('/').next().expect("a path").to_owned();
    seller.begin("lazada", "MY");
    let clean_up = |seller: &Seller| {
        let cleaned_up = forget_permissions::run_once(&seller.app.database, seller.app.now());
        System::new().block_on(cleaned_up).expect("no database error")
    };
    let granted = |seller: &Seller| read(&seller.app.database, |conn| authorizations::find(conn, &hash));
    assert_eq!(clean_up(&seller), 0);
    assert!(granted(&seller).is_some_and(|found| found.granted.is_some()));
    seller.app.advance(TimeDelta::hours(1));
    assert_eq!(clean_up(&seller), 1);
    assert!(granted(&seller).is_none());
    // Who comes back too late from the marketplace is told so for a day.
    seller.app.advance(TimeDelta::hours(25));
    assert_eq!((clean_up(&seller), clean_up(&seller)), (1, 0));
}

#[test]
fn without_an_app_nobody_is_asked() {
    let mut seller = Seller::open();
    add_store_in(&seller.app.database, "spare", "Spare", "Asia/Singapore");
    let saved = seller.browser.get("/stores/spare/connection?kind=file").submit(&[]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    assert_eq!(seller.browser.get("/stores/spare").all("form[action$='/reconnect']").len(), 0, "a file has no seller");
    let refused = seller.browser.get("/stores/spare");
    let token = refused.attribute("main form input[name=csrf_token], header input[name=csrf_token]", "value");
    let token = token.expect("a token");
    let refused = seller.browser.post("/stores/spare/reconnect", &[("csrf_token", &token)]);
    assert!(words(&refused).contains("asks no seller for permission"), "{}", refused.text());
    assert!(registry::with_apps().count() == 2);
}
