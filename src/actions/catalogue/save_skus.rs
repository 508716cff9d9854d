//! Adds SKUs and brings existing ones up to date: their names, what is on hand, their buffers, and the stores that
//! list them. Imports, the API and the form for one SKU all come through here.

use crate::{
    db::{
        Conn, QueryResult,
        catalogue::{
            ledger::{self, OpeningSku},
            skus::{self, Sku},
        },
        promotions::holds,
        stores::{
            self,
            listings::{self, Listing},
        },
    },
    domain::{
        catalogue::ledger::{Cause, Entry},
        code::{SkuCode, StoreCode},
        promotions::hold::Hold,
        text::{TextRefusal, single_line},
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a SKU is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuInput {
    /// Its code.
    pub code: SkuCode,
    /// What people call it.
    pub name: String,
    /// Units in the warehouse; `None` leaves them (0 for a new SKU).
    pub on_hand: Option<i64>,
    /// Units kept back from every store; `None` leaves them (0 for a new SKU).
    pub buffer: Option<i64>,
    /// Every store that lists it; `None` leaves the list.
    pub listings: Option<Vec<StoreCode>>,
}

/// The name of a SKU from what somebody typed or sent.
///
/// # Errors
/// A [`TextRefusal`] when it is missing, too long or has a hidden character.
pub fn parse_name(text: &str) -> Result<String, TextRefusal> {
    single_line("SKU name", text, 200)
}

/// What was done with one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// The SKU is new.
    Created,
    /// There was one of that code.
    Updated,
}

/// Why one row was not applied; the others were.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkuRefusal {
    /// It is to be listed on a store that does not exist.
    #[error("Add the store “{0}” first: there is no such store.")]
    UnknownStore(StoreCode),
    /// It is to leave a store that runs a flash sale of it.
    #[error("Keep it listed on {store}, or end “{promotion_name}” first: that flash sale holds it there.")]
    HeldThere {
        /// What people call the store.
        store: String,
        /// The sale.
        promotion_name: String,
    },
    /// The same code stands earlier in the same request.
    #[error("Send each SKU once: “{0}” stands here twice.")]
    Twice(SkuCode),
}

/// Applies every row of `inputs` that can be, each whole, and answers for each in their order.
///
/// # Errors
/// When the database fails.
pub fn run(conn: &mut Conn, cause: &Cause, inputs: Vec<SkuInput>) -> QueryResult<Vec<Result<Saved, SkuRefusal>>> {
    let known = Known::load(conn, cause, &inputs)?;
    let mut seen = HashSet::new();
    let mut changes = Changes::default();
    let answers = inputs
        .into_iter()
        .map(|input| {
            known.check(&input, &mut seen)?;
            Ok(changes.add(input, &known, cause))
        })
        .collect();
    changes.save(conn, cause, known)?;
    Ok(answers)
}

/// [`run`] for one row.
///
/// # Errors
/// When the database fails.
///
/// # Panics
/// When one row has not one answer: that would be a fault of the program.
pub fn run_one(conn: &mut Conn, cause: &Cause, input: SkuInput) -> QueryResult<Result<Saved, SkuRefusal>> {
    let answers = run(conn, cause, vec![input])?;
    let [answer] = <[_; 1]>::try_from(answers).expect("one answer to one row");
    Ok(answer)
}

/// What the rows are decided on, locked.
struct Known {
    skus: BTreeMap<SkuCode, Sku>,
    listed: BTreeMap<SkuCode, Vec<StoreCode>>,
    live: HashMap<SkuCode, Vec<Hold>>,
    /// Every store, with its name.
    stores: BTreeMap<StoreCode, String>,
}

impl Known {
    fn load(conn: &mut Conn, cause: &Cause, inputs: &[SkuInput]) -> QueryResult<Self> {
        let codes = || inputs.iter().map(|input| &input.code);
        Ok(Self {
            skus: skus::lock(conn, codes())?.into_iter().map(|sku| (sku.code.clone(), sku)).collect(),
            listed: listings::stores_of(conn, codes())?,
            live: holds::live_on(conn, codes(), cause.at)?,
            stores: stores::all(conn)?.into_iter().map(|store| (store.code, store.name)).collect(),
        })
    }

    fn check(&self, input: &SkuInput, seen: &mut HashSet<SkuCode>) -> Result<(), SkuRefusal> {
        if let Some(wanted) = &input.listings {
            if let Some(unknown) = wanted.iter().find(|store| !self.stores.contains_key(*store)) {
                return Err(SkuRefusal::UnknownStore(unknown.clone()));
            }
            if let Some(hold) = self.live_on(&input.code).iter().find(|hold| !wanted.contains(&hold.store)) {
                return Err(SkuRefusal::HeldThere {
                    store: self.stores[&hold.store].clone(),
                    promotion_name: hold.promotion_name.clone(),
                });
            }
        }
        if seen.insert(input.code.clone()) { Ok(()) } else { Err(SkuRefusal::Twice(input.code.clone())) }
    }

    fn live_on(&self, code: &SkuCode) -> &[Hold] {
        self.live.get(code).map_or(&[], Vec::as_slice)
    }

    fn listed_on(&self, code: &SkuCode) -> &[StoreCode] {
        self.listed.get(code).map_or(&[], Vec::as_slice)
    }
}

/// What is to be written, all of it at once.
#[derive(Default)]
struct Changes {
    opening: Vec<OpeningSku>,
    renamed: Vec<(SkuCode, String)>,
    entries: Vec<Entry>,
    listed: Vec<Listing>,
    unlisted: Vec<(SkuCode, StoreCode)>,
}

impl Changes {
    fn add(&mut self, input: SkuInput, known: &Known, cause: &Cause) -> Saved {
        let SkuInput { code, name, on_hand, buffer, listings } = input;
        if let Some(wanted) = listings {
            let wanted: BTreeSet<StoreCode> = wanted.into_iter().collect();
            let listed = known.listed_on(&code);
            let gone = listed.iter().filter(|store| !wanted.contains(*store));
            self.unlisted.extend(gone.map(|store| (code.clone(), store.clone())));
            let new = wanted.into_iter().filter(|store| !listed.contains(store));
            self.listed.extend(new.map(|store| Listing::new(code.clone(), store, cause.at)));
        }
        match known.skus.get(&code) {
            Some(sku) => {
                self.entries.extend(on_hand.and_then(|units| Entry::stocktake(&code, sku.on_hand, units)));
                self.entries.extend(buffer.and_then(|units| Entry::buffer(&code, sku.buffer, units)));
                if sku.name != name {
                    self.renamed.push((code, name));
                }
                Saved::Updated
            }
            None => {
                let (on_hand, buffer) = (on_hand.unwrap_or(0), buffer.unwrap_or(0));
                self.opening.push(OpeningSku { code, name, on_hand, buffer });
                Saved::Created
            }
        }
    }

    fn save(self, conn: &mut Conn, cause: &Cause, known: Known) -> QueryResult<()> {
        let Self { mut opening, renamed, entries, listed, unlisted } = self;
        // In one order, like every lock: two requests that add the same SKUs would wait for each other.
        opening.sort_by(|one, other| one.code.cmp(&other.code));
        ledger::open_skus(conn, cause, &opening)?;
        renamed.iter().try_for_each(|(code, name)| skus::rename(conn, code, name))?;
        ledger::record(conn, cause, known.skus.into_values().collect(), entries)?;
        unlisted.iter().try_for_each(|(sku, store)| listings::delete(conn, sku, store))?;
        listings::insert(conn, &listed)
    }
}
