//! What campaigns lock of a listing: the store cannot be set to show fewer units.

use crate::domain::{moment::Moment, stores::failure::Lock};

/// A marketplace's own campaign, and the units of one listing that it locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Campaign {
    pub(super) quantity: i64,
    pub(super) ends_at: Option<Moment>,
}

/// The lock on a listing that campaigns do not allow to show as little as `quantity`. It ends once enough of them have.
pub(super) fn lock_of(quantity: i64, campaigns: &[Campaign], now: Moment) -> Option<Lock> {
    let mut open: Vec<_> = campaigns.iter().filter(|campaign| campaign.ends_at.is_none_or(|end| end > now)).collect();
    let locked: i64 = open.iter().map(|campaign| campaign.quantity).sum();
    if quantity >= locked {
        return None;
    }
    // Campaigns without an end come last.
    open.sort_by_key(|campaign| (campaign.ends_at.is_none(), campaign.ends_at));
    let mut until = None;
    let mut left = locked;
    for campaign in open {
        left -= campaign.quantity;
        if quantity >= left {
            until = campaign.ends_at;
            break;
        }
    }
    Some(Lock { quantity: Some(locked), until })
}

pub(super) fn locked_message(name: &str, lock: Lock) -> String {
    match lock.quantity {
        Some(units) => format!("{name} has locked {units} for its own campaign."),
        None => format!("{name} has locked this stock for its own campaign."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_what_open_campaigns_keep_and_ends_when_enough_of_them_do() {
        let now = Moment::from(chrono::DateTime::UNIX_EPOCH);
        let hour = |hours| Some(now.plus(chrono::TimeDelta::hours(hours)));
        let campaign = |quantity, ends_at| Campaign { quantity, ends_at };
        for (quantity, campaigns, lock) in [
            (50, vec![], None),
            (60, vec![campaign(60, hour(1))], None),
            (50, vec![campaign(60, hour(1))], Some((60, hour(1)))),
            (50, vec![campaign(60, hour(0))], None),
            (50, vec![campaign(60, None)], Some((60, None))),
            (50, vec![campaign(30, hour(3)), campaign(30, hour(1))], Some((60, hour(1)))),
            (20, vec![campaign(30, hour(3)), campaign(30, hour(1))], Some((60, hour(3)))),
            (20, vec![campaign(30, None), campaign(30, hour(1))], Some((60, None))),
        ] {
            let lock = lock.map(|(kept, until)| Lock { quantity: Some(kept), until });
            assert_eq!(lock_of(quantity, &campaigns, now), lock, "{quantity} {campaigns:?}");
        }
    }
}
