//! However the list of orders is narrowed, an index has its rows in the list's order.

use crate::{
    engine::migrations::plans,
    scene::{LAZADA, article_shop, at, create, sale, sku_code, store_code, take},
};
use flashsale::{
    db::{
        dashboard,
        engine::paging::Place,
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

#[test]
fn every_combination_of_filters_is_read_from_an_index_in_its_order() {
    let (app, _) = article_shop();
    let new = sale(at(0), LAZADA, FlashSaleType::StockAllocation, &[("Product1", 60)]);
    let promotion = create(&app.database, at(0), &new).expect("a flash sale").id;
    let key = format!("{}|{LAZADA}|LZ-1", at(0));
    for filter in filters(promotion) {
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
                assert!(!WALKS.iter().any(|walk| plan.contains(walk)), "{filter:?} {place:?}\n{statement}\n{plan}");
                if filter.is_oversold {
                    assert!(plan.contains("oversold"), "{filter:?}\n{statement}\n{plan}");
                }
            }
        }
    }
}

#[test]
fn what_is_owed_is_read_from_the_index_of_it() {
    let (app, _) = article_shop();
    let of_orders = plans(&app.settings.database_url, |conn| {
        dashboard::owed_orders(conn, at(0)).expect("a read");
    });
    let [(plan, statement)] = &of_orders[..] else { panic!("one statement while nothing is owed: {of_orders:?}") };
    assert!(plan.contains("orders_oversold"), "{statement}\n{plan}");
    assert!(!WALKS.iter().any(|walk| plan.contains(walk)), "{statement}\n{plan}");
    take(&app.database, at(1), LAZADA, "1", &[("Product1", 103)]);
    let of_skus = plans(&app.settings.database_url, |conn| {
        Owed::of_skus(conn, &[sku_code("Product1")], at(2)).expect("a read");
    });
    let of_lines = of_skus.iter().find(|(_, statement)| statement.contains("order_lines")).expect("the lines are read");
    let is_walked = ["SCAN order_lines", "SCAN orders", "Seq Scan"].iter().any(|walk| of_lines.0.contains(walk));
    assert!(!is_walked, "{}\n{}", of_lines.1, of_lines.0);
}

#[test]
fn a_report_is_added_up_from_the_orders_of_its_sale() {
    let (app, _) = article_shop();
    let new = sale(at(0), LAZADA, FlashSaleType::StockAllocation, &[("Product1", 60)]);
    let promotion = create(&app.database, at(0), &new).expect("a flash sale").id;
    let buckets = Buckets::covering(at(0), at(60), chrono_tz::UTC);
    let plans = plans(&app.settings.database_url, |conn| {
        report::over_time(conn, promotion, &buckets).expect("a read");
    });
    let [(plan, statement)] = &plans[..] else { panic!("one statement: {plans:?}") };
    let by_key = ["promotion_orders USING PRIMARY KEY", "promotion_orders_pkey"];
    assert!(by_key.iter().any(|key| plan.contains(key)), "{statement}\n{plan}");
    let lines = ["order_lines USING PRIMARY KEY (number=? AND store=?)", "order_lines_pkey"];
    assert!(lines.iter().any(|key| plan.contains(key)), "{statement}\n{plan}");
}
