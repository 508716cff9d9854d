//! Saves listings of one store, each known by its seller SKU: what they are made of, and their ids on the marketplace.
//! What is new is listed; a listing that was retiring is taken back. The API, files and the form use this action.

use super::map_listings;
use crate::{
    actions::{catalogue::alike_codes, orders::match_lines},
    clock::new_id,
    db::{
        Conn, QueryResult,
        availability::{self, Available},
        catalogue::{
            quantity_checks,
            skus::{self, Sku},
        },
        stores::{
            self, components, fetches, found, found_matches,
            kits::{self, Kit},
            listings::{self, Listing},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        refusal::UnknownSku,
        stores::{
            components::{Components, ComponentsRefusal},
            connection::ConnectorKind,
            mapping::{IdField, IdTaken, ListingIds},
        },
    },
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The wanted values of one listing. Ids that are `None` stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingInput {
    pub seller_sku: String,
    pub components: Components,
    /// As it was typed; empty for none.
    pub item_id: Option<String>,
    pub variant_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    Created,
    Updated,
    /// It is what was sent already.
    Unchanged,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListingRefusal {
    #[error("Send each listing once: “{0}” is here twice.")]
    Twice(String),
    #[error("Enter another seller SKU, or edit that listing: “{0}” is listed there already.")]
    Exists(String),
    #[error("Give each a seller SKU of its own first: several listings have “{0}”.")]
    Shared(String),
    #[error(transparent)]
    UnknownSku(UnknownSku),
    #[error("Bring “{0}” back first: it is archived.")]
    Archived(SkuCode),
    #[error(transparent)]
    Components(#[from] ComponentsRefusal),
    #[error("Keep “{sku}” in it, or end “{promotion_name}” first: that flash sale holds it there.")]
    HeldThere { sku: SkuCode, promotion_name: String },
    #[error("{}", words_of(problems))]
    Ids { problems: Vec<(IdField, String)> },
    #[error(transparent)]
    Taken(#[from] IdTaken),
    #[error("Send it again: someone else changed it at this moment.")]
    Changed,
}

fn words_of(problems: &[(IdField, String)]) -> String {
    problems.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>().join(" ")
}

/// Saves the valid ones of `inputs` and returns a result for each, in their order; `None` if there is no such store.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    store: &StoreCode,
    inputs: &[ListingInput],
) -> QueryResult<Option<Vec<Result<Saved, ListingRefusal>>>> {
    let Some(kind) = stores::kind_of(conn, store)? else { return Ok(None) };
    let fetch = fetches::lock(conn, store)?;
    let seller_skus: Vec<&str> = inputs.iter().map(|input| input.seller_sku.as_str()).collect();
    // Their components decide what is locked, so they are read before, and compared after.
    let before = Known::read(conn, store, &seller_skus)?;
    let mut codes = before.skus();
    codes.extend(inputs.iter().flat_map(|input| input.components.iter()).map(|component| component.sku.clone()));
    let locked = skus::lock(conn, &codes)?;
    // Locks all stores, so that no other transaction lists the same seller SKUs at the same time.
    stores::lock(conn)?;
    let available = availability::of(conn, &locked, skus::effective_now(&locked, cause.at))?;
    let known = Known::read(conn, store, &seller_skus)?;
    let rows = locked.into_iter().map(|sku| (sku.code.clone(), sku)).collect();
    let lost = HashSet::new();
    let mut state = State { kind, store: store.clone(), codes, known, rows, available, lost, at: cause.at };
    let mut changes = Vec::new();
    let mut seen = HashSet::new();
    for input in inputs {
        let is_new = seen.insert(input.seller_sku.as_str());
        changes.push(match is_new {
            true => state.check(conn, input)?,
            false => Err(ListingRefusal::Twice(input.seller_sku.clone())),
        });
    }
    // Of what its marketplace lists with the ids that each has, and had.
    let ids = changes.iter().flatten().flat_map(|change| [change.ids.clone(), change.listing.ids()]);
    let keys: Vec<String> = ids.filter_map(|ids| Some(found::key(&ids.item_id?, ids.variant_id.as_deref()))).collect();
    let saved = save(conn, cause, changes)?;
    found_matches::refresh_with_keys(conn, store, kind, fetch.as_ref(), &keys)?;
    Ok(Some(saved))
}

/// [`run`] for one listing.
pub fn run_one(
    conn: &mut Conn,
    cause: &Cause,
    store: &StoreCode,
    input: ListingInput,
) -> QueryResult<Option<Result<Saved, ListingRefusal>>> {
    let results = run(conn, cause, store, &[input])?;
    Ok(results.map(|mut results| results.pop().expect("one result for one listing")))
}

/// [`run_one`] for a listing that the store must not have yet.
pub fn add(
    conn: &mut Conn,
    cause: &Cause,
    store: &StoreCode,
    input: ListingInput,
) -> QueryResult<Option<Result<Saved, ListingRefusal>>> {
    if !listings::with_seller_skus(conn, store, &[&input.seller_sku])?.is_empty() {
        return Ok(Some(Err(ListingRefusal::Exists(input.seller_sku))));
    }
    run_one(conn, cause, store, input)
}

/// The listings of a store with some seller SKUs, and the retiring ones.
struct Known {
    listed: HashMap<String, Vec<Kit>>,
    retiring: HashMap<String, (RetiringListing, Components)>,
}

impl Known {
    fn read(conn: &mut Conn, store: &StoreCode, seller_skus: &[&str]) -> QueryResult<Self> {
        let mut known = Self { listed: HashMap::new(), retiring: HashMap::new() };
        let found = listings::with_seller_skus(conn, store, seller_skus)?;
        for kit in kits::with_components(conn, found)? {
            known.listed.entry(kit.listing.seller_sku.clone()).or_default().push(kit);
        }
        let retiring = retiring::with_ids(conn, store, &[""; 0], seller_skus)?;
        let found = retiring.iter().cloned().map(RetiringListing::into_listing).collect();
        for (retiring, kit) in retiring.into_iter().zip(kits::with_components(conn, found)?) {
            known.retiring.insert(retiring.seller_sku.clone(), (retiring, kit.components));
        }
        Ok(known)
    }

    fn skus(&self) -> BTreeSet<SkuCode> {
        let listed = self.listed.values().flatten().map(|kit| &kit.components);
        let all = listed.chain(self.retiring.values().map(|(_, components)| components));
        all.flat_map(Components::iter).map(|component| component.sku.clone()).collect()
    }
}

/// What the inputs are checked against. Its SKUs are locked.
struct State {
    kind: ConnectorKind,
    store: StoreCode,
    /// The SKUs that were to be locked.
    codes: BTreeSet<SkuCode>,
    known: Known,
    rows: BTreeMap<SkuCode, Sku>,
    available: Available,
    /// What listings lose by the inputs before.
    lost: HashSet<(ListingId, SkuCode)>,
    at: Moment,
}

/// What becomes of a listing.
struct Change {
    /// The listing as it is; one that is new has no row yet.
    listing: Listing,
    /// What it is made of so far; `None` for one that is new.
    made_of: Option<Components>,
    /// As it retires, if it does: then it is taken back.
    retiring: Option<RetiringListing>,
    components: Components,
    ids: ListingIds,
}

type Checked<T> = QueryResult<Result<T, ListingRefusal>>;

impl State {
    fn check(&mut self, conn: &mut Conn, input: &ListingInput) -> Checked<Change> {
        if let Err(refusal) = input.components.check_seller_sku(&input.seller_sku) {
            return Ok(Err(refusal.into()));
        }
        for component in input.components.iter() {
            match self.rows.get(&component.sku) {
                None => return Ok(Err(ListingRefusal::UnknownSku(alike_codes::unknown(conn, &component.sku)?))),
                Some(sku) if sku.archived_at.is_some() => {
                    return Ok(Err(ListingRefusal::Archived(component.sku.clone())));
                }
                Some(_) => {}
            }
        }
        let change = match self.change(input) {
            Ok(change) => change,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut lost: Vec<SkuCode> = Vec::new();
        let made_of = change.made_of.iter().flat_map(Components::iter);
        lost.extend(made_of.map(|component| component.sku.clone()));
        lost.retain(|sku| change.components.iter().all(|component| component.sku != *sku));
        for sku in &lost {
            if !self.codes.contains(sku) {
                return Ok(Err(ListingRefusal::Changed));
            }
            if let Some(refusal) = self.held_there(conn, sku, change.listing.id)? {
                return Ok(Err(refusal));
            }
        }
        self.lost.extend(lost.into_iter().map(|sku| (change.listing.id, sku)));
        Ok(Ok(change))
    }

    /// Whether a flash sale of the store holds `sku`, which `listing` loses and no other listing has.
    fn held_there(&self, conn: &mut Conn, sku: &SkuCode, listing: ListingId) -> QueryResult<Option<ListingRefusal>> {
        let holds = self.available.get(sku).map_or(&[][..], |available| &available.holds);
        let Some(hold) = holds.iter().find(|hold| hold.store == self.store) else { return Ok(None) };
        let others = listings::containing(conn, [sku])?.remove(sku).unwrap_or_default();
        let keeps = |other: &Listing| other.id != listing && !self.lost.contains(&(other.id, sku.clone()));
        if others.iter().any(|other| other.store == self.store && keeps(other)) {
            return Ok(None);
        }
        let promotion_name = hold.promotion_name.clone();
        Ok(Some(ListingRefusal::HeldThere { sku: sku.clone(), promotion_name }))
    }

    fn change(&self, input: &ListingInput) -> Result<Change, ListingRefusal> {
        let listed = self.known.listed.get(&input.seller_sku).map_or(&[][..], Vec::as_slice);
        let (listing, made_of, retiring) = match (listed, self.known.retiring.get(&input.seller_sku)) {
            ([], None) => (self.new_listing(input), None, None),
            ([], Some((retiring, components))) => {
                (retiring.clone().into_listing(), Some(components.clone()), Some(retiring.clone()))
            }
            ([only], _) => (only.listing.clone(), Some(only.components.clone()), None),
            (_, _) => return Err(ListingRefusal::Shared(input.seller_sku.clone())),
        };
        let item = input.item_id.as_deref().or(listing.item_id.as_deref()).unwrap_or_default();
        let variant = input.variant_id.as_deref().or(listing.variant_id.as_deref()).unwrap_or_default();
        let typed = [input.seller_sku.as_str(), item, variant];
        let ids = ListingIds::parse(self.kind, &input.seller_sku, typed)
            .map_err(|problems| ListingRefusal::Ids { problems })?;
        Ok(Change { listing, made_of, retiring, components: input.components.clone(), ids })
    }

    fn new_listing(&self, input: &ListingInput) -> Listing {
        Listing {
            id: new_id(self.at),
            store: self.store.clone(),
            seller_sku: input.seller_sku.clone(),
            sku: input.components.as_plain().cloned(),
            title: String::new(),
            item_id: None,
            variant_id: None,
            created_at: self.at,
        }
    }
}

/// Saves the changes that were not refused, and returns a result for each.
fn save(
    conn: &mut Conn,
    cause: &Cause,
    changes: Vec<Result<Change, ListingRefusal>>,
) -> QueryResult<Vec<Result<Saved, ListingRefusal>>> {
    list(conn, changes.iter().flatten())?;
    let mut mapped = Vec::new();
    for change in changes.iter().flatten() {
        mapped.push((change.listing.clone(), change.ids.clone()));
    }
    let mut mapped = map_listings::save(conn, &mapped)?.into_iter();
    let mut results = Vec::with_capacity(changes.len());
    let mut created = Vec::new();
    for change in changes {
        results.push(match change {
            Err(refusal) => Err(refusal),
            Ok(change) => match mapped.next().expect("a result for every listing") {
                Ok(is_mapped) => {
                    let saved = remake(conn, &change, is_mapped)?;
                    if saved == Saved::Created {
                        created.push(change.listing);
                    }
                    Ok(saved)
                }
                Err(taken) => {
                    take_off(conn, change)?;
                    Err(taken.into())
                }
            },
        });
    }
    match_lines::of_listings(conn, cause, &created)?;
    Ok(results)
}

/// Adds the listings that have no row, still without ids of the marketplace.
fn list<'a>(conn: &mut Conn, changes: impl Iterator<Item = &'a Change>) -> QueryResult<()> {
    let mut listed = Vec::new();
    let mut kits = Vec::new();
    for change in changes {
        match (&change.made_of, &change.retiring) {
            (Some(_), Some(_)) => {
                retiring::take_back(conn, change.listing.id)?;
                listed.push(change.listing.clone());
            }
            (Some(_), None) => {}
            (None, _) => {
                listed.push(change.listing.clone());
                if change.listing.sku.is_none() {
                    kits.push((change.listing.id, change.components.clone()));
                }
            }
        }
    }
    listings::insert(conn, &listed)?;
    components::insert(conn, &kits)?;
    let of_kits = kits.iter().flat_map(|(_, components)| components.iter());
    let of_kits: BTreeSet<&SkuCode> = of_kits.map(|component| &component.sku).collect();
    quantity_checks::enqueue(conn, of_kits)
}

fn remake(conn: &mut Conn, change: &Change, is_mapped: bool) -> QueryResult<Saved> {
    let Change { listing, made_of, retiring, components, ids: _ } = change;
    let Some(made_of) = made_of else { return Ok(Saved::Created) };
    let is_remade = made_of != components;
    if is_remade {
        listings::remake(conn, listing, components)?;
    } else if retiring.is_some() {
        quantity_checks::enqueue(conn, made_of.iter().map(|component| &component.sku))?;
    }
    Ok(match retiring {
        Some(_) => Saved::Created,
        None if is_remade || is_mapped => Saved::Updated,
        None => Saved::Unchanged,
    })
}

/// Undoes [`list`] for a listing whose ids belong to another.
fn take_off(conn: &mut Conn, change: Change) -> QueryResult<()> {
    match (change.made_of, change.retiring) {
        (Some(_), Some(retiring)) => {
            listings::delete(conn, change.listing.id)?;
            retiring::insert(conn, &[retiring])
        }
        (Some(_), None) => Ok(()),
        (None, _) => {
            listings::delete(conn, change.listing.id)?;
            components::delete(conn, change.listing.id)
        }
    }
}
