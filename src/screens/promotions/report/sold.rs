//! What a flash sale sold over time, of all its products or of one: a picture, and the same numbers in a table.

use super::chart::{self, Point, Size};
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
use std::collections::HashMap;

/// What a flash sale sold of each product over time: all numbers of the report are sums of these.
pub struct SoldBySku {
    buckets: Buckets,
    by_sku: HashMap<SkuCode, Vec<Sales>>,
}

impl SoldBySku {
    /// Reads what `promotion` sold until it ended or `now`, in buckets that are even in `zone`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read(conn: &mut Conn, promotion: &Promotion, zone: Tz, now: Moment) -> QueryResult<Self> {
        let buckets = Buckets::covering(promotion.starts_at, promotion.ends_at.min(now), zone);
        Ok(Self { by_sku: report::over_time(conn, promotion.id, &buckets)?, buckets })
    }

    /// What was sold of `sku`.
    pub fn of(&self, sku: &SkuCode) -> Sales {
        self.by_sku.get(sku).into_iter().flatten().copied().sum()
    }

    /// What was sold of all products.
    pub fn of_all(&self) -> Sales {
        self.by_sku.values().flatten().copied().sum()
    }
}

/// What is shown of it.
pub struct OverTime {
    buckets: Buckets,
    /// What was sold in each.
    sales: Vec<Sales>,
    /// What was left at the end of each.
    left: Vec<i64>,
}

impl OverTime {
    /// What `sold` says of `sku`, or of all products, and reads what was left of it in the hold.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read(conn: &mut Conn, promotion: &Promotion, sold: &SoldBySku, sku: Option<&SkuCode>) -> QueryResult<Self> {
        let buckets = sold.buckets;
        let mut sales = vec![Sales::default(); buckets.count];
        let chosen = sold.by_sku.iter().filter(|(code, _)| sku.is_none_or(|sku| sku == *code));
        for of_sku in chosen.map(|(_, of_sku)| of_sku) {
            sales.iter_mut().zip(of_sku).for_each(|(sum, of_bucket)| *sum += *of_bucket);
        }
        let changes = report::hold_changes(conn, promotion.id, sku)?;
        Ok(Self { left: left(&buckets, &sales, &changes), sales, buckets })
    }

    /// What was sold in all of it.
    pub fn sum(&self) -> Sales {
        self.sales.iter().copied().sum()
    }
}

/// One row of the table.
pub struct SoldRow {
    /// When the bucket begins.
    pub from: String,
    /// Units of it.
    pub units: i64,
    /// Where they came from.
    pub sales: Sales,
    /// Units left in the hold at its end.
    pub left: i64,
}

/// The section of the page.
pub struct SoldOverTime {
    /// The product that was asked for, as it was typed; empty for all.
    pub typed: String,
    /// What is wrong with it.
    pub error: String,
    /// The pictures, for wide and for narrow screens; empty when nothing was sold.
    pub pictures: Vec<(&'static str, String)>,
    /// What the pictures show, in words.
    pub summary: String,
    /// Whether there are units of each kind, for the legend.
    pub has_shared: bool,
    /// See [`Self::has_shared`].
    pub has_oversold: bool,
    /// The numbers.
    pub rows: Vec<SoldRow>,
    /// The time zone of the numbers.
    pub zone: &'static str,
}

impl SoldOverTime {
    /// The section of what was read.
    ///
    /// # Errors
    /// A fault when the picture cannot be drawn.
    pub fn new(over_time: &OverTime, typed: &str, is_known: bool, zone: Tz) -> Result<Self, PageError> {
        let OverTime { buckets, sales, left } = over_time;
        let sum = over_time.sum();
        let begins = |nth: usize| buckets.begin(nth);
        let points: Vec<Point> = (0..buckets.count)
            .map(|nth| Point { label: label(buckets, begins(nth), zone), sales: sales[nth], left: left[nth] })
            .collect();
        let picture = |(name, size)| {
            let drawn = chart::draw(&points, size).map_err(|error| PageError::Fault(format!("a chart: {error}")))?;
            Ok((name, drawn))
        };
        let sizes = [("wide", Size::Wide), ("narrow", Size::Narrow)];
        Ok(Self {
            typed: typed.to_owned(),
            error: if is_known { String::new() } else { format!("This flash sale has no product “{typed}”.") },
            pictures: match sum.units() {
                0 => Vec::new(),
                _ => sizes.into_iter().map(picture).collect::<Result<_, PageError>>()?,
            },
            summary: summary(over_time, zone),
            has_shared: sum.from_shared > 0,
            has_oversold: sum.oversold > 0,
            rows: (0..buckets.count)
                .map(|nth| SoldRow {
                    from: display(begins(nth), zone),
                    units: sales[nth].units(),
                    sales: sales[nth],
                    left: left[nth],
                })
                .collect(),
            zone: zone.name(),
        })
    }
}

/// What stands under a bar: the hour, or the day, or both where there are several days of hours.
fn label(buckets: &Buckets, at: Moment, zone: Tz) -> String {
    let day = TimeDelta::days(1);
    let count = i32::try_from(buckets.count).expect("few");
    match buckets.width {
        width if width >= day => display_day(at, zone),
        width if width * count <= day + width => display_hour(at, zone),
        _ => format!("{}, {}", display_day(at, zone), display_hour(at, zone)),
    }
}

/// What the picture shows, for whoever does not see it.
fn summary(OverTime { buckets, sales, left }: &OverTime, zone: Tz) -> String {
    let all: Sales = sales.iter().copied().sum();
    let busiest = (0..buckets.count).max_by_key(|nth| (sales[*nth].units(), std::cmp::Reverse(*nth))).unwrap_or(0);
    format!(
        "{} sold, in steps of {}: the most, {}, from {} on. {} left in the hold at the end.",
        counted(all.units(), "unit"),
        duration_in_words(buckets.width),
        sales[busiest].units(),
        display(buckets.begin(busiest), zone),
        counted(left.last().copied().unwrap_or(0), "unit"),
    )
}
