//! A draft of a flash sale: what the create form keeps between its steps, as it was typed, and what it comes to.

use super::{
    promotion::{FlashSaleType, parse_name},
    schedule::{Schedule, ScheduleRefusal, parse_local},
};
use crate::domain::{catalogue::stock::parse_units, moment::Moment};
use chrono::TimeDelta;
use chrono_tz::Tz;

/// What the details step holds, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypedDetails {
    /// The promotion's name.
    pub name: String,
    /// The word of the flash sale type.
    pub flash_sale_type: String,
    /// The code of the store.
    pub store: String,
    /// The start; empty for now.
    pub start: String,
    /// The end.
    pub end: String,
}

/// The fields of the details step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailField {
    /// The promotion's name.
    Name,
    /// The flash sale type.
    FlashSaleType,
    /// The sales channel store.
    Store,
    /// The start of the schedule.
    Start,
    /// The end of the schedule.
    End,
}

/// What the details step comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// The promotion's name.
    pub name: String,
    /// Which of the two types.
    pub flash_sale_type: FlashSaleType,
    /// The start that was typed, if one was.
    pub start: Option<Moment>,
    /// The first moment after the sale.
    pub ends_at: Moment,
}

impl TypedDetails {
    /// What was typed, checked at `now`. `zone` is that of the store, if there is a store of the typed code.
    ///
    /// # Errors
    /// Every field that is to be mended, in their order, with what to do.
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

    /// The start, if one was typed, and the end. Without a store their zone is not known, and no more is said of them
    /// than that they are to be times.
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
        let refusals = Schedule::from_now(now, start, ends_at.unwrap_or(now.plus(TimeDelta::days(1)))).err();
        if let Some(zone) = zone {
            let words = |refusal: ScheduleRefusal| (field_of(&refusal), refusal.told(now, zone));
            errors.extend(refusals.into_iter().flatten().map(words));
        }
        (start, ends_at)
    }
}

/// The field at which a refusal of the schedule is mended.
#[must_use]
pub fn field_of(refusal: &ScheduleRefusal) -> DetailField {
    match refusal {
        ScheduleRefusal::StartNotNow => DetailField::Start,
        ScheduleRefusal::EndNotAfterNow | ScheduleRefusal::EndNotAfterStart => DetailField::End,
    }
}

/// The units to hold of one product, from what was typed.
///
/// # Errors
/// A sentence that says what to enter.
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
    fn every_field_that_is_to_be_mended_is_named() {
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
