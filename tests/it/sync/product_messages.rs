//! Messages about products: what a store lists is read again soon, and not for each of them.

use super::pulling::open_with_messages_of;
use crate::{
    scene::{at, read, store_code},
    seller::Seller,
};
use chrono::TimeDelta;
use flashsale::{
    db::stores::{
        fetches::{self, BETWEEN, EVERY, Fetch},
        permissions,
    },
    domain::{moment::Moment, stores::found::FetchPhase},
    marketplaces::{hooks::Hooks, lazada, registry},
    sync::messages::{self, Said},
};

const CREATED: &str = r#"{"event":"onProductCreated","payload":{"SellerSkus":["new"]}}"#;

/// A store whose list was read at this time.
fn listed(seller: &Seller, store: &str, finished: Moment) {
    seller.app.write(|conn| {
        fetches::ask(conn, &store_code(store), finished).expect("asked");
        let fetch = fetches::lock(conn, &store_code(store)).expect("a read").expect("it was asked");
        let due_at = finished.plus(EVERY);
        fetches::update(conn, &Fetch { phase: FetchPhase::Done, finished_at: Some(finished), due_at, ..fetch })
            .expect("a write");
    });
}

fn due_at(seller: &Seller, store: &str) -> Moment {
    read(&seller.app.database, |conn| fetches::find(conn, &store_code(store))).expect("it was read").due_at
}

#[test]
fn a_new_product_at_zalora_has_its_list_read_soon_and_not_at_once_again() {
    let (seller, _) = open_with_messages_of(1);
    let path = format!("/hook/zalora/zalora-sg/{}", seller.key.hook_secret(&store_code("zalora-sg")));
    let created = || seller.app.browser().post_body(&path, "application/json", CREATED.as_bytes()).status;
    let now = seller.app.now();
    for (finished, due) in [
        (now.plus(-TimeDelta::hours(1)), now),
        (now.plus(-TimeDelta::minutes(1)), now.plus(BETWEEN - TimeDelta::minutes(1))),
    ] {
        listed(&seller, "zalora-sg", finished);
        assert_eq!(created(), 200);
        assert_eq!(created(), 200);
        assert_eq!(due_at(&seller, "zalora-sg"), due);
    }
}

#[test]
fn a_message_about_a_product_at_lazada_is_for_the_store_of_its_shop() {
    let (seller, _) = open_with_messages_of(1);
    let hooks = match registry::describe(lazada::KIND).pulling.as_ref().map(|of| &of.hooks) {
        Some(Hooks::OfApp(hooks)) => *hooks,
        _ => panic!("Lazada sends messages to an app"),
    };
    let permission = read(&seller.app.database, |conn| permissions::of(conn, &store_code("lazada-sg")));
    let shop = permission.shop.expect("a shop");
    let (country, number) = shop.split_once('-').expect("a country and a number");
    listed(&seller, "lazada-sg", at(-3_600));
    for (kind, is_of_products) in [(0, false), (3, true), (5, true), (6, false)] {
        let body = format!(
            r#"{{"seller_id":"{number}","message_type":{kind},"data":{{"item_id":"1"}},"timestamp":1,"site":"lazada_{}"}}"#,
            country.to_lowercase()
        );
        let said = Said::read(hooks, body.as_bytes());
        assert_eq!(said.is_some(), is_of_products, "{kind}");
        if let Some(said) = said {
            let now = seller.app.now();
            seller.app.write(|conn| messages::note(conn, lazada::KIND, &said, Some(&seller.key), now).expect("noted"));
            assert_eq!(due_at(&seller, "lazada-sg"), now, "{kind}");
        }
    }
}
