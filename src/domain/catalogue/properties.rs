//! Property tests for any number of stores and holds and any stock, including a stocktake that found fewer units than were
//! committed: the design's "what must always hold", as far as one position shows it.

use super::{
    explanation::{Source, explain},
    quantity::Position,
    stock::{MAX_UNITS, Stock},
};
use crate::domain::{
    code::SkuCode,
    promotions::{
        hold::Hold,
        promotion::FlashSaleType::{self, StockAllocation, StockReservation},
    },
    refusal::HoldRefusal,
    testing::{hold, store},
};
use proptest::prelude::*;

/// A SKU in any state that can be stored, and more stores than hold it.
#[derive(Debug, Clone)]
struct Shop {
    stock: Stock,
    holds: Vec<Hold>,
    stores: usize,
}

impl Shop {
    fn position(&self) -> Position<'_> {
        Position { stock: self.stock, holds: &self.holds }
    }

    fn store_names(&self) -> impl Iterator<Item = String> {
        (0..self.stores).map(|number| format!("store-{number}"))
    }

    /// What each store shows.
    fn shown(&self) -> Vec<i64> {
        self.store_names().map(|name| self.position().quantity_for(&store(&name)).total()).collect()
    }
}

/// Few units, where everything is short, and as many as can be stored.
fn units() -> impl Strategy<Value = i64> {
    prop_oneof![8 => 0..=120_i64, 1 => 0..=MAX_UNITS, 1 => Just(MAX_UNITS)]
}

fn flash_sale_type() -> impl Strategy<Value = FlashSaleType> {
    prop_oneof![Just(StockAllocation), Just(StockReservation)]
}

prop_compose! {
    /// The live holds of the stores 0, 1, 2, … in any order: a store has at most one.
    fn holds()(
        sizes in prop::collection::vec((flash_sale_type(), units(), 0..=100_i64), 0..9)
    )(
        holds in Just(sizes.into_iter().enumerate().map(|(number, (kind, quantity, percent_sold))| {
            let quantity = quantity.max(1);
            hold(&format!("store-{number}"), kind, quantity, quantity * percent_sold / 100)
        }).collect::<Vec<_>>()).prop_shuffle()
    ) -> Vec<Hold> {
        holds
    }
}

prop_compose! {
    fn shops()(
        on_hand in units(), committed in prop_oneof![Just(0), units()],
        oversold in prop_oneof![3 => Just(0), 1 => units()], buffer in prop_oneof![2 => Just(0), 1 => units()],
        holds in holds(), others in 1..4_usize,
    ) -> Shop {
        Shop { stock: Stock { on_hand, committed, oversold, buffer }, stores: holds.len() + others, holds }
    }
}

prop_compose! {
    /// Shops in which something is left for another hold: where nothing would be, there is more on hand.
    fn shops_with_some_left()(mut shop in shops(), left in 1..=120_i64) -> Shop {
        if shop.position().shared() == 0 {
            let Stock { on_hand: _, committed, oversold, buffer } = shop.stock;
            shop.stock.on_hand = committed + shop.position().held() + buffer + oversold + left;
        }
        shop
    }
}

/// A failing case becomes a row of a table test beside the rule, so seeds are not stored.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_unit_is_promised_to_two_holds_and_the_older_is_backed_first(shop in shops()) {
        let position = shop.position();
        let backed: Vec<(&Hold, i64)> = position.backed().collect();
        prop_assert_eq!(backed.iter().map(|(hold, _)| *hold).collect::<Vec<_>>(), shop.holds.iter().collect::<Vec<_>>());
        prop_assert!(backed.iter().map(|(_, units)| units).sum::<i64>() <= shop.stock.uncommitted().max(0));
        prop_assert!(backed.iter().all(|(hold, units)| (0..=hold.remaining()).contains(units)));
        let first_short = backed.iter().position(|(hold, units)| *units < hold.remaining());
        let younger = first_short.map_or(&[][..], |at| &backed[at + 1..]);
        prop_assert!(younger.iter().all(|(_, units)| *units == 0), "backed before an older one: {:?}", backed);
    }

    #[test]
    fn every_store_shows_its_backed_units_the_shared_ones_or_both(shop in shops()) {
        let position = shop.position();
        prop_assert!(position.shared() >= 0);
        for name in shop.store_names() {
            let own = position.backed().find(|(hold, _)| hold.store.as_str() == name);
            let expected = match own.map(|(hold, backed)| (hold.flash_sale_type, backed)) {
                Some((StockAllocation, backed)) => backed,
                Some((StockReservation, backed)) => backed + position.shared(),
                None => position.shared(),
            };
            prop_assert_eq!(position.quantity_for(&store(&name)).total(), expected, "{}", name);
        }
    }

    #[test]
    fn the_terms_of_an_explanation_add_up_to_the_quantity(shop in shops()) {
        let position = shop.position();
        for name in shop.store_names() {
            let terms = explain(&position, &store(&name));
            let sum: i64 = terms.iter().map(|term| term.amount).sum();
            prop_assert_eq!(sum, position.quantity_for(&store(&name)).total(), "{}: {:?}", name, &terms);
            let begins = |source: &Source<'_>| matches!(source, Source::OwnHold(_) | Source::InHand);
            prop_assert!(terms.iter().all(|term| term.amount != 0 || begins(&term.source)), "{}: {:?}", name, &terms);
        }
    }

    #[test]
    fn while_nothing_is_short_every_unit_on_hand_is_in_one_place(shop in shops()) {
        let Stock { on_hand, committed, oversold, buffer } = shop.stock;
        let position = shop.position();
        let claimed = committed + position.held() + buffer + oversold;
        if claimed <= on_hand {
            prop_assert_eq!(on_hand, claimed + position.shared());
            prop_assert!(position.backed().all(|(hold, backed)| backed == hold.remaining()));
        } else {
            prop_assert_eq!(position.shared(), 0, "nothing is shared while something is short");
        }
    }

    #[test]
    fn a_hold_is_refused_exactly_when_it_does_not_fit_or_the_store_has_one(
        shop in shops(), by in 0..12_usize, asked in prop_oneof![1..=200_i64, 1..=MAX_UNITS], close in -1..=1_i64,
        near in any::<bool>(),
    ) {
        let position = shop.position();
        let shared = position.shared();
        let asked = if near { (shared + close).max(1) } else { asked };
        let sku = SkuCode::trusted("Product1".into());
        let by = store(&format!("store-{by}"));
        let has_one = shop.holds.iter().any(|hold| hold.store == by);
        match position.admit(&sku, &by, std::slice::from_ref(&by), asked) {
            Ok(()) => prop_assert!(asked <= shared && !has_one),
            Err(HoldRefusal::AlreadyHeld { .. }) => prop_assert!(has_one),
            Err(refusal) => {
                prop_assert!(asked > shared && !has_one);
                prop_assert_eq!(refusal, HoldRefusal::NotEnoughStock { sku, asked, available: shared });
            }
        }
    }

    #[test]
    fn an_admitted_hold_is_backed_whole_and_takes_no_unit_of_another(
        shop in shops_with_some_left(), kind in flash_sale_type(), part in 1..=100_i64,
    ) {
        let name = format!("store-{}", shop.holds.len());
        let before = shop.position();
        let quantity = (before.shared() * part / 100).max(1);
        let sku = SkuCode::trusted("Product1".into());
        prop_assert_eq!(before.admit(&sku, &store(&name), &[store(&name)], quantity), Ok(()));
        let mut holds = shop.holds.clone();
        holds.push(hold(&name, kind, quantity, 0));
        let after = Position { stock: shop.stock, holds: &holds };
        prop_assert_eq!(after.hold_of(&store(&name)).map(|(_, backed)| backed), Some(quantity));
        prop_assert_eq!(after.shared(), before.shared() - quantity);
        for (other, backed) in before.backed() {
            prop_assert_eq!(after.hold_of(&other.store).map(|(_, backed)| backed), Some(backed));
        }
    }

    #[test]
    fn more_stock_never_lowers_what_a_store_shows(shop in shops(), more in 0..=200_i64) {
        let mut richer = shop.clone();
        richer.stock.on_hand += more;
        for (before, after) in shop.shown().into_iter().zip(richer.shown()) {
            prop_assert!(after >= before, "{before} became {after}");
        }
    }

    #[test]
    fn the_end_of_a_hold_never_lowers_what_other_stores_show(shop in shops(), which in any::<prop::sample::Index>()) {
        prop_assume!(!shop.holds.is_empty());
        let mut without = shop.clone();
        let ended = without.holds.remove(which.index(shop.holds.len()));
        for (name, (before, after)) in shop.store_names().zip(shop.shown().into_iter().zip(without.shown())) {
            prop_assert!(name == ended.store.as_str() || after >= before, "{name}: {before} became {after}");
        }
    }
}

mod of_sale_changes {
    use super::*;
    use crate::domain::{
        code::StoreCode,
        promotions::{
            history::Change,
            sale_changes::{HeldProduct, Offer, RunningSale, SaleValues},
        },
        testing::noon,
    };
    use chrono::TimeDelta;
    use std::collections::BTreeMap;

    fn sku() -> SkuCode {
        SkuCode::trusted("Product1".into())
    }

    /// A sale with another product and, if there is a hold `own`, with the SKU; or with the SKU removed.
    fn sale(own: Option<&Hold>, sold_before: Option<i64>, store: &StoreCode) -> RunningSale {
        let current = own.map(|hold| HeldProduct { quantity: hold.quantity, sold: hold.sold, is_removed: false });
        let removed = sold_before.map(|sold| HeldProduct { quantity: sold, sold, is_removed: true });
        let other = HeldProduct { quantity: 1, sold: 0, is_removed: false };
        let products = [(Some(sku()), current.or(removed)), (Some(SkuCode::trusted("Other".into())), Some(other))];
        RunningSale {
            name: "11.11".to_owned(),
            store: store.clone(),
            ends_at: noon().plus(TimeDelta::hours(1)),
            products: products.into_iter().filter_map(|(sku, product)| sku.zip(product)).collect(),
        }
    }

    /// What `changes` make of `values`.
    fn replayed(mut values: SaleValues, changes: &[Change]) -> SaleValues {
        for change in changes.iter().cloned() {
            match change {
                Change::Renamed { to, .. } => values.name = to,
                Change::EndMoved { to, .. } => values.ends_at = to,
                Change::ProductAdded { sku, quantity } | Change::QuantityChanged { sku, to: quantity, .. } => {
                    values.products.insert(sku, quantity);
                }
                Change::ProductRemoved { sku, .. } => drop(values.products.remove(&sku)),
                Change::Created { .. } | Change::EndedEarly { .. } => panic!("{change:?}"),
            }
        }
        values
    }

    /// The holds of `shop` with that of `store` made one of `quantity` units, or taken away. A sale that holds the SKU
    /// from now on may be older than any other.
    fn changed_holds(shop: &Shop, store: &StoreCode, (quantity, sold): (Option<i64>, i64)) -> Vec<Hold> {
        let mut holds = shop.holds.clone();
        let at = holds.iter().position(|hold| hold.store == *store);
        match (at, quantity) {
            (Some(at), Some(quantity)) => holds[at].quantity = quantity,
            (Some(at), None) => drop(holds.remove(at)),
            (None, Some(quantity)) => {
                holds.insert(0, hold(store.as_str(), StockAllocation, quantity, sold));
            }
            (None, None) => {}
        }
        holds
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn an_edit_that_is_accepted_takes_no_more_than_was_shared_and_makes_the_sale_what_was_wanted(
            shop in shops(), own in 0..10_usize, sold_before in prop::option::of(0..40_i64),
            quantity in prop_oneof![1 => Just(None), 4 => units().prop_map(Some)], hours in 1..4_i64,
        ) {
            let code = format!("store-{}", own % shop.stores);
            let store = store(&code);
            let position = shop.position();
            let own = shop.holds.iter().find(|hold| hold.store == store);
            let sale = sale(own, sold_before, &store);
            let mut wanted = sale.values();
            wanted.ends_at = noon().plus(TimeDelta::hours(hours));
            match quantity {
                Some(quantity) => drop(wanted.products.insert(sku(), quantity)),
                None => drop(wanted.products.remove(&sku())),
            }
            let offer = Offer { position, listed_on: std::slice::from_ref(&store) };
            let Ok(changes) = sale.diff(&wanted, &BTreeMap::from([(sku(), offer)]), noon()) else {
                // A quantity between the sold units and the current quantity is always accepted.
                let sold = sale.products.get(&sku()).map_or(0, |product| product.sold);
                let has = own.map_or(0, |hold| hold.quantity);
                prop_assert!(quantity.is_some_and(|quantity| quantity > has || quantity < sold.max(1)));
                return Ok(());
            };
            prop_assert_eq!(&replayed(sale.values(), &changes), &wanted);
            let sold = sale.products.get(&sku()).map_or(0, |product| product.sold);
            let holds = changed_holds(&shop, &store, (quantity, sold));
            let after = Position { stock: shop.stock, holds: &holds };
            // The holds of other stores are still backed, and more is held only if all of it is in stock.
            for (other, backed) in position.backed().filter(|(hold, _)| hold.store != store) {
                let still = after.hold_of(&other.store).map_or(0, |(_, backed)| backed);
                prop_assert!(still >= backed, "{} of {}: {} became {}", sku(), other.store, backed, still);
            }
            let Stock { on_hand, committed, oversold, buffer } = shop.stock;
            if after.held() > position.held() {
                prop_assert!(committed + after.held() + buffer + oversold <= on_hand);
            }
            prop_assert!(holds.iter().all(|hold| (0..=hold.quantity).contains(&hold.sold)));
        }
    }
}

mod of_schedules {
    use crate::domain::{
        moment::Moment,
        promotions::schedule::{LocalTimeRefusal, Schedule, field_value, parse_local},
    };
    use chrono::{DateTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
    use chrono_tz::{TZ_VARIANTS, Tz};
    use proptest::prelude::*;

    /// Whole minutes of the years 2000 to 2100, which is what a field can say.
    fn minutes() -> impl Strategy<Value = NaiveDateTime> {
        let first = NaiveDate::from_ymd_opt(2000, 1, 2).and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a day");
        (0..100 * 365 * 24 * 60_i64).prop_map(move |minutes| first + TimeDelta::minutes(minutes))
    }

    fn offset_seconds(at: DateTime<Utc>, zone: Tz) -> i32 {
        zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
    }

    /// A moment is typed again as it was shown: the same one, or the first of the two that the clocks show twice.
    fn check_moment(at: DateTime<Utc>, zone: Tz) {
        let shown = field_value(Moment::from(at), zone);
        let read = parse_local("end", &shown, zone).unwrap_or_else(|error| panic!("{shown} in {zone}: {error}"));
        let earlier_by = Moment::from(at).since(read);
        assert!(earlier_by >= TimeDelta::zero(), "{shown} in {zone} was read as {read}, after {at}");
        assert_eq!(field_value(read, zone), shown, "{zone}");
        let went_back = offset_seconds(read.utc(), zone) - offset_seconds(at, zone);
        assert_eq!(earlier_by.num_seconds(), i64::from(went_back), "{shown} in {zone}");
    }

    /// A local time names a moment that shows it, unless the clocks go forward over it.
    fn check_local(local: NaiveDateTime, zone: Tz) {
        let typed = local.format("%Y-%m-%dT%H:%M").to_string();
        match parse_local("end", &typed, zone) {
            Ok(at) => assert_eq!(field_value(at, zone), typed, "{zone}"),
            Err(refusal) => {
                assert!(matches!(refusal, LocalTimeRefusal::DoesNotExist { .. }), "{typed} in {zone}: {refusal}");
                assert!(zone.from_local_datetime(&local).latest().is_none(), "{typed} exists in {zone}");
            }
        }
    }

    /// The moments of 2026 and 2027 at which the clocks of `zone` change.
    fn changes(zone: Tz) -> Vec<DateTime<Utc>> {
        let first = DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").expect("a moment").to_utc();
        let days = (0..730).map(|day| first + TimeDelta::days(day));
        days.filter_map(|day| {
            let mut before = day;
            let mut after = day + TimeDelta::days(1);
            let old = offset_seconds(before, zone);
            if offset_seconds(after, zone) == old {
                return None;
            }
            while after - before > TimeDelta::minutes(1) {
                let middle = before + TimeDelta::minutes((after - before).num_minutes() / 2);
                *(if offset_seconds(middle, zone) == old { &mut before } else { &mut after }) = middle;
            }
            Some(after)
        })
        .collect()
    }

    proptest! {
        #![proptest_config(super::config())]

        #[test]
        fn a_time_that_is_shown_can_be_typed_again_in_every_zone(local in minutes()) {
            for zone in TZ_VARIANTS {
                check_moment(local.and_utc(), zone);
                check_local(local, zone);
            }
        }

        #[test]
        fn a_schedule_is_live_from_its_start_until_just_before_its_end(
            start in minutes(), length in 1..400_000_000_i64, from_start in -10..400_000_010_i64,
        ) {
            let starts_at = Moment::from(start);
            let at = |microseconds| starts_at.plus(TimeDelta::microseconds(microseconds));
            let schedule = Schedule { starts_at, ends_at: at(length) };
            prop_assert_eq!(schedule.is_live_at(at(from_start)), (0..length).contains(&from_start));
            for (moment, live) in [(-1, false), (0, true), (length - 1, true), (length, false)] {
                prop_assert_eq!(schedule.is_live_at(at(moment)), live);
            }
        }
    }

    #[test]
    fn the_hours_around_every_change_of_the_clocks_can_be_typed() {
        let mut seen = 0;
        for zone in TZ_VARIANTS {
            for change in changes(zone) {
                seen += 1;
                for quarters in -16..=16 {
                    let at = change + TimeDelta::minutes(15 * quarters);
                    check_moment(at, zone);
                    check_local(at.with_timezone(&zone).naive_local(), zone);
                    check_local(at.naive_utc() + TimeDelta::seconds(offset_seconds(change, zone).into()), zone);
                    let before = offset_seconds(change - TimeDelta::minutes(1), zone);
                    check_local(at.naive_utc() + TimeDelta::seconds(before.into()), zone);
                }
            }
        }
        assert!(seen > 100, "{seen} changes in all zones: the test looks at nothing");
    }
}
