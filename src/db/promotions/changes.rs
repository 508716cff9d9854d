//! The history of promotions, line by line: who changed what, when, and the values before and after. Lines are never
//! changed.

use crate::{
    db::{
        Conn,
        engine::{
            paging::{Page, Place},
            schema::promotion_changes,
        },
    },
    domain::{catalogue::ledger::Cause, code::SkuCode, id::PromotionId, moment::Moment, promotions::history::Change},
    insert_rows,
};
use diesel::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which line of its promotion, counted from 1.
    pub number: i64,
    pub at: Moment,
    pub actor: String,
    pub change: Change,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = promotion_changes, treat_none_as_default_value = false)]
struct Row {
    promotion_id: PromotionId,
    number: i64,
    at: Moment,
    actor: String,
    kind: String,
    sku: Option<SkuCode>,
    name_before: Option<String>,
    name_after: Option<String>,
    ends_before: Option<Moment>,
    ends_after: Option<Moment>,
    quantity_before: Option<i64>,
    quantity_after: Option<i64>,
}

impl Row {
    fn new(cause: &Cause, promotion_id: PromotionId, number: i64, change: &Change) -> Self {
        let bare = |kind: &str| Self {
            promotion_id,
            number,
            at: cause.at,
            actor: cause.actor.clone(),
            kind: kind.to_owned(),
            sku: None,
            name_before: None,
            name_after: None,
            ends_before: None,
            ends_after: None,
            quantity_before: None,
            quantity_after: None,
        };
        let ends = |kind, before, after| Self { ends_before: before, ends_after: Some(after), ..bare(kind) };
        let held = |kind, sku: &SkuCode, before, after| Self {
            sku: Some(sku.clone()),
            quantity_before: before,
            quantity_after: after,
            ..bare(kind)
        };
        match change {
            Change::Created { ends_at } => ends("created", None, *ends_at),
            Change::Renamed { from, to } => {
                Self { name_before: Some(from.clone()), name_after: Some(to.clone()), ..bare("renamed") }
            }
            Change::EndMoved { from, to } => ends("end_moved", Some(*from), *to),
            Change::ProductAdded { sku, quantity } => held("product_added", sku, None, Some(*quantity)),
            Change::QuantityChanged { sku, from, to } => held("quantity_changed", sku, Some(*from), Some(*to)),
            Change::ProductRemoved { sku, quantity, sold } => {
                held("product_removed", sku, Some(*quantity), Some(*sold))
            }
            Change::EndedEarly { scheduled, at } => ends("ended_early", Some(*scheduled), *at),
        }
    }

    /// The change, if the columns have what its kind says.
    fn change(self) -> Option<Change> {
        let Self {
            kind, sku, name_before, name_after, ends_before, ends_after, quantity_before, quantity_after, ..
        } = self;
        Some(match kind.as_str() {
            "created" => Change::Created { ends_at: ends_after? },
            "renamed" => Change::Renamed { from: name_before?, to: name_after? },
            "end_moved" => Change::EndMoved { from: ends_before?, to: ends_after? },
            "product_added" => Change::ProductAdded { sku: sku?, quantity: quantity_after? },
            "quantity_changed" => Change::QuantityChanged { sku: sku?, from: quantity_before?, to: quantity_after? },
            "product_removed" => {
                Change::ProductRemoved { sku: sku?, quantity: quantity_before?, sold: quantity_after? }
            }
            "ended_early" => Change::EndedEarly { scheduled: ends_before?, at: ends_after? },
            _ => return None,
        })
    }

    fn line(self) -> QueryResult<Line> {
        let number = self.number;
        let at = self.at;
        let actor = self.actor.clone();
        let words = format!("line {number} of the history of {} is not one of this program", self.promotion_id);
        let change = self.change().ok_or_else(|| diesel::result::Error::DeserializationError(words.into()))?;
        Ok(Line { number, at, actor, change })
    }
}

/// Appends `changes` to the history of `promotion`, which is new or locked.
pub fn append(conn: &mut Conn, cause: &Cause, promotion: PromotionId, changes: &[Change]) -> QueryResult<()> {
    let last: Option<i64> = promotion_changes::table
        .filter(promotion_changes::promotion_id.eq(promotion))
        .order(promotion_changes::number.desc())
        .select(promotion_changes::number)
        .first(conn)
        .optional()?;
    let numbers = last.unwrap_or(0) + 1..;
    let rows: Vec<Row> =
        changes.iter().zip(numbers).map(|(change, number)| Row::new(cause, promotion, number, change)).collect();
    insert_rows!(conn, promotion_changes::table, rows)
}

/// The page at `place` of the history of `promotion`, newest line first. Its keys are the lines' numbers.
pub fn page(conn: &mut Conn, promotion: PromotionId, place: &Place) -> QueryResult<Page<Line>> {
    let number = promotion_changes::number;
    let mut query = promotion_changes::table
        .filter(promotion_changes::promotion_id.eq(promotion))
        .select(Row::as_select())
        .limit(Place::LIMIT)
        .into_boxed();
    // A key that is not a number belongs to no line: the page after it is the first, the page before it the last.
    query = match place {
        Place::Start => query.order(number.desc()),
        Place::After(key) => query.filter(number.lt(key.parse().unwrap_or(i64::MAX))).order(number.desc()),
        Place::Before(key) => query.filter(number.gt(key.parse().unwrap_or(0))).order(number.asc()),
    };
    let rows: Vec<Row> = query.load(conn)?;
    Ok(Page::new(place, rows.into_iter().map(Row::line).collect::<QueryResult<_>>()?))
}

/// How many lines [`latest`] returns: more than one edit writes.
const LATEST: i64 = 2_000;

/// The latest lines of the history of `promotion`, newest first: enough to find who made the current values.
pub fn latest(conn: &mut Conn, promotion: PromotionId) -> QueryResult<Vec<Line>> {
    let rows: Vec<Row> = promotion_changes::table
        .filter(promotion_changes::promotion_id.eq(promotion))
        .order(promotion_changes::number.desc())
        .limit(LATEST)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::line).collect()
}
