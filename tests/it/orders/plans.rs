//! However the list of orders is narrowed, an index has its rows in the list's order: in new and in large tables, with and
//! without statistics of them.

use crate::{
    engine::{
        growth::grow,
        migrations::{connect, plans},
    },
    scene::{LAZADA, article_shop, at, cancel, create, sale, sku_code, store_code, take},
    support::TestApp,
};
use diesel::connection::SimpleConnection;
use flashsale::{
    db::{
        Conn, dashboard,
        engine::{migrate, paging::Place},
        orders::{
            list::{self, Filter},
            owed::Owed,
        },
        promotions::report,
    },
    domain::{
        id::PromotionId,
        orders::order::OrderStatus,
        promotions::{buckets::Buckets, promotion::FlashSaleType},
    },
};

/// Every combination of the filters.
fn filters(promotion: PromotionId) -> Vec<Filter> {
    let mut all = Vec::new();
    for bits in 0..64_u32 {
        let has = |bit: u32| bits & (1 << bit) != 0;
        all.push(Filter {
            search: String::new(),
            store: has(0).then(|| store_code(LAZADA)),
            status: has(1).then_some(OrderStatus::Cancelled),
            is_oversold: has(2),
            is_covered_at: None,
            promotion: has(3).then_some(promotion),
            from: has(4).then(|| at(0)),
            until: has(5).then(|| at(0)),
        });
    }
    all
}

/// Texts in the plan of a statement that reads more rows than it returns, or sorts them.
const WALKS: [&str; 5] = ["Sort", "TEMP B-TREE", "SCAN orders", "SCAN promotion_orders", "Seq Scan"];

/// A shop with a flash sale, in one of the states in which a database can be.
struct Shop {
    app: TestApp,
    promotion: PromotionId,
    state: &'static str,
}

/// Checks a shop that is new, one that has grown, and one that has grown and was analysed; and one that was analysed while it
/// was small and has grown since.
fn in_every_state(check: impl Fn(&Shop)) {
    for was_analysed in [false, true] {
        let (app, _) = article_shop();
        let new = sale(at(0), LAZADA, FlashSaleType::StockAllocation, &[("Product1", 60)]);
        let promotion = create(&app.database, at(0), &new).expect("a flash sale").id;
        let mut shop = Shop { app, promotion, state: "new" };
        let mut conn = connect(&shop.app.settings.database_url);
        if was_analysed {
            analyse(&mut conn);
            shop.state = "analysed when it was small";
        }
        check(&shop);
        grow(&mut conn);
        shop.state = if was_analysed { "grown since it was analysed" } else { "grown" };
        check(&shop);
        analyse(&mut conn);
        shop.state = "analysed";
        check(&shop);
    }
}

/// Makes statistics of the tables, and starts the program again.
fn analyse(conn: &mut Conn) {
    conn.batch_execute("ANALYZE").expect("statistics");
    migrate::run(conn).expect("the program starts");
}

#[test]
fn every_combination_of_filters_is_read_from_an_index_in_its_order() {
    in_every_state(lists_are_read_in_their_order);
}

fn lists_are_read_in_their_order(Shop { app, promotion, state }: &Shop) {
    let key = format!("{}|{LAZADA}|LZ-1", at(0));
    for filter in filters(*promotion) {
        for place in [Place::Start, Place::After(key.clone()), Place::Before(key.clone())] {
            let plans = plans(&app.settings.database_url, |conn| {
                list::read(conn, &filter, &place).expect("a read");
            });
            let keys: Vec<_> = plans.iter().filter(|(_, statement)| statement.contains("ORDER BY")).collect();
            assert_eq!(
                keys.len(),
                if filter.status.is_some() { 1 } else { 3 },
                "{filter:?}: a statement for each status"
            );
            for (plan, statement) in keys {
                assert!(
                    !WALKS.iter().any(|walk| plan.contains(walk)),
                    "{state} {filter:?} {place:?}\n{statement}\n{plan}"
                );
                if filter.is_oversold {
                    assert!(plan.contains("oversold"), "{state} {filter:?}\n{statement}\n{plan}");
                }
            }
        }
    }
}

#[test]
fn what_is_owed_is_read_from_the_index_of_it() {
    in_every_state(owed_units_are_read_from_their_index);
}

fn owed_units_are_read_from_their_index(Shop { app, state, .. }: &Shop) {
    let of_orders = plans(&app.settings.database_url, |conn| {
        dashboard::owed_orders(conn, at(0)).expect("a read");
    });
    let [(plan, statement)] = &of_orders[..] else { panic!("one statement while nothing is owed: {of_orders:?}") };
    assert!(plan.contains("orders_oversold"), "{state}\n{statement}\n{plan}");
    assert!(!WALKS.iter().any(|walk| plan.contains(walk)), "{state}\n{statement}\n{plan}");
    take(&app.database, at(1), LAZADA, state, &[("Product1", 103)]);
    let of_skus = plans(&app.settings.database_url, |conn| {
        Owed::of_skus(conn, &[sku_code("Product1")], at(2)).expect("a read");
    });
    let of_lines = of_skus.iter().find(|(_, statement)| statement.contains("order_lines")).expect("the lines are read");
    let is_walked = ["SCAN order_lines", "SCAN orders", "Seq Scan"].iter().any(|walk| of_lines.0.contains(walk));
    assert!(!is_walked, "{state}\n{}\n{}", of_lines.1, of_lines.0);
    cancel(&app.database, at(3), LAZADA, state);
}

#[test]
fn a_report_is_added_up_from_the_orders_of_its_sale() {
    in_every_state(reports_are_added_up_from_the_orders);
}

fn reports_are_added_up_from_the_orders(Shop { app, promotion, state }: &Shop) {
    let buckets = Buckets::covering(at(0), at(60), chrono_tz::UTC);
    let plans = plans(&app.settings.database_url, |conn| {
        report::over_time(conn, *promotion, &buckets).expect("a read");
    });
    let [(plan, statement)] = &plans[..] else { panic!("one statement: {plans:?}") };
    let by_key = ["promotion_orders USING PRIMARY KEY", "promotion_orders_pkey"];
    assert!(by_key.iter().any(|key| plan.contains(key)), "{state}\n{statement}\n{plan}");
    let lines = ["order_lines USING PRIMARY KEY (number=? AND store=?)", "order_lines_pkey"];
    assert!(lines.iter().any(|key| plan.contains(key)), "{state}\n{statement}\n{plan}");
}
