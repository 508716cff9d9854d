//! Orders of a shop, sent through the API into running flash sales, and sent again. What the program says of them is
//! held against a count of the files themselves, by code that shares nothing with the program.
//!
//! `FLASHSALE_TEST_REPLAY_DIR` names another folder with a `catalogue.csv` and files `orders-*.csv`.

use crate::{
    api::client::{Api, JSON},
    scene::assert_verified,
    support::TestApp,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

/// Orders that are sent in one call.
const TOGETHER: usize = 100;

/// Products of one flash sale.
const PRODUCTS: usize = 500;

/// A SKU as the catalogue has it.
struct Sku {
    code: String,
    name: String,
    on_hand: i64,
    stores: Vec<String>,
}

/// An order as the files have it.
struct Order {
    store: String,
    number: String,
    lines: Vec<Line>,
}

struct Line {
    sku: String,
    quantity: i64,
    price_minor: Option<i64>,
}

/// What all orders add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Totals {
    orders: usize,
    units: i64,
    revenue_minor: i64,
    from_hold: i64,
    from_shared: i64,
    shortage: i64,
}

fn folder() -> PathBuf {
    let of_project = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/replay");
    std::env::var_os("FLASHSALE_TEST_REPLAY_DIR").map_or_else(of_project, PathBuf::from)
}

/// The cells of a file, by the names of their columns.
fn records(path: &Path) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(|row| row.unwrap_or_else(|error| panic!("{}: {error}", path.display()))).collect()
}

fn catalogue(folder: &Path) -> Vec<Sku> {
    let sku = |row: HashMap<String, String>| Sku {
        code: row["sku"].clone(),
        name: row["name"].clone(),
        on_hand: row["on_hand"].parse().expect("a number"),
        stores: row["stores"].split('|').map(str::to_owned).collect(),
    };
    records(&folder.join("catalogue.csv")).into_iter().map(sku).collect()
}

/// The orders of all files, by the names of the files: rows of one order stand together.
fn orders(folder: &Path) -> Vec<Order> {
    let files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path());
    let is_orders = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("orders-") && name.ends_with(".csv")
    };
    let files: BTreeSet<PathBuf> = files.filter(is_orders).collect();
    let mut orders: Vec<Order> = Vec::new();
    for row in files.iter().flat_map(|path| records(path)) {
        let (store, number) = (row["store"].clone(), row["order_number"].clone());
        let line = Line {
            sku: row["sku"].clone(),
            quantity: row["quantity"].parse().expect("a number"),
            price_minor: cents(&row["unit_price"]),
        };
        match orders.last_mut() {
            Some(order) if order.store == store && order.number == number => order.lines.push(line),
            _ => orders.push(Order { store, number, lines: vec![line] }),
        }
    }
    orders
}

fn cents(price: &str) -> Option<i64> {
    let (whole, rest) = price.split_once('.').unwrap_or((price, "0"));
    let number = |digits: &str| digits.parse::<i64>().expect("a price");
    (!price.is_empty()).then(|| number(whole) * 100 + number(rest) * if rest.len() == 1 { 10 } else { 1 })
}

/// Which store's flash sale holds a SKU, and how many units of it: half of what is there.
type Plan = BTreeMap<String, (String, i64)>;

fn plan(skus: &[Sku]) -> Plan {
    let held = |(nth, sku): (usize, &Sku)| {
        let (store, units) = (&sku.stores[nth % sku.stores.len()], sku.on_hand / 2);
        (units > 0).then(|| (sku.code.clone(), (store.clone(), units)))
    };
    skus.iter().enumerate().filter_map(held).collect()
}

/// The count of the files: each line takes from its store's hold, then from what no sale holds, and the rest is short.
fn counted(skus: &[Sku], plan: &Plan, orders: &[Order]) -> Totals {
    let held = |code: &str| plan.get(code).map_or(0, |(_, units)| *units);
    let mut left: HashMap<&str, (i64, i64)> =
        skus.iter().map(|sku| (sku.code.as_str(), (held(&sku.code), sku.on_hand - held(&sku.code)))).collect();
    let mut totals = Totals { orders: orders.len(), ..Totals::default() };
    for order in orders {
        for line in &order.lines {
            let (in_hold, shared) = left.get_mut(line.sku.as_str()).expect("a SKU of the catalogue");
            let is_of_sale = plan.get(&line.sku).is_some_and(|(store, _)| *store == order.store);
            let from_hold = if is_of_sale { line.quantity.min(*in_hold) } else { 0 };
            let from_shared = (line.quantity - from_hold).min(*shared);
            *in_hold -= from_hold;
            *shared -= from_shared;
            totals.units += line.quantity;
            totals.revenue_minor += line.quantity * line.price_minor.unwrap_or(0);
            totals.from_hold += from_hold;
            totals.from_shared += from_shared;
            totals.shortage += line.quantity - from_hold - from_shared;
        }
    }
    totals
}

/// Adds the stores and the SKUs, and starts the flash sales.
fn open(api: &Api, skus: &[Sku], plan: &Plan, orders: &[Order]) {
    let stores: BTreeSet<&String> =
        skus.iter().flat_map(|sku| &sku.stores).chain(orders.iter().map(|order| &order.store)).collect();
    for code in &stores {
        let store = json!({"code": code, "name": code, "marketplace": "Replay", "time_zone": "Asia/Singapore"});
        api.post("/stores", &store).expect(201);
    }
    for some in skus.chunks(1_000) {
        let some: Vec<Value> = some
            .iter()
            .map(|sku| json!({"code": sku.code, "name": sku.name, "on_hand": sku.on_hand, "listings": sku.stores}))
            .collect();
        assert_eq!(api.put("/skus", &json!({"skus": some})).expect(200).body["created"], some.len());
    }
    for (nth, store) in stores.iter().enumerate() {
        let products: Vec<Value> = plan
            .iter()
            .filter(|(_, (of, _))| of == *store)
            .map(|(sku, (_, units))| json!({"sku": sku, "quantity": units}))
            .collect();
        for some in products.chunks(PRODUCTS) {
            let kind = ["stock_allocation", "stock_reservation"][nth % 2];
            let sale = json!({"name": format!("Replay {store}"), "type": kind, "store": store,
                "ends_at": "2099-11-11T23:59:00+08:00", "products": some});
            api.post("/promotions", &sale).expect(201);
        }
    }
}

/// Sends all orders, placed now, and adds up what is answered.
fn send(api: &Api, orders: &[Order], expected: &str) -> Totals {
    let mut totals = Totals::default();
    for some in orders.chunks(TOGETHER) {
        let line = |line: &Line| match line.price_minor {
            Some(price) => json!({"sku": line.sku, "quantity": line.quantity, "unit_price_minor": price}),
            None => json!({"sku": line.sku, "quantity": line.quantity}),
        };
        let order = |order: &Order| {
            let lines: Vec<Value> = order.lines.iter().map(line).collect();
            json!({"store": order.store, "number": order.number, "lines": lines})
        };
        let body = json!({"orders": some.iter().map(order).collect::<Vec<_>>()});
        let answer = api.post_quickly("/orders", &body).expect("an answer").expect(200).body;
        for result in answer["results"].as_array().expect("results") {
            assert_eq!(result["status"], expected, "{result:#}");
            totals.orders += 1;
            for line in result["lines"].as_array().expect("lines") {
                let units = |name: &str| line[name].as_i64().expect("units");
                let [from_hold, from_shared, short] = ["from_hold", "from_shared", "oversold"].map(units);
                totals.from_hold += from_hold;
                totals.from_shared += from_shared;
                totals.shortage += short;
                totals.units += from_hold + from_shared + short;
            }
        }
    }
    totals
}

/// What the export of the list of orders adds up to.
fn exported(app: &TestApp) -> Totals {
    let file = app.signed_in().get("/orders.csv").body;
    let mut totals = Totals::default();
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    for row in reader.deserialize::<HashMap<String, String>>() {
        let row = row.expect("a row");
        let units = |name: &str| row[name].parse::<i64>().expect("units");
        totals.orders += 1;
        totals.units += units("units");
        totals.revenue_minor += cents(&row["value"]).unwrap_or(0);
        totals.from_hold += units("from_hold");
        totals.from_shared += units("from_shared");
        totals.shortage += units("oversold");
    }
    totals
}

/// What the flash sales say that they sold.
fn sold(api: &Api) -> i64 {
    let list = api.send("GET", "/promotions", &[JSON], None).expect(200).body;
    let promotions = list["promotions"].as_array().expect("promotions");
    let products = promotions.iter().flat_map(|promotion| promotion["products"].as_array().expect("products"));
    products.map(|product| product["sold"].as_i64().expect("units")).sum()
}

#[test]
fn the_orders_of_a_shop_add_up_to_what_its_files_say_however_often_they_are_sent() {
    let folder = folder();
    let (skus, orders) = (catalogue(&folder), orders(&folder));
    let keys: HashSet<(&str, &str)> =
        orders.iter().map(|order| (order.store.as_str(), order.number.as_str())).collect();
    assert_eq!(keys.len(), orders.len(), "the rows of each order stand together");
    let plan = plan(&skus);
    let count = counted(&skus, &plan, &orders);
    assert!(count.shortage > 0 && count.from_hold > 0, "{count:?}: the files show nothing");
    println!("{}: {count:?}", folder.display());

    let app = TestApp::start();
    let api = app.api();
    open(&api, &skus, &plan, &orders);
    for status in ["accepted", "duplicate"] {
        let answered = send(&api, &orders, status);
        assert_eq!(Totals { revenue_minor: count.revenue_minor, ..answered }, count, "{status}");
        assert_eq!(exported(&app), count, "after all were {status}");
        assert_eq!(sold(&api), count.from_hold, "after all were {status}");
        assert_verified(&app.database, app.now());
    }
}
