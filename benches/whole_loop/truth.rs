//! What was really there, from what the marketplaces sold and what the seller did, without the program: one SKU at a time, in the
//! order of time. It is simpler than the program on purpose.

use flashsale::domain::moment::Moment;

/// What happens to a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// So many units are delivered.
    Delivered(i64),
    /// So many are held for the store with this position.
    Held(usize, i64),
    /// The sale of the hold ends.
    Released,
    /// A buyer bought a unit in this store, as unit `id` of all.
    Bought(usize, u64),
    /// The buyer of this unit cancelled.
    Cancelled(u64),
}

/// A unit that was bought although nothing was left for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beyond {
    pub at: Moment,
    pub store: usize,
    /// Whether it was bought in the store of an allocation that was running.
    pub is_of_allocation: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Hold,
    Shared,
    Nothing,
}

/// The units that were bought beyond stock. `on_hand` and the hold are what there is at the beginning; `is_allocation` says
/// whether holds are allocations.
pub fn beyond(
    on_hand: i64,
    hold: Option<(usize, i64)>,
    is_allocation: bool,
    events: &[(Moment, Event)],
) -> Vec<Beyond> {
    let mut hold = hold;
    let mut shared = on_hand - hold.map_or(0, |(_, units)| units);
    // Units that are owed: what comes back goes to them first.
    let mut owed = 0;
    let mut sources = std::collections::HashMap::new();
    let mut found = Vec::new();
    let give = |units: i64, shared: &mut i64, owed: &mut i64| {
        let paid = units.min(*owed);
        *owed -= paid;
        *shared += units - paid;
    };
    for (at, event) in events {
        match *event {
            Event::Delivered(units) => give(units, &mut shared, &mut owed),
            Event::Held(store, units) => {
                // What was sold already cannot be held, whatever the program believed.
                let real = units.min(shared);
                shared -= real;
                hold = Some((store, real));
            }
            Event::Released => {
                let (_, left) = hold.take().unwrap_or((0, 0));
                give(left, &mut shared, &mut owed);
            }
            Event::Bought(store, id) => {
                let own = hold.as_mut().filter(|(of, left)| *of == store && *left > 0);
                let source = if let Some((_, left)) = own {
                    *left -= 1;
                    Source::Hold
                } else if shared > 0 {
                    shared -= 1;
                    Source::Shared
                } else {
                    owed += 1;
                    let is_of_allocation = is_allocation && hold.is_some_and(|(of, _)| of == store);
                    found.push(Beyond { at: *at, store, is_of_allocation });
                    Source::Nothing
                };
                sources.insert(id, (source, store));
            }
            Event::Cancelled(id) => match sources.remove(&id) {
                Some((Source::Nothing, _)) => owed = (owed - 1).max(0),
                Some((Source::Hold, store)) if hold.is_some_and(|(of, _)| of == store) => {
                    hold = hold.map(|(of, left)| (of, left + 1));
                }
                Some(_) => give(1, &mut shared, &mut owed),
                None => {}
            },
        }
    }
    found
}
