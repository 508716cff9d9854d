//! Orders by what a person types: the beginning of an order's number, or the code of a SKU.

use super::{Filter, Key, Part};
use crate::{
    db::{
        Conn,
        engine::{
            among::among,
            schema::{ledger_entries, order_lines, orders as order_rows},
            search::{SEARCH_LIMIT, beginning_with},
            sql::sql,
        },
        orders::{
            self, Order, OrderKey,
            owed::{LIMIT, Owed},
        },
    },
    domain::{
        catalogue::ledger::EntryKind,
        code::{OrderNumber, SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
    },
};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{BTreeSet, HashSet};

/// How many orders a search considers: those whose number begins with the term, and those with the SKU of that code.
/// For more than this the page asks for more of the number.
const SEARCHED: usize = 1_000;

/// The part of the orders that match `term` and `filter`, and whether `term` matches more than are considered.
pub(super) fn found(conn: &mut Conn, filter: &Filter, part: &Part, term: &str) -> QueryResult<(Vec<Order>, bool)> {
    let limit = SEARCHED as i64 + 1;
    let term: String = term.chars().take(SEARCH_LIMIT).collect();
    let mut all: Vec<Order> = Vec::new();
    for (from, to) in beginnings(&term) {
        let begins = order_rows::number.ge(from).and(order_rows::number.lt(to));
        let query = order_rows::table.filter(begins).order((order_rows::number, order_rows::store)).limit(limit);
        all.extend(query.select(Order::as_select()).load::<Order>(conn)?);
    }
    let of_sku: HashSet<OrderKey> =
        of_sku(conn, &SkuCode::trusted(term), filter.is_oversold, limit)?.into_iter().collect();
    let is_cut = all.len() > SEARCHED || of_sku.len() > SEARCHED;
    let known: HashSet<OrderKey> = all.iter().map(Order::key).collect();
    let of_sku: HashSet<&OrderKey> = of_sku.difference(&known).collect();
    let with_sku = orders::find_all(conn, of_sku.iter().map(|(store, number)| (store, number)))?;
    all.extend(with_sku.into_iter().filter(|(key, _)| of_sku.contains(key)).map(|(_, order)| order));
    Ok((arranged(conn, filter, part, all)?, is_cut))
}

/// The part of the open orders that are owed units, either those that stock covers or those that are still short, and
/// whether there are more than are considered.
pub(super) fn owed(
    conn: &mut Conn,
    filter: &Filter,
    part: &Part,
    (is_covered, now): (bool, Moment),
) -> QueryResult<(Vec<Order>, bool)> {
    let (mut all, owed, is_cut) = Owed::all(conn, now)?;
    all.retain(|order| owed.of(&order.key()).is_covered() == is_covered);
    let term = filter.search.trim();
    if !term.is_empty() {
        let of_sku: HashSet<OrderKey> =
            of_sku(conn, &SkuCode::trusted(term.to_owned()), true, LIMIT as i64)?.into_iter().collect();
        let begins: Vec<(String, String)> = beginning_with(term);
        all.retain(|order| {
            let number = order.number.as_str();
            let is_named = begins.iter().any(|(from, to)| number >= from.as_str() && number < to.as_str());
            is_named || of_sku.contains(&order.key())
        });
    }
    Ok((arranged(conn, filter, part, all)?, is_cut))
}

/// Those of `all` that match `filter`, in the order of the part.
fn arranged(conn: &mut Conn, filter: &Filter, part: &Part, mut all: Vec<Order>) -> QueryResult<Vec<Order>> {
    all.retain(|order| filter.admits(order) && part.has(&Key::of(order)));
    if let Some(promotion) = filter.promotion {
        let of_sale = among_those_of(conn, promotion, all.iter().map(|order| &order.number))?;
        all.retain(|order| of_sale.contains(&order.key()));
    }
    Ok(part.arranged(all, Key::of))
}

/// The ranges of the numbers that begin with `term`, with and without the sign that shops show before a number.
fn beginnings(term: &str) -> BTreeSet<(String, String)> {
    let plain = term.trim_start_matches('#');
    let mut ranges: BTreeSet<(String, String)> = beginning_with(term).into_iter().collect();
    if !plain.is_empty() {
        ranges.extend(beginning_with(plain));
        ranges.extend(beginning_with(&format!("#{plain}")));
    }
    ranges
}

/// The latest orders of `sku` by its ledger; or only those in which it was oversold.
fn of_sku(conn: &mut Conn, sku: &SkuCode, is_oversold: bool, limit: i64) -> QueryResult<Vec<OrderKey>> {
    if is_oversold {
        return order_lines::table
            .filter(order_lines::sku.eq(sku))
            .filter(sql::<Bool>("order_lines.oversold > 0"))
            .order((order_lines::number, order_lines::store))
            .limit(limit)
            .select((order_lines::store, order_lines::number))
            .load(conn);
    }
    let taken = ledger_entries::table
        .filter(ledger_entries::sku.eq(sku))
        .filter(ledger_entries::kind.eq(EntryKind::OrderTaken));
    let latest = taken.order(ledger_entries::number.desc());
    let numbers: Vec<i64> = latest.select(ledger_entries::number).limit(limit).load(conn)?;
    let Some(earliest) = numbers.last() else { return Ok(Vec::new()) };
    let orders: Vec<(Option<StoreCode>, Option<OrderNumber>)> = taken
        .filter(ledger_entries::number.ge(earliest))
        .select((ledger_entries::store, ledger_entries::order_number))
        .load(conn)?;
    Ok(orders.into_iter().filter_map(|(store, number)| store.zip(number)).collect())
}

/// Which orders of these numbers belong to `promotion`.
fn among_those_of<'a>(
    conn: &mut Conn,
    promotion: PromotionId,
    numbers: impl IntoIterator<Item = &'a OrderNumber>,
) -> QueryResult<HashSet<OrderKey>> {
    let keys: Vec<OrderKey> = order_lines::table
        .filter(among(conn, "order_lines.number", numbers))
        .filter(order_lines::promotion_id.eq(promotion))
        .select((order_lines::store, order_lines::number))
        .load(conn)?;
    Ok(keys.into_iter().collect())
}
