//! `/catalogue/{sku}`

use super::{code_in, path_of};
use crate::{
    db::{
        self,
        catalogue::detail::{self, NamedEntry, PastHold, SkuFacts, Wanted},
        engine::paging::{Page, Place},
        stores::{Store, push_status::OfSku},
    },
    domain::{
        catalogue::{explanation::explain, ledger::EntryKind},
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{hold::Hold, schedule},
        sentence,
        stores::listing_state::ListingState,
        text::counted,
    },
    screens::{
        orders,
        stores::{self, listing_state, push_log},
    },
    web::{
        error::{PageError, PageResult},
        form::SelectOption,
        lists::PageLinks,
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;
use std::collections::HashMap;

/// Which part of the ledger, as the address has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LedgerQuery {
    kind: String,
    sale: String,
    after: String,
    before: String,
}

#[derive(Template)]
#[template(path = "catalogue/show.html")]
struct SkuPage {
    page: Layout,
    path: String,
    log_href: String,
    facts: SkuFacts,
    shown: Vec<Shown>,
    running: Vec<HoldRow>,
    past: Vec<HoldRow>,
    warnings: Vec<String>,
    kind_options: Vec<SelectOption>,
    /// The name of the flash sale whose entries alone are shown, if it is one's.
    of_sale: Option<String>,
    entries: Vec<EntryRow>,
    links: PageLinks,
    zone: &'static str,
}

/// What one store should show, and why.
struct Shown {
    store: String,
    store_path: String,
    quantity: i64,
    at_store: AtStore,
    sum: Vec<sentence::Part>,
}

/// What a store is known to show.
#[derive(Default)]
struct AtStore {
    /// The number, or why there is none.
    shows: String,
    /// How it stands if that is not what it should: the tone of a badge, its word, and where to look.
    state: Option<(&'static str, &'static str, String)>,
    /// What stands in the way, in a sentence.
    why: String,
}

impl AtStore {
    fn new(of_sku: &OfSku, store: &Store, should: i64, now: Moment) -> Self {
        let shows = |text: &str| Self { shows: text.to_owned(), ..Self::default() };
        let Some(connection) = of_sku.connection(&store.code) else { return shows("not connected") };
        if !connection.kind.is_pushed() {
            return shows("downloaded as a file");
        }
        let path = stores::path_of(&store.code);
        let Some(push) = of_sku.push(&store.code).filter(|_| of_sku.is_mapped(connection)) else {
            let state = (!of_sku.is_mapped(connection)).then_some(ListingState::NotMapped);
            let badge =
                |state| (listing_state::tone(state), state.label(), format!("{path}/listings?mapping=unmapped"));
            return Self { state: state.map(badge), ..shows("unknown") };
        };
        let snapshot = push.snapshot(should, connection.paused_at.is_some(), now);
        let state = snapshot.state();
        let badge = (listing_state::tone(state), state.label(), path);
        Self {
            shows: listing_state::shown(push.acknowledged),
            state: (state != ListingState::InSync).then_some(badge),
            why: snapshot.why(&store.marketplace),
        }
    }
}

/// A hold as its table shows it.
struct HoldRow {
    promotion: String,
    promotion_path: String,
    /// The address of its entries in the ledger.
    entries_path: String,
    store: String,
    kind: &'static str,
    quantity: i64,
    sold: i64,
    remaining: i64,
    /// Of those remaining, the units that are in hand; for a hold that is over there are none.
    backed: i64,
    ends: String,
    zone: &'static str,
}

/// An entry of the ledger as its table shows it.
struct EntryRow {
    number: i64,
    when: String,
    kind: &'static str,
    sale: Option<(String, String)>,
    /// The number of the order that it is about, and the address of its page.
    order: Option<(String, String)>,
    store: String,
    changes: String,
    who: String,
    why: String,
    after: [i64; 4],
    /// Of an entry about a hold: what the hold still kept after it.
    left_in_hold: Option<i64>,
}

impl LedgerQuery {
    fn wanted(&self) -> Wanted {
        let sale = self.sale.parse().ok().map(Wanted::Sale);
        sale.or_else(|| EntryKind::parse(&self.kind).map(Wanted::Kind)).unwrap_or(Wanted::All)
    }
}

/// Shows a SKU.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, segment: Path<String>, Query(query): Query<LedgerQuery>) -> PageResult {
    let code = code_in(&segment).ok_or(PageError::NotFound)?;
    let (path, now) = (path_of(&code), visit.now);
    let (wanted, place) = (query.wanted(), Place::from_query(&query.after, &query.before));
    let read = move |conn: &mut db::Conn| Read::all(conn, &code, now, wanted, &place);
    let Read { facts, of_sku, ends, past, entries } = visit.database().read(read).await?.ok_or(PageError::NotFound)?;
    let zone = facts.stores.common_zone();
    let kinds = EntryKind::ALL.map(|kind| (kind.as_str(), kind.label()));
    let links = entries.links(&path, &[("kind", &query.kind), ("sale", &query.sale)], |(entry, _)| entry.number);
    let of_sale = matches!(wanted, Wanted::Sale(_)).then(|| name_of_sale(&entries));
    ok(&SkuPage {
        page: visit.layout("catalogue"),
        shown: shown(&facts, &of_sku, now),
        running: running(&facts, &path, &ends),
        past: past.into_iter().map(|hold| past_row(&facts, &path, hold)).collect(),
        warnings: warnings(&facts),
        kind_options: SelectOption::list([("", "All")].into_iter().chain(kinds), &query.kind),
        of_sale,
        entries: entries.rows.into_iter().map(|entry| entry_row(&facts, zone, entry)).collect(),
        links: at_ledger(links),
        zone: zone.name(),
        log_href: push_log::of_sku(&facts.sku.code),
        facts,
        path,
    })
}

/// Everything that the page shows, of one moment.
struct Read {
    facts: SkuFacts,
    of_sku: OfSku,
    ends: HashMap<PromotionId, Moment>,
    past: Vec<PastHold>,
    entries: Page<NamedEntry>,
}

impl Read {
    fn all(
        conn: &mut db::Conn,
        code: &SkuCode,
        now: Moment,
        wanted: Wanted,
        place: &Place,
    ) -> Result<Option<Self>, db::Error> {
        let Some(facts) = detail::facts(conn, code, now)? else { return Ok(None) };
        let of_sku = OfSku::read(conn, code)?;
        let ends = detail::ends(conn, &facts.availability.holds)?;
        let past = detail::past_holds(conn, code, now)?;
        Ok(Some(Self { of_sku, ends, past, entries: detail::ledger(conn, code, wanted, place)?, facts }))
    }
}

/// The same pages, opened at the ledger.
fn at_ledger(PageLinks { previous, next }: PageLinks) -> PageLinks {
    let at = |href: String| if href.is_empty() { href } else { format!("{href}#ledger") };
    PageLinks { previous: at(previous), next: at(next) }
}

/// The entries about one hold.
fn entries_of(path: &str, promotion: PromotionId) -> String {
    format!("{path}?sale={promotion}#ledger")
}

fn name_of_sale(entries: &Page<NamedEntry>) -> String {
    let name = entries.rows.iter().find_map(|(_, name)| name.clone());
    name.unwrap_or_else(|| "a flash sale that does not hold it".to_owned())
}

fn shown(facts: &SkuFacts, of_sku: &OfSku, now: Moment) -> Vec<Shown> {
    let position = facts.position();
    let is_listed = |store: &&Store| facts.listed.contains(&store.code);
    let stores = facts.stores.iter().filter(is_listed);
    stores
        .map(|store| {
            let quantity = position.quantity_for(&store.code).total();
            Shown {
                store: store.name.clone(),
                store_path: stores::path_of(&store.code),
                quantity,
                at_store: AtStore::new(of_sku, store, quantity, now),
                sum: sentence::of(&explain(&position, &store.code), |code| facts.stores.name(code)),
            }
        })
        .collect()
}

fn running(facts: &SkuFacts, path: &str, ends: &HashMap<PromotionId, Moment>) -> Vec<HoldRow> {
    let row = |(hold, backed): (&Hold, i64)| {
        let zone = zone_of(facts, &hold.store);
        HoldRow {
            promotion: hold.promotion_name.clone(),
            promotion_path: format!("/promotions/{}", hold.promotion),
            entries_path: entries_of(path, hold.promotion),
            store: facts.stores.name(&hold.store).to_owned(),
            kind: hold.flash_sale_type.label(),
            quantity: hold.quantity,
            sold: hold.sold,
            remaining: hold.remaining(),
            backed,
            ends: schedule::display(ends[&hold.promotion], zone),
            zone: zone.name(),
        }
    };
    facts.position().backed().map(row).collect()
}

fn past_row(facts: &SkuFacts, path: &str, hold: PastHold) -> HoldRow {
    let PastHold { promotion, promotion_name, flash_sale_type, store, quantity, sold, ended_at } = hold;
    let zone = zone_of(facts, &store);
    HoldRow {
        promotion: promotion_name,
        promotion_path: format!("/promotions/{promotion}"),
        entries_path: entries_of(path, promotion),
        store: facts.stores.name(&store).to_owned(),
        kind: flash_sale_type.label(),
        quantity,
        sold,
        remaining: quantity - sold,
        backed: 0,
        ends: schedule::display(ended_at, zone),
        zone: zone.name(),
    }
}

fn zone_of(facts: &SkuFacts, store: &StoreCode) -> Tz {
    facts.stores.get(store).map_or(Tz::UTC, Store::zone)
}

/// What somebody should look at: holds that are not in hand, and units that are owed.
fn warnings(facts: &SkuFacts) -> Vec<String> {
    let short = facts.position();
    let short = short.backed().filter(|(hold, backed)| hold.remaining() > *backed).map(|(hold, backed)| {
        let (remaining, name, store) = (hold.remaining(), &hold.promotion_name, facts.stores.name(&hold.store));
        let (short_by, are) = (remaining - backed, if backed == 1 { "is" } else { "are" });
        format!(
            "“{name}” still holds {remaining} for {store}, but only {backed} {are} in hand: it is {short_by} short."
        )
    });
    let owed = Some(facts.sku.oversold).filter(|owed| *owed > 0);
    let owed = owed.map(|owed| format!("Open orders are owed {}, sold with no stock left.", counted(owed, "unit")));
    short.chain(owed).collect()
}

fn entry_row(facts: &SkuFacts, zone: Tz, (entry, promotion_name): NamedEntry) -> EntryRow {
    let changes = [
        ("On hand", entry.on_hand_change),
        ("Committed", entry.committed_change),
        ("Oversold", entry.oversold_change),
        ("Buffer", entry.buffer_change),
        ("Held", entry.held_change),
        ("Sold from held stock", entry.sold_change),
    ];
    let changes: Vec<String> = changes
        .iter()
        .filter(|(_, units)| *units != 0)
        .map(|(of, units)| format!("{of}\u{a0}{}{}", if *units < 0 { "−" } else { "+" }, units.abs()))
        .collect();
    EntryRow {
        number: entry.number,
        when: schedule::display(entry.at, zone),
        kind: entry.kind.label(),
        sale: promotion_name.zip(entry.promotion_id.map(|id| format!("/promotions/{id}"))),
        order: entry.store.as_ref().zip(entry.order_number).map(|(store, number)| {
            let path = orders::path_of(store, &number);
            (number.to_string(), path)
        }),
        store: entry.store.map_or_else(String::new, |store| facts.stores.name(&store).to_owned()),
        changes: if changes.is_empty() { "None".to_owned() } else { changes.join(", ") },
        who: entry.actor,
        why: entry.reason,
        after: [entry.on_hand_after, entry.committed_after, entry.oversold_after, entry.buffer_after],
        left_in_hold: entry.held_after.zip(entry.sold_after).map(|(held, sold)| held - sold),
    }
}
