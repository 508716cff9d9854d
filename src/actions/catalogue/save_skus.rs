//! Creates and updates SKUs: their names, units on hand, buffers, and the stores that list them. Imports, the API and
//! the form for one SKU all use this action.

use crate::{
    actions::{orders::match_lines, stores::retire_listings},
    clock::new_id,
    db::{
        Conn, QueryResult,
        availability::{self, Available},
        catalogue::{
            former_codes,
            ledger::{self, OpeningSku},
            skus::{self, Sku},
        },
        stores::{
            self,
            listings::{self, Listing},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        catalogue::ledger::{Cause, Entry},
        code::{SkuCode, StoreCode},
        text::{TextRefusal, single_line},
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    /// It is what was sent already.
    Unchanged,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkuRefusal {
    #[error("Add the store “{0}” first: there is no such store.")]
    UnknownStore(StoreCode),
    #[error("Keep it listed on {store}, or end “{promotion_name}” first: that flash sale holds it there.")]
    HeldThere { store: String, promotion_name: String },
    #[error("Give “{by}” another seller SKU on {store} first: it has “{sku}” there, and {sku} would get the same.")]
    SellerSkuTaken { sku: SkuCode, by: String, store: String },
    #[error("Bring “{0}” back first: it is archived.")]
    Archived(SkuCode),
    #[error("Use “{now}”: “{code}” is a code that it had before.")]
    FormerCode { code: SkuCode, now: SkuCode },
    #[error("Send each SKU once: “{0}” is here twice.")]
    Twice(SkuCode),
    #[error("Add {}: “{sku}” is a new SKU.", missing.in_words())]
    Incomplete { sku: SkuCode, missing: Missing },
}

/// Why a row of somebody who saw the stock was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowRefusal {
    #[error(
        "Look at the stock of “{sku}” again: it was {shown} when this was exported, and is {on_hand} now. Clear on_hand to \
         leave it, or enter in a column counted_at when it was counted."
    )]
    Moved { sku: SkuCode, shown: i64, on_hand: i64 },
    #[error(transparent)]
    Save(#[from] SkuRefusal),
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
    let results = run_as_shown(conn, cause, inputs, &HashMap::new())?.into_iter();
    let refused = |refusal| match refusal {
        RowRefusal::Save(refusal) => refusal,
        RowRefusal::Moved { .. } => unreachable!("no stock was shown"),
    };
    Ok(results.map(|result| result.map_err(refused)).collect())
}

/// [`run`] for people who saw the units on hand in `shown` when they decided: a row whose stock has moved since then is
/// refused, because it would undo what happened meanwhile.
pub fn run_as_shown(
    conn: &mut Conn,
    cause: &Cause,
    inputs: Vec<SkuInput>,
    shown: &HashMap<SkuCode, i64>,
) -> QueryResult<Vec<Result<Saved, RowRefusal>>> {
    let current = CurrentState::load(conn, cause, &inputs)?;
    let mut seen = HashSet::new();
    let mut changes = Changes::default();
    let mut results = Vec::with_capacity(inputs.len());
    for input in inputs {
        let checked = current.check_shown(&input, shown).and_then(|()| Ok(current.check(&input, &mut seen)?));
        results.push(match checked {
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
    /// The stores that list each SKU plainly.
    listed: BTreeMap<SkuCode, Vec<StoreCode>>,
    /// Those that have a kit of it.
    with_kits: HashMap<SkuCode, BTreeSet<StoreCode>>,
    available: Available,
    /// The name of every store.
    stores: BTreeMap<StoreCode, String>,
    /// The listings that have the code of another SKU as their seller SKU on a store: their SKUs or, of kits, that seller SKU.
    seller_skus: HashMap<(StoreCode, String), String>,
    former_codes: HashMap<SkuCode, SkuCode>,
}

impl CurrentState {
    fn load(conn: &mut Conn, cause: &Cause, inputs: &[SkuInput]) -> QueryResult<Self> {
        let codes = || inputs.iter().map(|input| &input.code);
        let locked = skus::lock(conn, codes())?;
        Ok(Self {
            listed: listings::plain_stores_of(conn, codes())?,
            with_kits: stores_with_kits(conn, codes())?,
            available: availability::of(conn, &locked, cause.at)?,
            skus: locked.into_iter().map(|sku| (sku.code.clone(), sku)).collect(),
            stores: stores::all(conn)?.into_iter().map(|store| (store.code, store.name)).collect(),
            seller_skus: seller_skus(conn, inputs)?,
            former_codes: former_codes::of(conn, codes())?,
        })
    }

    fn check_shown(&self, input: &SkuInput, shown: &HashMap<SkuCode, i64>) -> Result<(), RowRefusal> {
        let (Some(wanted), Some(shown), Some(sku)) =
            (input.on_hand, shown.get(&input.code), self.skus.get(&input.code))
        else {
            return Ok(());
        };
        let on_hand = sku.on_hand;
        if on_hand == *shown || on_hand == wanted {
            return Ok(());
        }
        Err(RowRefusal::Moved { sku: sku.code.clone(), shown: *shown, on_hand })
    }

    fn check_code(&self, code: &SkuCode) -> Result<(), SkuRefusal> {
        if let Some(now) = self.former_codes.get(code) {
            return Err(SkuRefusal::FormerCode { code: code.clone(), now: now.clone() });
        }
        match self.skus.get(code) {
            Some(sku) if sku.archived_at.is_some() => Err(SkuRefusal::Archived(code.clone())),
            Some(_) | None => Ok(()),
        }
    }

    /// A new listing has the code of its SKU as its seller SKU.
    fn check_seller_sku(&self, sku: &SkuCode, wanted: &[StoreCode]) -> Result<(), SkuRefusal> {
        let listed = self.listed.get(sku).map_or(&[][..], Vec::as_slice);
        for store in wanted.iter().filter(|store| !listed.contains(store)) {
            if let Some(by) = self.seller_skus.get(&(store.clone(), sku.to_string())) {
                let store = self.stores[store].clone();
                return Err(SkuRefusal::SellerSkuTaken { sku: sku.clone(), by: by.clone(), store });
            }
        }
        Ok(())
    }

    fn check(&self, input: &SkuInput, seen: &mut HashSet<SkuCode>) -> Result<(), SkuRefusal> {
        self.check_code(&input.code)?;
        if let Some(wanted) = &input.listings {
            if let Some(unknown) = wanted.iter().find(|store| !self.stores.contains_key(*store)) {
                return Err(SkuRefusal::UnknownStore(unknown.clone()));
            }
            let holds = self.available.get(&input.code).map_or(&[][..], |availability| &availability.holds);
            let has_kit = |store| self.with_kits.get(&input.code).is_some_and(|stores| stores.contains(store));
            if let Some(hold) = holds.iter().find(|hold| !wanted.contains(&hold.store) && !has_kit(&hold.store)) {
                return Err(SkuRefusal::HeldThere {
                    store: self.stores[&hold.store].clone(),
                    promotion_name: hold.promotion_name.clone(),
                });
            }
            self.check_seller_sku(&input.code, wanted)?;
        }
        if !self.skus.contains_key(&input.code)
            && let Some(missing) = Missing::of(input)
        {
            return Err(SkuRefusal::Incomplete { sku: input.code.clone(), missing });
        }
        if seen.insert(input.code.clone()) { Ok(()) } else { Err(SkuRefusal::Twice(input.code.clone())) }
    }
}

fn stores_with_kits<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, BTreeSet<StoreCode>>> {
    let mut stores: HashMap<SkuCode, BTreeSet<StoreCode>> = HashMap::new();
    for (sku, kits) in listings::kits_with(conn, codes)? {
        stores.entry(sku).or_default().extend(kits.into_iter().map(|kit| kit.store));
    }
    Ok(stores)
}

/// See [`CurrentState::seller_skus`].
fn seller_skus(conn: &mut Conn, inputs: &[SkuInput]) -> QueryResult<HashMap<(StoreCode, String), String>> {
    let mut taken = HashMap::new();
    let codes: Vec<&SkuCode> =
        inputs.iter().filter(|input| input.listings.is_some()).map(|input| &input.code).collect();
    if codes.is_empty() {
        return Ok(taken);
    }
    let mut found = listings::with_code_of_another(conn, codes.iter().copied())?;
    let retiring = retiring::with_code_of_another(conn, codes)?;
    found.extend(retiring.into_iter().map(RetiringListing::into_listing));
    for listing in found {
        let by = listing.name().to_owned();
        taken.insert((listing.store, listing.seller_sku), by);
    }
    Ok(taken)
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
    fn len(&self) -> usize {
        let Self { opening, renamed, entries, listed, unlisted } = self;
        opening.len() + renamed.len() + entries.len() + listed.len() + unlisted.len()
    }

    fn add(&mut self, input: SkuInput, current: &CurrentState, cause: &Cause) -> Saved {
        let SkuInput { code, name, on_hand, buffer, listings } = input;
        let pending = self.len();
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
                    self.listed.push(Listing::new(new_id(cause.at), code.clone(), store, cause.at));
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
                if self.len() == pending { Saved::Unchanged } else { Saved::Updated }
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
        retire_listings::of_skus(conn, cause, &unlisted)?;
        let listed = taken_back(conn, listed)?;
        listings::insert(conn, &listed)?;
        match_lines::of_listings(conn, cause, &listed)
    }
}

/// `listed` with those that were retiring as they were before: a store that lists a SKU again goes on with its ids, and with
/// what it is known to show.
fn taken_back(conn: &mut Conn, mut listed: Vec<Listing>) -> QueryResult<Vec<Listing>> {
    let codes: BTreeSet<&SkuCode> = listed.iter().filter_map(|listing| listing.sku.as_ref()).collect();
    let mut retiring = retiring::of_skus(conn, codes)?;
    for listing in &mut listed {
        let of_sku = listing.sku.as_ref().and_then(|sku| retiring.get_mut(sku)).into_iter().flatten();
        if let Some(found) = of_sku.into_iter().find(|found| found.store == listing.store) {
            retiring::take_back(conn, found.id)?;
            *listing = found.clone().into_listing();
        }
    }
    Ok(listed)
}
