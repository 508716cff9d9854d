//! The sales of a flash sale over time, of all its products or of one: a chart, and the same numbers in a table.

use super::chart::{self, Size};
use crate::{
    db::{
        Conn, QueryResult,
        promotions::{Promotion, report},
    },
    domain::{
        code::SkuCode,
        moment::Moment,
        promotions::{
            buckets::Buckets,
            sales::{Sales, left},
            schedule::{display, display_day, display_hour, duration_in_words},
        },
        text::counted,
    },
    web::error::PageError,
};
use chrono::TimeDelta;
use chrono_tz::Tz;
use std::{cmp::Reverse, collections::HashMap};

/// The sales of each product over time: all numbers of the report are sums of these.
pub struct SoldBySku {
    buckets: Buckets,
    by_sku: HashMap<SkuCode, Vec<Sales>>,
}

impl SoldBySku {
    /// Reads the sales until the promotion ended or `now`, in buckets that begin at round times of `zone`.
    pub fn read(conn: &mut Conn, promotion: &Promotion, zone: Tz, now: Moment) -> QueryResult<Self> {
        let buckets = Buckets::covering(promotion.starts_at, promotion.ends_at.min(now), zone);
        Ok(Self { by_sku: report::over_time(conn, promotion.id, &buckets)?, buckets })
    }

    pub fn of(&self, sku: &SkuCode) -> Sales {
        self.by_sku.get(sku).into_iter().flatten().copied().sum()
    }

    pub fn of_all(&self) -> Sales {
        self.by_sku.values().flatten().copied().sum()
    }
}

pub struct OverTime {
    buckets: Buckets,
    /// By bucket.
    sales: Vec<Sales>,
    /// Units left in the hold at the end of each bucket.
    left: Vec<i64>,
}

impl OverTime {
    /// The sales of `sku`, or of all products, and what was left in the hold, which is read here.
    pub fn read(conn: &mut Conn, promotion: &Promotion, sold: &SoldBySku, sku: Option<&SkuCode>) -> QueryResult<Self> {
        let buckets = sold.buckets;
        let mut sales = vec![Sales::default(); buckets.count];
        for (code, of_sku) in &sold.by_sku {
            if sku.is_none_or(|sku| sku == code) {
                for (sum, of_bucket) in sales.iter_mut().zip(of_sku) {
                    *sum += *of_bucket;
                }
            }
        }
        let changes = report::hold_changes(conn, promotion.id, sku)?;
        Ok(Self { left: left(&buckets, &sales, &changes), sales, buckets })
    }

    fn sum(&self) -> Sales {
        self.sales.iter().copied().sum()
    }
}

/// One bucket: a bar of the chart and a row of the table.
pub struct SoldRow {
    /// The label of the bar.
    pub label: String,
    pub from: String,
    pub sales: Sales,
    /// Units left in the hold at its end.
    pub left: i64,
}

/// The section of the page.
pub struct SoldOverTime {
    /// The product that was typed; empty for all.
    pub typed: String,
    /// The error at that field.
    pub error: String,
    /// The charts, for wide and for narrow screens; empty when nothing was sold.
    pub pictures: Vec<(&'static str, String)>,
    /// The charts in words, for screen readers.
    pub summary: String,
    /// Whether the legend needs this kind of units.
    pub has_shared: bool,
    pub has_oversold: bool,
    pub rows: Vec<SoldRow>,
    /// The zone of the times.
    pub zone: &'static str,
}

impl SoldOverTime {
    pub fn new(over_time: &OverTime, typed: &str, is_known: bool, zone: Tz) -> Result<Self, PageError> {
        let OverTime { buckets, sales, left } = over_time;
        let mut rows = Vec::new();
        for nth in 0..buckets.count {
            let begin = buckets.begin(nth);
            let label = label(buckets, begin, zone);
            rows.push(SoldRow { label, from: display(begin, zone), sales: sales[nth], left: left[nth] });
        }
        let sum = over_time.sum();
        let mut pictures = Vec::new();
        if sum.units() > 0 {
            for (name, size) in [("wide", Size::Wide), ("narrow", Size::Narrow)] {
                let svg = chart::draw(&rows, size).map_err(|error| PageError::Fault(format!("a chart: {error}")))?;
                pictures.push((name, svg));
            }
        }
        Ok(Self {
            typed: typed.to_owned(),
            error: if is_known { String::new() } else { format!("This flash sale has no product “{typed}”.") },
            pictures,
            summary: summary(over_time, zone),
            has_shared: sum.from_shared > 0,
            has_oversold: sum.oversold > 0,
            rows,
            zone: zone.name(),
        })
    }
}

/// The hour, or the day, or both if there are several days of hours.
fn label(buckets: &Buckets, at: Moment, zone: Tz) -> String {
    let day = TimeDelta::days(1);
    let count = i32::try_from(buckets.count).expect("few");
    match buckets.width {
        width if width >= day => display_day(at, zone),
        width if width * count <= day + width => display_hour(at, zone),
        _ => format!("{}, {}", display_day(at, zone), display_hour(at, zone)),
    }
}

fn summary(over_time: &OverTime, zone: Tz) -> String {
    let OverTime { buckets, sales, left } = over_time;
    let busiest = (0..buckets.count).max_by_key(|nth| (sales[*nth].units(), Reverse(*nth))).unwrap_or(0);
    format!(
        "{} sold, in steps of {}: the most, {}, from {} on. {} left in the hold at the end.",
        counted(over_time.sum().units(), "unit"),
        duration_in_words(buckets.width),
        sales[busiest].units(),
        display(buckets.begin(busiest), zone),
        counted(left.last().copied().unwrap_or(0), "unit"),
    )
}
