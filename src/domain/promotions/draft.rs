//! The draft of a flash sale: the fields of the create form as they were typed, and their parsed values.

use super::{
    promotion::{FlashSaleType, parse_name},
    schedule::{Schedule, ScheduleRefusal, parse_local},
};
use crate::domain::{catalogue::stock::parse_units, moment::Moment};
use chrono::TimeDelta;
use chrono_tz::Tz;

/// The fields of the details step as they were typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedDetails {
    /// The promotion's name.
    pub name: String,
    /// See [`FlashSaleType::as_str`].
    pub flash_sale_type: String,
    /// The code of the store.
    pub store: String,
    /// The start as a local time; empty means now.
    pub start: String,
    /// The end as a local time.
    pub end: String,
}

/// The fields of the details step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum DetailField {
    Name,
    FlashSaleType,
    Store,
    Start,
    End,
}

/// The parsed values of the details step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The promotion's name.
    pub name: String,
    /// The flash sale type.
    pub flash_sale_type: FlashSaleType,
    /// The start, if one was typed.
    pub start: Option<Moment>,
    /// The first moment after the sale.
    pub ends_at: Moment,
}

impl TypedDetails {
    /// Parses and checks the fields. `zone` is the time zone of the store, if there is a store with the typed code.
    /// Fails with every invalid field, in the order of the form, with a message that says what to do.
    pub fn parse(&self, zone: Option<Tz>, now: Moment) -> Result<Details, Vec<(DetailField, String)>> {
        let mut errors: Vec<(DetailField, String)> = Vec::new();
        let name = parse_name(&self.name).map_err(|why| errors.push((DetailField::Name, why.to_string())));
        let flash_sale_type = FlashSaleType::parse(&self.flash_sale_type);
        if flash_sale_type.is_none() {
            errors.push((DetailField::FlashSaleType, "Choose Stock Allocation or Stock Reservation.".to_owned()));
        }
        if zone.is_none() {
            errors.push((DetailField::Store, "Choose the store that the stock is held for.".to_owned()));
        }
        let (start, ends_at) = self.schedule(zone, now, &mut errors);
        match (name, flash_sale_type, ends_at) {
            (Ok(name), Some(flash_sale_type), Some(ends_at)) if errors.is_empty() => {
                Ok(Details { name, flash_sale_type, start, ends_at })
            }
            _ => Err(errors),
        }
    }

    /// The start, if one was typed, and the end. Without a store the zone is unknown: then the fields are only checked to
    /// be times, and not against the schedule.
    fn schedule(
        &self,
        zone: Option<Tz>,
        now: Moment,
        errors: &mut Vec<(DetailField, String)>,
    ) -> (Option<Moment>, Option<Moment>) {
        let mut local = |field, what, text: &str| {
            let parsed = parse_local(what, text, zone.unwrap_or(Tz::UTC));
            parsed.map_err(|why| errors.push((field, why.to_string()))).ok()
        };
        let start = if self.start.trim().is_empty() { None } else { local(DetailField::Start, "start", &self.start) };
        let ends_at = local(DetailField::End, "end", &self.end);
        // With an invalid end, the start is still checked against some end.
        let checked_end = ends_at.unwrap_or(now.plus(TimeDelta::days(1)));
        let refusals = Schedule::from_now(now, start, checked_end).err().unwrap_or_default();
        if let Some(zone) = zone {
            for refusal in refusals {
                errors.push((field_of(&refusal), refusal.with_local_time(now, zone)));
            }
        }
        (start, ends_at)
    }
}

/// The field where a refusal of the schedule is shown.
pub fn field_of(refusal: &ScheduleRefusal) -> DetailField {
    match refusal {
        ScheduleRefusal::StartNotNow => DetailField::Start,
        ScheduleRefusal::EndNotAfterNow | ScheduleRefusal::EndNotAfterStart => DetailField::End,
    }
}

/// Parses the units to hold of one product.
/// The error is a sentence that says what to enter.
pub fn parse_quantity(typed: &str) -> Result<i64, String> {
    parse_units(typed, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::from(chrono::DateTime::parse_from_rfc3339(text).expect("RFC 3339").to_utc())
    }

    fn typed(name: &str, kind: &str, start: &str, end: &str) -> TypedDetails {
        let [name, flash_sale_type, store, start, end] = [name, kind, "lazada-sg", start, end].map(str::to_owned);
        TypedDetails { name, flash_sale_type, store, start, end }
    }

    #[test]
    fn details_are_read_in_the_zone_of_the_store() {
        let now = moment("2026-11-10T12:00:00Z");
        let details = typed("11.11", "stock_allocation", "", "2026-11-12T00:00").parse(Some(Tz::Asia__Singapore), now);
        assert_eq!(
            details,
            Ok(Details {
                name: "11.11".to_owned(),
                flash_sale_type: FlashSaleType::StockAllocation,
                start: None,
                ends_at: moment("2026-11-11T16:00:00Z"),
            })
        );
    }

    #[test]
    fn every_invalid_field_is_named() {
        use DetailField::{End, FlashSaleType as Type, Name, Start, Store};
        let now = moment("2026-11-10T12:00:00Z");
        for (details, zone, fields) in [
            (typed("", "", "", ""), None, vec![Name, Type, Store, End]),
            (typed("x", "stock_allocation", "2026-11-10T13:00", "2026-11-10T11:00"), None, vec![Store]),
            (typed("", "", "", ""), Some(Tz::UTC), vec![Name, Type, End]),
            (typed("x", "stock_allocation", "2026-11-10T13:00", "2026-11-11T00:00"), Some(Tz::UTC), vec![Start]),
            (typed("x", "stock_allocation", "soon", "2026-11-10T11:00"), Some(Tz::UTC), vec![Start, End]),
            (typed("x", "stock_reservation", "", "2026-11-10T12:00"), Some(Tz::UTC), vec![End]),
        ] {
            let errors = details.parse(zone, now).expect_err("refused");
            assert_eq!(errors.iter().map(|(field, _)| *field).collect::<Vec<_>>(), fields, "{details:?}");
        }
    }
}
