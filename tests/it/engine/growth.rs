//! However large the tables become, a request reads what it is about and no more: before PostgreSQL has any statistics of
//! them, with those of a time when they were small, and with plans that were made when they were empty.

use crate::{
    api::client::Api,
    scene::{LAZADA, SHOPEE, at, create, sale, stock},
    support::{Browser, EMAIL, PASSWORD, on_postgres},
    sync::pushes::Shop,
};
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types};
use flashsale::{
    db::{self, Conn, Database, PoolSize},
    domain::{moment::Moment, promotions::promotion::FlashSaleType::StockAllocation},
};
use serde_json::json;
use std::collections::BTreeMap;

const ORDERS: usize = 60_000;
const SKUS: usize = 40_000;
/// The products of each old sale: so few that those of the fifty sales of a page are in fewer blocks than a page may look at.
const PRODUCTS: usize = 8;

/// The words in which the two databases differ.
struct Dialect {
    is_postgres: bool,
}

impl Dialect {
    /// The numbers from 1 on, as a table with the column `i`.
    fn numbers(&self, last: usize) -> String {
        match self.is_postgres {
            true => format!("generate_series(1, {last}) AS numbers(i)"),
            false => format!(
                "(WITH RECURSIVE upto(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM upto WHERE i < {last}) \
                 SELECT i FROM upto)"
            ),
        }
    }

    fn padded(&self, number: &str, length: usize) -> String {
        match self.is_postgres {
            true => format!("lpad(CAST({number} AS TEXT), {length}, '0')"),
            false => format!("printf('%0{length}d', {number})"),
        }
    }

    fn moment(&self, text: &str) -> String {
        match self.is_postgres {
            true => format!("CAST('{text}' AS TIMESTAMP)"),
            false => format!("'{text}'"),
        }
    }

    fn sku(&self, number: &str) -> String {
        format!("'SKU' || {}", self.padded(number, 8))
    }

    /// The id of an old sale; or of anything else that has one.
    fn id(&self, number: &str) -> String {
        format!("'0199c5a2-1f00-7000-8000-' || {}", self.padded(number, 12))
    }
}

/// Autovacuum would read tables whole while a test counts what is read, and renew statistics that have to be old.
const WITHOUT_AUTOVACUUM: &str = "DO $$
    DECLARE name TEXT;
    BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', name);
        END LOOP;
    END $$";

/// Fills the tables as years of use do, next to what is there. The stores have to be there.
pub fn grow(conn: &mut Conn) {
    let is_postgres = !matches!(conn, Conn::Sqlite(_));
    if is_postgres {
        conn.batch_execute(WITHOUT_AUTOVACUUM).expect("a setting");
    }
    let dialect = Dialect { is_postgres };
    let parts = [old_skus, old_orders, old_entries, old_pictures, old_campaigns];
    let statements: Vec<String> = parts.iter().flat_map(|part| part(&dialect)).collect();
    for statement in statements {
        conn.batch_execute(&statement).unwrap_or_else(|error| panic!("{error}\n{statement}"));
    }
}

/// How the ids of the old kits begin.
const KIT_IDS: &str = "0199c5a2-1f03-7000-8000-0000";

/// One of the three components of every old kit. Some have one of the SKU that is changed.
fn kit_part(dialect: &Dialect, sku: &str) -> String {
    let (skus, number) = (dialect.numbers(SKUS), dialect.padded("i", 8));
    format!(
        "INSERT INTO kit_components (listing, sku, units)
         SELECT '{KIT_IDS}' || {number}, {sku}, 1 FROM {skus} WHERE i % 10 = 0"
    )
}

/// SKUs on two stores, with a kit for every tenth, and sales that have ended.
fn old_skus(dialect: &Dialect) -> Vec<String> {
    let skus = dialect.numbers(SKUS);
    let sales = dialect.numbers(SKUS / PRODUCTS);
    let before = dialect.moment("2026-11-01 00:00:00");
    let ended = dialect.moment("2026-11-02 00:00:00");
    let code = dialect.sku("i");
    let number = dialect.padded("i", 8);
    vec![
        format!(
            "INSERT INTO skus (code, name, search_key, on_hand, buffer, revision, created_at, last_at)
             SELECT {code}, 'Old ' || i, 'sku' || {number} || ' old ' || i, 1000, 0, 1, {before}, {before} FROM {skus}"
        ),
        format!(
            "INSERT INTO listings (id, sku, store, seller_sku, created_at)
             SELECT both_stores.id || substr(code, 4), code, both_stores.store, code, {before}
             FROM skus CROSS JOIN (
                 SELECT '{LAZADA}' AS store, '0199c5a2-1f01-7000-8000-0000' AS id
                 UNION ALL SELECT '{SHOPEE}', '0199c5a2-1f02-7000-8000-0000'
             ) AS both_stores
             WHERE code LIKE 'SKU%'"
        ),
        format!(
            "INSERT INTO listings (id, sku, store, seller_sku, created_at)
             SELECT '{KIT_IDS}' || substr(code, 4), '', '{SHOPEE}', 'KIT' || code, {before}
             FROM skus WHERE code LIKE 'SKU%0'"
        ),
        kit_part(dialect, &code),
        kit_part(dialect, &dialect.sku("(i - 1)")),
        kit_part(dialect, &format!("CASE WHEN i % 20000 = 0 THEN 'Product1' ELSE {} END", dialect.sku("(i - 2)"))),
        "INSERT INTO pushes (listing, sku, store, acknowledged)
         SELECT id, sku, store, 1000 FROM listings
         WHERE (sku LIKE 'SKU%' OR sku = '') AND store IN (SELECT store FROM connections)"
            .to_owned(),
        format!(
            "INSERT INTO promotions (id, name, search_key, flash_sale_type, store, starts_at, ends_at,
                 scheduled_ends_at, created_at, created_by)
             SELECT {}, 'Old', 'old', 'stock_allocation', '{LAZADA}', {before}, {ended}, {ended}, {before}, 'x'
             FROM {sales}",
            dialect.id("i")
        ),
        format!(
            "INSERT INTO holds (sku, promotion_id, store, ends_at, quantity, sold, settled)
             SELECT {code}, {}, '{LAZADA}', {ended}, 10, 0, i % 20 <> 0 FROM {skus}",
            dialect.id(&format!("1 + i % {}", SKUS / PRODUCTS))
        ),
    ]
}

/// Half of the SKUs have a picture, and the others wait for one.
fn old_pictures(dialect: &Dialect) -> Vec<String> {
    let skus = dialect.numbers(SKUS / 2);
    let before = dialect.moment("2026-11-01 00:00:00");
    let later = dialect.moment("2027-01-01 00:00:00");
    let bytes = if dialect.is_postgres { "CAST('x' AS BYTEA)" } else { "CAST('x' AS BLOB)" };
    let [shown, waiting] = [dialect.sku("i"), dialect.sku(&format!("i + {}", SKUS / 2))];
    vec![
        format!(
            "INSERT INTO pictures (sku, hash, media_type, source, at, bytes)
             SELECT {shown}, {}, 'image/jpeg', '', {before}, {bytes} FROM {skus}",
            dialect.padded("i", 64)
        ),
        format!(
            "INSERT INTO picture_fetches (sku, address, next_try_at)
             SELECT {waiting}, 'https://shop.example/picture', {later} FROM {skus}"
        ),
    ]
}

/// A campaign of every listing of the connected stores, which no sale covers.
fn old_campaigns(dialect: &Dialect) -> Vec<String> {
    let before = dialect.moment("2026-11-01 00:00:00");
    let later = dialect.moment("2027-01-01 00:00:00");
    vec![
        format!(
            "INSERT INTO campaigns (store, campaign, listing, name, units, ends_at, sale_until, read_at)
             SELECT store, 'old', id, 'Old', 5, {later}, {later}, {before} FROM listings
             WHERE (sku LIKE 'SKU%' OR sku = '') AND store IN (SELECT store FROM connections)"
        ),
        format!(
            "INSERT INTO campaign_reads (store, started_at, finished_at, due_at)
             SELECT store, {before}, {before}, {later} FROM connections"
        ),
    ]
}

/// The number of an old order, and the SKU that it is for.
fn old_order(dialect: &Dialect) -> [String; 2] {
    let of_others = dialect.sku(&format!("1 + i % {SKUS}"));
    let sold = format!("CASE WHEN i % 4 = 0 THEN 'Product1' ELSE {of_others} END");
    [format!("'OLD-' || {}", dialect.padded("i", 8)), sold]
}

/// Orders: a fifth are open, a hundredth are owed a unit, and a tenth are of three sales.
fn old_orders(dialect: &Dialect) -> Vec<String> {
    let orders = dialect.numbers(ORDERS);
    let before = dialect.moment("2026-11-01 00:00:00");
    let [order, sold] = old_order(dialect);
    let of_sale = format!("CASE WHEN i % 10 = 0 THEN {} END", dialect.id("1 + i % 3"));
    vec![
        format!(
            "INSERT INTO orders (store, number, status, placed_at, received_at, received_by, closed_at, closed_by, units,
                 oversold)
             SELECT '{LAZADA}', {order}, CASE WHEN i % 5 = 0 THEN 'open' ELSE 'shipped' END, {before}, {before}, 'x',
                 CASE WHEN i % 5 <> 0 THEN {before} END, CASE WHEN i % 5 <> 0 THEN 'x' END, 1,
                 CASE WHEN i % 100 = 1 THEN 1 ELSE 0 END
             FROM {orders}"
        ),
        format!(
            "INSERT INTO order_lines (store, number, position, sku, quantity, unit_price_minor, promotion_id, from_hold,
                 from_shared, oversold, price_decimals)
             SELECT '{LAZADA}', {order}, 0, {sold}, 1, 100, {of_sale}, 0, CASE WHEN i % 100 = 1 THEN 0 ELSE 1 END,
                 CASE WHEN i % 100 = 1 THEN 1 ELSE 0 END, 2
             FROM {orders}"
        ),
        format!(
            "INSERT INTO promotion_orders (promotion_id, status, placed_at, number, store, is_oversold)
             SELECT {of_sale}, CASE WHEN i % 5 = 0 THEN 'open' ELSE 'shipped' END, {before}, {order}, '{LAZADA}', FALSE
             FROM {orders} WHERE i % 10 = 0"
        ),
    ]
}

/// What is written beside the orders: the ledger, the log of pushes, and what is to be checked.
fn old_entries(dialect: &Dialect) -> Vec<String> {
    let orders = dialect.numbers(ORDERS);
    let skus = dialect.numbers(SKUS);
    let before = dialect.moment("2026-11-01 00:00:00");
    let later = dialect.moment("2027-01-01 00:00:00");
    let [order, sold] = old_order(dialect);
    let code = dialect.sku("i");
    vec![
        format!(
            "INSERT INTO ledger_entries (sku, number, at, actor, kind, reason, store, on_hand_change, committed_change,
                 oversold_change, buffer_change, held_change, sold_change, on_hand_after, committed_after,
                 oversold_after, buffer_after, order_number)
             SELECT {sold}, 1000000 + i, {before}, 'x', 'order_taken', '', '{LAZADA}', 0, 1, 0, 0, 0, 0, 1000, 1, 0, 0,
                 {order}
             FROM {orders}"
        ),
        format!(
            "INSERT INTO push_log (id, at, store, sku, quantity, why, outcome, answer)
             SELECT {}, {before}, '{SHOPEE}', {sold}, 1, '', 'acknowledged', '' FROM {orders}",
            dialect.id("i")
        ),
        format!("UPDATE skus SET revision = {} WHERE code = 'Product1'", 1_000_000 + ORDERS),
        format!("INSERT INTO quantity_changes (sku, number, quantities) SELECT {code}, 1000000 + i, '' FROM {skus}"),
        format!(
            "INSERT INTO found_listings (store, key, item_id, seller_sku, title, search_key, status, picture, seen_at,
                 seen_in, state, sku)
             SELECT '{SHOPEE}', {code} || ' ', {code}, {code}, 'Old', 'old', 'live', '', {before}, 1, 'listed', {code}
             FROM {skus}"
        ),
        format!("INSERT INTO quantity_checks (sku, due_at) SELECT {code}, {later} FROM {skus}"),
    ]
}

/// A shop whose one server has one connection for reading and one for writing, so that all requests meet the same plans.
struct Watched {
    shop: Shop,
    api: Api,
    browser: Browser,
    /// The id of its running sale, as soon as there is one.
    sale: Option<String>,
    has_grown: bool,
    /// The number of the next order.
    next: usize,
}

/// A change with its name.
type Change = (&'static str, fn(&mut Watched));

/// How many blocks of a table and of its indexes were looked at.
type Blocks = BTreeMap<String, i64>;

/// The blocks that a change of a SKU or a sale may look at in one table or index, and those that a page may. Each table
/// has more, and so has each index that a wrong plan would read whole.
const FOR_A_CHANGE: i64 = 250;
const FOR_A_PAGE: i64 = 450;

const PAGES: [&str; 39] = [
    "/",
    "/catalogue",
    "/catalogue?q=product1",
    "/catalogue?q=nothing+like+it",
    "/catalogue?flashsale=running",
    "/catalogue?flashsale=none",
    "/catalogue?store=shopee-sg",
    "/catalogue?store=lazada-sg&flashsale=none",
    "/catalogue/Product1",
    "/catalogue/Product1?entries=stocktake",
    "/catalogue/Product1/adjust",
    "/catalogue/Product1/edit",
    "/pictures/0000000000000000000000000000000000000000000000000000000000000077",
    "/getting-started",
    "/orders",
    "/orders/returns",
    "/orders?status=open",
    "/orders?store=lazada-sg&status=shipped",
    "/orders?q=OLD-00000077",
    "/orders?oversold=yes",
    "/orders/lazada-sg/OLD-00000077",
    "/orders/lazada-sg/OLD-00000005/ship",
    "/promotions",
    "/promotions?q=11.11",
    "/promotions?status=running",
    "/stores",
    "/stores/lazada-sg",
    "/stores/shopee-sg/listings",
    "/stores/shopee-sg/campaigns",
    "/stores/shopee-sg/campaigns?sale=none",
    "/stores/shopee-sg/found",
    "/stores/shopee-sg/found?state=listed",
    "/stores/shopee-sg/found?state=gone",
    "/stores/shopee-sg/found?state=listed&after=SKU00020000+",
    "/push-log",
    "/push-log?store=shopee-sg",
    "/push-log?sku=Product1",
    "/imports",
    "/settings/users",
];

const CALLS: [&str; 7] = [
    "/skus?code=Product1",
    "/quantities?sku=Product1",
    "/orders?store=lazada-sg&status=shipped",
    "/orders/lazada-sg/OLD-00000077",
    "/promotions?status=running",
    "/pushes?state=waiting",
    "/push-log?sku=Product1&since=2026-11-09T00:00:00Z",
];

impl Watched {
    fn open() -> Self {
        let mut shop = Shop::with_pages();
        shop.app.stop();
        let size = PoolSize { readers: 1, writers: 1, ..shop.app.settings.pool };
        shop.app.database = Database::open(&shop.app.settings.database_url, size).expect("one connection of each kind");
        let address = shop.app.serve(&shop.app.database);
        let mut browser = Browser::at(&address);
        let signed_in = browser.get("/sign-in").submit(&[("email", EMAIL), ("password", PASSWORD)]);
        assert_eq!(signed_in.status, 303, "{}", signed_in.text());
        let api = shop.app.api().at(address);
        let mut watched = Self { shop, api, browser, sale: None, has_grown: false, next: 0 };
        watched.start_sale();
        watched
    }

    /// Starts the flash sale whose pages are asked, in place of the one before. They read what was recorded since its start,
    /// and what tables grow by is from the time before.
    fn start_sale(&mut self) {
        if let Some(before) = &self.sale {
            self.api.post(&format!("/promotions/{before}/end"), &json!({})).expect(200);
        }
        let allocation = sale(self.moment(), LAZADA, StockAllocation, &[("Product1", 60)]);
        let started = create(&self.shop.app.database, self.moment(), &allocation).expect("a sale");
        self.sale = Some(started.id.to_string());
    }

    fn moment(&self) -> Moment {
        at(i64::try_from(self.next).expect("few"))
    }

    /// Every kind of change of orders, each with a name.
    fn changes_of_orders() -> [Change; 4] {
        [
            ("an order", |watched| watched.order("A")),
            ("an order with a key", Self::keyed_order),
            ("an order that is shipped", |watched| watched.closed("ship")),
            ("an order that is cancelled", |watched| watched.closed("cancel")),
        ]
    }

    /// Every kind of change of anything else.
    fn other_changes() -> [Change; 4] {
        [
            ("a stock change", Self::stock_change),
            ("a SKU that is saved", |watched| {
                let skus = json!({"skus": [{"code": "Product1", "name": "Product1", "on_hand": 1000 + watched.next}]});
                watched.api.put("/skus", &skus).expect(200);
            }),
            ("a sale and its end", Self::sale),
            ("pushes", |watched| {
                let now = watched.moment();
                let units = 2_000 + i64::try_from(watched.next).expect("few");
                stock(&watched.shop.app.database, now, "Product1", units, 0);
                watched.shop.settle(now);
            }),
        ]
    }

    fn changes() -> Vec<Change> {
        [Self::changes_of_orders(), Self::other_changes()].concat()
    }

    fn order(&mut self, kind: &str) {
        let number = format!("{kind}-{}", self.next);
        let line = json!({"sku": "Product1", "quantity": 1, "unit_price_minor": 100});
        let order = json!({"store": LAZADA, "number": number, "lines": [line]});
        let answer = self.api.post("/orders", &json!({"orders": [order]})).expect(200);
        assert_eq!(answer.body["results"][0]["status"], "accepted", "{answer:?}");
    }

    fn keyed_order(&mut self) {
        let number = format!("K-{}", self.next);
        let line = json!({"sku": "Product1", "quantity": 1});
        let order = json!({"store": LAZADA, "number": number, "lines": [line]});
        self.api.post_once(&number, "/orders", &json!({"orders": [order]})).expect(200);
    }

    fn closed(&mut self, closing: &str) {
        self.order(closing);
        self.api.post(&format!("/orders/{LAZADA}/{closing}-{}/{closing}", self.next), &json!({})).expect(200);
    }

    fn stock_change(&mut self) {
        let change = json!({"sku": "Product1", "change": 5, "reason": "received"});
        self.api.post("/stock-changes", &json!({"changes": [change]})).expect(200);
    }

    fn sale(&mut self) {
        let sale = json!({
            "name": format!("Sale {}", self.next), "type": "stock_allocation", "store": SHOPEE,
            "ends_at": "2026-12-11T00:00:00Z", "products": [{"sku": "Product1", "quantity": 1}],
        });
        let created = self.api.post("/promotions", &sale).expect(201);
        let id = created.body["id"].as_str().expect("an id").to_owned();
        self.api.post(&format!("/promotions/{id}/end"), &json!({})).expect(200);
    }

    fn pages(&self) -> Vec<String> {
        let sale = self.sale.as_deref().expect("it has started");
        let of_sale = ["", "/history", "/cost"].map(|part| format!("/promotions/{sale}{part}"));
        PAGES.into_iter().map(str::to_owned).chain(of_sale).collect()
    }

    /// The answer of a page or a call. The old orders and pictures are not there before the tables have grown.
    fn expected(&self, path: &str) -> u16 {
        let is_old = path.contains("/OLD-") || path.starts_with("/pictures/");
        if is_old && !self.has_grown { 404 } else { 200 }
    }

    fn page(&mut self, path: &str) {
        let page = self.browser.get(path);
        assert_eq!(page.status, self.expected(path), "{path}: {}", page.text());
    }

    fn call(&mut self, path: &str) {
        let answer = self.api.get(path);
        assert_eq!(answer.status, self.expected(path), "{path}: {answer:?}");
    }

    /// Asks everything a few times, until the plans of the statements are kept.
    fn warm_up(&mut self) {
        for _ in 0..8 {
            for (_, change) in Self::changes() {
                self.next += 1;
                change(self);
            }
            for path in self.pages() {
                self.page(&path);
            }
            CALLS.iter().for_each(|path| self.call(path));
        }
    }

    /// Runs a statement on the connections of the server.
    fn on_both(&self, statement: &str) {
        let database = &self.shop.app.database;
        let run = |conn: &mut Conn| Ok::<_, db::Error>(conn.batch_execute(statement)?);
        database.read_blocking(run).expect("the connection that reads");
        database.write_blocking(run).expect("the connection that writes");
    }

    /// What was looked at until now.
    fn blocks(&self) -> Blocks {
        #[derive(QueryableByName)]
        struct Looked {
            #[diesel(sql_type = sql_types::Text)]
            relation: String,
            #[diesel(sql_type = sql_types::BigInt)]
            blocks: i64,
        }
        self.on_both("SELECT pg_stat_force_next_flush()");
        let mut conn = super::migrations::connect(&self.shop.app.settings.database_url);
        let looked: Vec<Looked> = sql_query(
            "SELECT CAST(relname AS TEXT) AS relation, heap_blks_read + heap_blks_hit AS blocks FROM pg_statio_user_tables
             UNION ALL
             SELECT CAST(indexrelname AS TEXT), idx_blks_read + idx_blks_hit FROM pg_statio_user_indexes",
        )
        .load(&mut conn)
        .expect("the statistics of blocks");
        looked.into_iter().map(|looked| (looked.relation, looked.blocks)).collect()
    }

    /// What `work` looked at too much of, twice in a row: a job of the server may have looked at much in between, and a plan
    /// does so every time.
    fn too_many(&mut self, name: &str, limit: i64, work: impl Fn(&mut Self)) -> Option<String> {
        self.looked_at(limit, &work)?;
        self.looked_at(limit, &work).map(|found| format!("{name}: {found}"))
    }

    /// The tables and indexes of which `work` looked at more than `limit` blocks, if there are any.
    fn looked_at(&mut self, limit: i64, work: impl Fn(&mut Self)) -> Option<String> {
        self.next += 1;
        let before = self.blocks();
        work(self);
        let after = self.blocks();
        let mut found = Vec::new();
        for (relation, blocks) in after {
            let looked = blocks - before.get(&relation).copied().unwrap_or_default();
            if looked > limit {
                found.push(format!("{relation} {looked}"));
            }
        }
        (!found.is_empty()).then(|| found.join(", "))
    }

    fn look_at_too_much(&mut self, changes: Vec<Change>) -> Vec<String> {
        let mut found = Vec::new();
        for (name, change) in changes {
            found.extend(self.too_many(name, FOR_A_CHANGE, change));
        }
        found
    }

    fn pages_that_look_at_too_much(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        for path in self.pages() {
            found.extend(self.too_many(&path, FOR_A_PAGE, |watched| watched.page(&path)));
        }
        for path in CALLS {
            found.extend(self.too_many(path, FOR_A_PAGE, |watched| watched.call(path)));
        }
        found
    }
}

/// Checks everything while the tables grow. `when_small` is what the database is told while they are small.
fn nothing_is_read_whole(when_small: &str) {
    let mut watched = Watched::open();
    if !on_postgres(&watched.shop.app.settings.database_url) {
        return;
    }
    watched.warm_up();
    let mut other = super::migrations::connect(&watched.shop.app.settings.database_url);
    other.batch_execute(when_small).expect("a statement");
    watched.warm_up();
    grow(&mut other);
    watched.start_sale();
    watched.has_grown = true;
    assert_eq!(watched.look_at_too_much(Watched::changes()), [""; 0], "with the plans of empty tables");
    for statistics in ["SELECT 1", "ANALYZE"] {
        other.batch_execute(statistics).expect("a statement");
        watched.on_both("DISCARD PLANS");
        assert_eq!(watched.look_at_too_much(Watched::changes()), [""; 0], "changes after {statistics}");
        assert_eq!(watched.pages_that_look_at_too_much(), [""; 0], "pages after {statistics}");
    }
}

#[test]
fn without_statistics_nothing_is_read_whole_however_the_tables_grow() {
    nothing_is_read_whole("SELECT 1");
}

#[test]
fn with_the_statistics_of_small_tables_nothing_is_read_whole_when_they_have_grown() {
    nothing_is_read_whole("ANALYZE");
}
