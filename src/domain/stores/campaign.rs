//! Campaigns: the marketplaces' own promotions. Each locks units of some listings for its time: the store cannot be set to
//! show fewer.

use crate::domain::{catalogue::stock::MAX_UNITS, moment::Moment, promotions::schedule::whole_minute, text::nfc};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// How often the campaigns of a store with a running flash sale are read.
pub const PERIOD_OF_SALE: TimeDelta = TimeDelta::minutes(3);

/// How often those of any other store are.
pub const PERIOD: TimeDelta = TimeDelta::minutes(30);

/// The most characters of a text of a marketplace that is stored.
const CHARACTERS: usize = 120;

/// The time until the campaigns of a store are read again.
pub fn period(has_running_sale: bool) -> TimeDelta {
    if has_running_sale { PERIOD_OF_SALE } else { PERIOD }
}

/// What one campaign does to one listing, as the marketplace says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// The same for all listings of one campaign of a store.
    pub id: String,
    /// What pages call it: the marketplace's kind or name of it, and its number.
    pub name: String,
    /// The units that it locks.
    pub units: i64,
    /// `None` if the marketplace does not say.
    pub starts_at: Option<Moment>,
    /// The first moment after it; `None` if the marketplace does not say.
    pub ends_at: Option<Moment>,
}

impl Campaign {
    /// Whether it has ended at `now`.
    pub fn is_over(&self, now: Moment) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
    }

    /// A flash sale that ends then or later covers it: ends of sales are whole minutes, and campaigns often end in the last
    /// second of one.
    pub fn sale_until(&self) -> Option<Moment> {
        let next = whole_minute(self.ends_at?);
        Some(if Some(next) == self.ends_at { next } else { next.plus(-TimeDelta::minutes(1)) })
    }
}

/// The campaigns of one listing as they are stored, by id: without those that are over or lock nothing, and each once, with
/// all the units that it locks.
pub fn arranged(given: Vec<Campaign>, now: Moment) -> Vec<Campaign> {
    let mut of_id: BTreeMap<String, Campaign> = BTreeMap::new();
    for campaign in given {
        if campaign.units <= 0 || campaign.is_over(now) {
            continue;
        }
        let id = storable(&campaign.id);
        let name = storable(&campaign.name);
        match of_id.get_mut(&id) {
            Some(known) => {
                known.units = known.units.saturating_add(campaign.units).min(MAX_UNITS);
                known.ends_at = known.ends_at.zip(campaign.ends_at).map(|(one, other)| one.max(other));
            }
            None => {
                let units = campaign.units.min(MAX_UNITS);
                of_id.insert(id.clone(), Campaign { id, name, units, ..campaign });
            }
        }
    }
    of_id.into_values().collect()
}

fn storable(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !c.is_control()).take(CHARACTERS).collect();
    nfc(visible.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::noon;

    fn campaign(id: &str, units: i64, ends_in: Option<i64>) -> Campaign {
        let ends_at = ends_in.map(|seconds| noon().plus(TimeDelta::seconds(seconds)));
        Campaign { id: id.to_owned(), name: format!("Campaign {id}"), units, starts_at: None, ends_at }
    }

    #[test]
    fn a_sale_covers_a_campaign_to_its_last_whole_minute() {
        for (ends_in, until) in [(Some(60), Some(60)), (Some(119), Some(60)), (Some(61), Some(60)), (None, None)] {
            let until = until.map(|seconds| noon().plus(TimeDelta::seconds(seconds)));
            assert_eq!(campaign("1", 5, ends_in).sale_until(), until, "{ends_in:?}");
        }
    }

    #[test]
    fn campaigns_are_stored_once_each_while_they_lock_something() {
        for (given, stored) in [
            (vec![], vec![]),
            (vec![campaign("1", 0, Some(60)), campaign("2", -1, None), campaign("3", 9, Some(0))], vec![]),
            (vec![campaign("2", 5, Some(60)), campaign("1", 4, None)], vec![("1", 4, None), ("2", 5, Some(60))]),
            (vec![campaign("1", 5, Some(60)), campaign("1", 4, Some(90))], vec![("1", 9, Some(90))]),
            (vec![campaign("1", 5, Some(60)), campaign("1", 4, None)], vec![("1", 9, None)]),
            (vec![campaign("1\0\n", i64::MAX, Some(60))], vec![("1", MAX_UNITS, Some(60))]),
            (
                vec![campaign("1", i64::MAX, Some(60)), campaign("1", i64::MAX, Some(60))],
                vec![("1", MAX_UNITS, Some(60))],
            ),
        ] {
            let expected: Vec<Campaign> =
                stored.into_iter().map(|(id, units, ends_in)| campaign(id, units, ends_in)).collect();
            let found = arranged(given.clone(), noon());
            let without_names = |campaigns: &[Campaign]| -> Vec<(String, i64, Option<Moment>)> {
                campaigns.iter().map(|of| (of.id.clone(), of.units, of.ends_at)).collect()
            };
            assert_eq!(without_names(&found), without_names(&expected), "{given:?}");
        }
    }

    #[test]
    fn stores_with_a_running_sale_are_read_more_often() {
        assert_eq!((period(true), period(false)), (PERIOD_OF_SALE, PERIOD));
    }
}
