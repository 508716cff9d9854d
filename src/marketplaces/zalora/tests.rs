//! The requests of a push, against a server that answers as the documents say.

use super::KIND;
use crate::{
    domain::{
        code::{SkuCode, StoreCode},
        stores::failure::Failure,
    },
    marketplaces::{
        Connector, Credentials, Endpoint, FailureClass, HttpClient, Target,
        answering::{Answering, push},
        credentials::Token,
        registry,
    },
};
use actix_web::rt::System;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
struct Product {
    set: u64,
    quantity: i64,
    reserved: i64,
    consigned: i64,
    shipment_type: i64,
    /// Whether a change of it is ignored.
    is_fixed: bool,
    /// What is said instead of its stock and in the list of products.
    shape: Option<&'static str>,
}

impl Product {
    fn stock(&self, id: u64) -> Value {
        if let Some(shape) = self.shape {
            return serde_json::from_str(shape).expect("JSON");
        }
        let available = self.quantity + self.consigned - self.reserved;
        json!({
            "shopSku": null, "sellerSku": format!("z-{id}"), "name": "Shoe", "quantity": self.quantity,
            "reservedStock": self.reserved, "preVerificationStock": 0, "available": available, "consignments": null,
            "sellableStock": self.consigned, "nonSellableStock": 0, "warehouses": [],
        })
    }
}

struct Shop {
    server: Answering,
    products: Arc<Mutex<BTreeMap<u64, Product>>>,
}

impl Shop {
    fn of<const N: usize>(products: [(u64, Product); N]) -> Self {
        let products = Arc::new(Mutex::new(BTreeMap::from(products)));
        let shown = products.clone();
        let server =
            Answering::start(move |request| answer(&mut shown.lock().expect("products"), &request.line, &request.body));
        Self { server, products }
    }

    fn connector(&self) -> Connector {
        let credentials = credentials().with_tokens(Some(Token::entered("token".into())), None);
        connector(&self.server, credentials)
    }

    fn push(&self, targets: &[Target]) -> Vec<Result<i64, Failure>> {
        push(&self.connector(), targets).into_iter().map(|answer| answer.result).collect()
    }

    /// The requests since the last call, without their queries.
    fn requests(&self) -> Vec<String> {
        let requests = self.server.take().into_iter();
        requests.map(|request| request.line.split('?').next().unwrap_or_default().to_owned()).collect()
    }

    fn quantity(&self, id: u64) -> i64 {
        self.products.lock().expect("products")[&id].quantity
    }
}

fn credentials() -> Credentials {
    let values = [("client_id".to_owned(), "app".into()), ("client_secret".to_owned(), "s3cret".into())].into();
    registry::describe(KIND).credentials(values).expect("all fields")
}

fn connector(server: &Answering, credentials: Credentials) -> Connector {
    let store = StoreCode::parse("shop").expect("a code");
    let endpoint = Endpoint { store: &store, kind: KIND, api_url: &server.address, warehouse: None };
    Connector::new(endpoint, credentials, &HttpClient::default(), None).expect("a connection")
}

fn answer(products: &mut BTreeMap<u64, Product>, line: &str, body: &[u8]) -> (u16, String) {
    let missing = || (404, json!({ "title": "Entity not found", "status": 404 }).to_string());
    let id = |path: &str| path.parse::<u64>().expect("an id");
    if line.starts_with("PUT /v2/stock/product") {
        let rows: Vec<Value> = serde_json::from_slice(body).expect("rows");
        let mut ignored = Vec::new();
        for row in rows {
            let id = row["productId"].as_u64().expect("an id");
            match products.get_mut(&id).filter(|product| !product.is_fixed) {
                Some(product) => product.quantity = row["quantity"].as_i64().expect("a quantity"),
                None => ignored.push(row),
            }
        }
        return (200, Value::from(ignored).to_string());
    }
    if let Some(query) = line.strip_prefix("GET /v2/products?") {
        let ids = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
            assert_eq!(name, "productIds[]");
            id(&value)
        });
        let listed = ids.filter_map(|id| Some((id, products.get(&id)?))).map(|(id, product)| {
            if product.shape.is_some() {
                return product.stock(id);
            }
            json!({
                "id": id, "sellerSku": format!("z-{id}"), "productSetId": product.set,
                "shipmentTypeId": product.shipment_type,
            })
        });
        return (200, Value::from(listed.collect::<Vec<_>>()).to_string());
    }
    if let Some(set) = line.strip_prefix("GET /v2/stock/product-set/") {
        let of_set = products.iter().filter(|(_, product)| product.set == id(set));
        return (200, Value::from(of_set.map(|(id, product)| product.stock(*id)).collect::<Vec<_>>()).to_string());
    }
    let Some(product) = line.strip_prefix("GET /v2/stock/product/").map(id) else { return missing() };
    products.get(&product).map_or_else(missing, |found| (200, found.stock(product).to_string()))
}

fn target(id: u64, quantity: i64) -> Target {
    Target {
        sku: SkuCode::parse(&format!("SKU-{id}")).ok(),
        seller_sku: format!("our-{id}"),
        item_id: Some(id.to_string()),
        variant_id: None,
        quantity,
        at_most: Some(100),
        sequence: 1,
        seen: None,
    }
}

fn dropshipped(set: u64, quantity: i64) -> Product {
    Product { set, quantity, shipment_type: 2, ..Product::default() }
}

#[test]
fn reserved_units_are_added_and_what_buyers_see_is_acknowledged() {
    let shop = Shop::of([(1, Product { reserved: 6, ..dropshipped(7, 99) })]);
    assert_eq!(shop.push(&[target(1, 20)]), [Ok(20)]);
    assert_eq!(shop.quantity(1), 26);
    let read = "GET /v2/stock/product/1";
    assert_eq!(shop.requests(), [read, "PUT /v2/stock/product", read]);
    let shown = Target { at_most: Some(20), ..target(1, 20) };
    assert_eq!(shop.push(&[shown]), [Ok(20)]);
    assert_eq!(shop.requests(), [read], "what is shown already is not written");
    assert_eq!(shop.push(&[target(1, 20)]), [Ok(20)]);
    assert_eq!(shop.requests().len(), 3, "unless an earlier request for more may still arrive");
}

#[test]
fn a_batch_is_read_by_set_and_not_by_row() {
    let mut products = BTreeMap::new();
    for id in 1..=100_u64 {
        products.insert(id, dropshipped(id.div_ceil(10), 100));
    }
    let shop = Shop::of([]);
    *shop.products.lock().expect("products") = products;
    let targets: Vec<Target> = (1..=100).map(|id| target(id, 40)).collect();
    assert!(shop.push(&targets).iter().all(|shown| *shown == Ok(40)));
    let requests = shop.requests();
    assert_eq!(requests.len(), 1 + 10 + 1 + 10, "{requests:?}");
    assert_eq!(requests[0], "GET /v2/products");
    assert_eq!(requests.iter().filter(|request| request.starts_with("GET /v2/stock/product-set/")).count(), 20);
}

#[test]
fn a_product_that_is_ignored_is_a_failure_that_names_both_quantities_and_the_others_are_set() {
    let fixed = Product { is_fixed: true, ..dropshipped(7, 99) };
    let in_warehouse = Product { shipment_type: 1, ..fixed.clone() };
    let consigned = Product { consigned: 5, quantity: 0, ..fixed.clone() };
    let shop =
        Shop::of([(1, dropshipped(7, 99)), (2, fixed), (3, in_warehouse), (4, consigned), (5, dropshipped(8, 99))]);
    let targets = [target(1, 20), target(2, 20), target(3, 20), target(4, 20), target(5, 20), target(6, 20)];
    let shown = shop.push(&targets);
    let classes: Vec<_> = shown.iter().map(|shown| shown.as_ref().copied().map_err(|failure| failure.class)).collect();
    let not_writable = Err(FailureClass::NotWritable);
    let mapping = Err(FailureClass::Mapping);
    assert_eq!(classes, [Ok(20), mapping, not_writable, not_writable, Ok(20), mapping]);
    let message = |index: usize| shown[index].as_ref().expect_err("a failure").message.clone();
    assert_eq!(message(1), "Zalora shows 99 after 20 were sent: it ignored this product.");
    assert!(message(2).starts_with("Zalora shows 99 after 20 were sent: it sells this product from its own"));
    assert!(shown[1].as_ref().is_err_and(|failure| failure.may_have_arrived), "the quantity may be shown later");
    assert_eq!([1, 2, 5].map(|id| shop.quantity(id)), [20, 99, 20]);
}

#[test]
fn a_product_of_an_unexpected_shape_fails_alone() {
    for shape in ["null", "7", "\"text\"", "[7]", r#"{"quantity":[],"available":{}}"#] {
        let odd = Product { shape: Some(shape), ..dropshipped(7, 99) };
        let shop = Shop::of([(1, dropshipped(7, 99)), (2, odd), (3, dropshipped(7, 99)), (4, dropshipped(8, 99))]);
        let targets = [target(1, 20), target(2, 20), target(3, 20), target(4, 20)];
        let shown = shop.push(&targets);
        let classes: Vec<_> =
            shown.iter().map(|shown| shown.as_ref().copied().map_err(|failure| failure.class)).collect();
        assert_eq!(classes, [Ok(20), Err(FailureClass::Temporary), Ok(20), Ok(20)], "{shape}");
    }
}

#[test]
fn a_product_alone_is_explained_as_well() {
    let shop = Shop::of([(3, Product { shipment_type: 1, is_fixed: true, ..dropshipped(7, 99) })]);
    let failure = shop.push(&[target(3, 20)]).remove(0).expect_err("ignored");
    assert_eq!(failure.class, FailureClass::NotWritable, "{failure}");
}

/// The answer to a write in each of the two readings, and as nothing that can be read.
#[test]
fn no_list_in_the_answer_to_a_write_acknowledges_anything() {
    for said in [r#"[{"productId":1,"quantity":20}]"#, "[]", "{}", "<html></html>", ""] {
        let server = Answering::start(move |request| match request.line.starts_with("PUT") {
            true => (200, said.to_owned()),
            false => (200, dropshipped(7, 99).stock(1).to_string()),
        });
        let credentials = credentials().with_tokens(Some(Token::entered("token".into())), None);
        let shown = push(&connector(&server, credentials), &[target(1, 20)]).remove(0).result;
        assert_ne!(shown, Ok(20), "{said}: {shown:?}");
    }
}

#[test]
fn an_answer_without_what_is_available_acknowledges_nothing() {
    for stock in [
        r#"{"quantity":20}"#,
        r#"{"quantity":20,"available":null}"#,
        r#"{"quantity":20,"available":"many"}"#,
        r#"{"available":20}"#,
        "[]",
    ] {
        let server = Answering::start(move |_| (200, stock.to_owned()));
        let credentials = credentials().with_tokens(Some(Token::entered("token".into())), None);
        let failure = push(&connector(&server, credentials), &[target(1, 20)]).remove(0).result.expect_err(stock);
        assert_eq!(failure.class, FailureClass::Temporary, "{stock}");
    }
}

#[test]
fn a_product_of_another_seller_is_a_mapping_problem_and_a_missing_permission_is_one_of_the_store() {
    for (settings, class) in [(200, FailureClass::Mapping), (403, FailureClass::PermissionEnded)] {
        let denied = json!({ "title": "Access Denied", "status": 403 }).to_string();
        let server = Answering::start(move |request| {
            let is_settings = request.line.ends_with("/v2/seller-settings");
            (if is_settings { settings } else { 403 }, denied.clone())
        });
        let credentials = credentials().with_tokens(Some(Token::entered("token".into())), None);
        let failure = push(&connector(&server, credentials), &[target(1, 20)]).remove(0).result.expect_err("denied");
        assert_eq!(failure.class, class, "{failure}");
    }
}

#[test]
fn the_token_is_fetched_with_basic_as_the_documents_say() {
    let server = Answering::start(|_| (200, r#"{"access_token":"new","expires_in":3600}"#.to_owned()));
    let refreshed = System::new().block_on(connector(&server, credentials()).refresh()).expect("a token");
    assert!(refreshed.access().is_some_and(|token| token.expires_at.is_some()));
    let request = server.take().remove(0);
    assert_eq!(request.line, "POST /oauth/client-credentials");
    assert_eq!(request.headers["authorization"], "Basic YXBwOnMzY3JldA==");
    assert_eq!(request.body, b"grant_type=client_credentials");
}
