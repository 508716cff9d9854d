//! Creates and updates SKUs: their names, units on hand, buffers, and the stores that list them. Imports, the API and
//! the form for one SKU all use this action.

use crate::{
    db::{
        Conn, QueryResult,
        availability::{self, Available},
        catalogue::{
            ledger::{self, OpeningSku},
            skus::{self, Sku},
        },
        stores::{
            self,
            listings::{self, Listing},
        },
    },
    domain::{
        catalogue::ledger::{Cause, Entry},
        code::{SkuCode, StoreCode},
        text::{TextRefusal, single_line},
    },
};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The wanted values of one SKU. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuInput {
    pub code: SkuCode,
    /// A new SKU needs a name.
    pub name: Option<String>,
    /// The units that were counted. A new SKU needs them.
    pub on_hand: Option<i64>,
    /// 0 for a new SKU, unless it is given.
    pub buffer: Option<i64>,
    /// Every store that lists the SKU.
    pub listings: Option<Vec<StoreCode>>,
}

/// A SKU's name: one line of up to 200 characters.
pub fn parse_name(text: &str) -> Result<String, TextRefusal> {
    single_line("SKU name", text, 200)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Created,
    Updated,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkuRefusal {
    #[error("Add the store “{0}” first: there is no such store.")]
    UnknownStore(StoreCode),
    #[error("Keep it listed on {store}, or end “{promotion_name}” first: that flash sale holds it there.")]
    HeldThere { store: String, promotion_name: String },
    #[error("Send each SKU once: “{0}” is here twice.")]
    Twice(SkuCode),
    #[error("Add {}: “{sku}” is a new SKU.", missing.in_words())]
    Incomplete { sku: SkuCode, missing: Missing },
}

/// What a new SKU needs and was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    Name,
    OnHand,
    NameAndOnHand,
}

impl Missing {
    fn of(input: &SkuInput) -> Option<Self> {
        match (&input.name, input.on_hand) {
            (Some(_), Some(_)) => None,
            (None, Some(_)) => Some(Self::Name),
            (Some(_), None) => Some(Self::OnHand),
            (None, None) => Some(Self::NameAndOnHand),
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Name => "its name",
            Self::OnHand => "the units on hand",
            Self::NameAndOnHand => "its name and the units on hand",
        }
    }
}

/// Applies the valid rows of `inputs` and returns a result for each row, in their order. A refused row does not stop
/// the others.
pub fn run(conn: &mut Conn, cause: &Cause, inputs: Vec<SkuInput>) -> QueryResult<Vec<Result<Saved, SkuRefusal>>> {
    let current = CurrentState::load(conn, cause, &inputs)?;
    let mut seen = HashSet::new();
    let mut changes = Changes::default();
    let mut results = Vec::with_capacity(inputs.len());
    for input in inputs {
        results.push(match current.check(&input, &mut seen) {
            Ok(()) => Ok(changes.add(input, &current, cause)),
            Err(refusal) => Err(refusal),
        });
    }
    changes.save(conn, cause, current)?;
    Ok(results)
}

/// [`run`] for one row.
pub fn run_one(conn: &mut Conn, cause: &Cause, input: SkuInput) -> QueryResult<Result<Saved, SkuRefusal>> {
    let result = run(conn, cause, vec![input])?.pop();
    Ok(result.expect("one result for one row"))
}

/// The stored state that the rows are checked against. Its SKUs are locked.
struct CurrentState {
    skus: BTreeMap<SkuCode, Sku>,
    listed: BTreeMap<SkuCode, Vec<StoreCode>>,
    available: Available,
    /// The name of every store.
    stores: BTreeMap<StoreCode, String>,
}

impl CurrentState {
    fn load(conn: &mut Conn, cause: &Cause, inputs: &[SkuInput]) -> QueryResult<Self> {
        let codes = || inputs.iter().map(|input| &input.code);
        let locked = skus::lock(conn, codes())?;
        Ok(Self {
            listed: listings::stores_of(conn, codes())?,
            available: availability::of(conn, &locked, cause.at)?,
            skus: locked.into_iter().map(|sku| (sku.code.clone(), sku)).collect(),
            stores: stores::all(conn)?.into_iter().map(|store| (store.code, store.name)).collect(),
        })
    }

    fn check(&self, input: &SkuInput, seen: &mut HashSet<SkuCode>) -> Result<(), SkuRefusal> {
        if let Some(wanted) = &input.listings {
            if let Some(unknown) = wanted.iter().find(|store| !self.stores.contains_key(*store)) {
                return Err(SkuRefusal::UnknownStore(unknown.clone()));
            }
            let holds = self.available.get(&input.code).map_or(&[][..], |availability| &availability.holds);
            if let Some(hold) = holds.iter().find(|hold| !wanted.contains(&hold.store)) {
                return Err(SkuRefusal::HeldThere {
                    store: self.stores[&hold.store].clone(),
                    promotion_name: hold.promotion_name.clone(),
                });
            }
        }
        if !self.skus.contains_key(&input.code)
            && let Some(missing) = Missing::of(input)
        {
            return Err(SkuRefusal::Incomplete { sku: input.code.clone(), missing });
        }
        if seen.insert(input.code.clone()) { Ok(()) } else { Err(SkuRefusal::Twice(input.code.clone())) }
    }
}

/// The pending writes of all rows.
#[derive(Default)]
struct Changes {
    opening: Vec<OpeningSku>,
    renamed: Vec<(SkuCode, String)>,
    entries: Vec<Entry>,
    listed: Vec<Listing>,
    unlisted: Vec<(SkuCode, StoreCode)>,
}

impl Changes {
    fn add(&mut self, input: SkuInput, current: &CurrentState, cause: &Cause) -> Saved {
        let SkuInput { code, name, on_hand, buffer, listings } = input;
        if let Some(wanted) = listings {
            let wanted: BTreeSet<StoreCode> = wanted.into_iter().collect();
            let listed = current.listed.get(&code).map_or(&[][..], Vec::as_slice);
            for store in listed {
                if !wanted.contains(store) {
                    self.unlisted.push((code.clone(), store.clone()));
                }
            }
            for store in wanted {
                if !listed.contains(&store) {
                    self.listed.push(Listing::new(code.clone(), store, cause.at));
                }
            }
        }
        match current.skus.get(&code) {
            Some(sku) => {
                self.entries.extend(on_hand.and_then(|units| Entry::stocktake(&code, sku.on_hand, units)));
                self.entries.extend(buffer.and_then(|units| Entry::buffer(&code, sku.buffer, units)));
                if let Some(name) = name
                    && sku.name != name
                {
                    self.renamed.push((code, name));
                }
                Saved::Updated
            }
            None => {
                let name = name.expect("a new SKU without a name was refused");
                let on_hand = on_hand.expect("a new SKU without units on hand was refused");
                let buffer = buffer.unwrap_or(0);
                self.opening.push(OpeningSku { code, name, on_hand, buffer });
                Saved::Created
            }
        }
    }

    fn save(self, conn: &mut Conn, cause: &Cause, current: CurrentState) -> QueryResult<()> {
        let Self { mut opening, renamed, entries, listed, unlisted } = self;
        // Rows are always inserted in the order of their codes, like locks are taken: otherwise two requests that add
        // the same SKUs could deadlock.
        opening.sort_by(|one, other| one.code.cmp(&other.code));
        ledger::open_skus(conn, cause, &opening)?;
        renamed.iter().try_for_each(|(code, name)| skus::rename(conn, code, name))?;
        ledger::record(conn, cause, current.skus.into_values().collect(), entries)?;
        unlisted.iter().try_for_each(|(sku, store)| listings::delete(conn, sku, store))?;
        listings::insert(conn, &listed)
    }
}
