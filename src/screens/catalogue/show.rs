//! `/catalogue/{sku}`

use super::{code_in, path_of, picture};
use crate::{
    db::{
        self,
        catalogue::{
            detail::{self, NamedEntry, PastHold, SkuFacts, Wanted},
            former_codes,
        },
        engine::paging::{Page, Place},
        stores::{
            Store, kits,
            listing_rows::{self, ListingRow},
            push_status::OfSku,
        },
    },
    domain::{
        catalogue::{explanation::explain, ledger::EntryKind},
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::schedule,
        sentence,
        text::counted,
    },
    screens::{
        orders,
        stores::{
            self,
            campaigns::CampaignRow,
            kits::KitRow,
            listing_state::{self, AtStore},
            push_log,
        },
    },
    web::{
        error::{PageError, PageResult},
        form::SelectOption,
        lists::PageLinks,
        page::{Layout, ok, see_other},
        query::{Query, href},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LedgerQuery {
    kind: String,
    sale: String,
    after: String,
    before: String,
    /// The number of the entry that a form has just recorded, for the notice; `again` if it had been sent before.
    recorded: String,
    again: String,
}

#[derive(Template)]
#[template(path = "catalogue/show.html")]
struct SkuPage {
    page: Layout,
    path: String,
    log_href: String,
    facts: SkuFacts,
    /// The SKU that it was merged into, and the address of its page.
    merged_into: Option<(String, String)>,
    former_codes: String,
    picture: picture::Shown,
    shown: Vec<Shown>,
    /// The kits that contain it.
    kits: Vec<KitRow>,
    has_more_kits: bool,
    kits_href: String,
    retiring: Vec<Retiring>,
    /// What campaigns lock of its listings.
    campaigns: Vec<CampaignRow>,
    running: Vec<HoldRow>,
    past: Vec<HoldRow>,
    warnings: Vec<String>,
    kind_options: Vec<SelectOption>,
    /// The name of the flash sale, where the list is narrowed to its entries.
    of_sale: Option<String>,
    entries: Vec<EntryRow>,
    links: PageLinks,
    zone: &'static str,
}

struct Shown {
    store: String,
    store_path: String,
    quantity: i64,
    at_store: AtStore,
    sum: Vec<sentence::Part>,
}

/// A store that does not list the SKU any more and may still show it.
struct Retiring {
    store: String,
    store_path: String,
    shows: String,
    why: String,
}

struct HoldRow {
    promotion: String,
    promotion_path: String,
    /// Its entries in the ledger.
    entries_path: String,
    store: String,
    kind: &'static str,
    quantity: i64,
    sold: i64,
    remaining: i64,
    /// The part of `remaining` that stock covers; 0 for a hold that has ended.
    backed: i64,
    ends: String,
    zone: &'static str,
}

struct EntryRow {
    number: i64,
    when: String,
    kind: &'static str,
    sale: Option<(String, String)>,
    /// The number of an order, and the address of its page.
    order: Option<(String, String)>,
    store: String,
    changes: String,
    who: String,
    why: String,
    after: [i64; 4],
    /// For an entry about a hold: the units remaining in the hold after it.
    left_in_hold: Option<i64>,
}

/// The kits that the page has.
const KITS: usize = 50;

/// What the database has of a code.
enum Read {
    Sku(Box<ReadSku>),
    /// No SKU has it. One may have had it.
    Former(Option<SkuCode>),
}

type ReadSku = (
    SkuFacts,
    OfSku,
    Vec<ListingRow>,
    HashMap<PromotionId, Moment>,
    Vec<PastHold>,
    Page<NamedEntry>,
    Option<SkuCode>,
    Vec<(SkuCode, bool)>,
    (picture::Shown, stores::campaigns::Rows),
);

impl LedgerQuery {
    fn wanted(&self) -> Wanted {
        if let Ok(sale) = self.sale.parse() {
            return Wanted::Sale(sale);
        }
        EntryKind::parse(&self.kind).map_or(Wanted::All, Wanted::Kind)
    }
}

pub async fn show(visit: Visit, segment: Path<String>, Query(query): Query<LedgerQuery>) -> PageResult {
    let code = code_in(&segment)?;
    let path = path_of(&code);
    let now = visit.now;
    let wanted = query.wanted();
    let place = Place::from_query(&query.after, &query.before);
    let read = move |conn: &mut db::Conn| {
        let merged_into = former_codes::of(conn, [&code])?.remove(&code);
        let Some(facts) = detail::facts(conn, &code, now)? else { return Ok(Read::Former(merged_into)) };
        let former = former_codes::of_sku(conn, &code)?;
        let of_sku = OfSku::read(conn, &code)?;
        let kits = kits::with_skus(conn, [&code], KITS + 1)?;
        let kits = listing_rows::of_kits(conn, kits, now)?;
        let ends = detail::ends(conn, &facts.availability.holds)?;
        let past = detail::past_holds(conn, &code, now)?;
        let entries = detail::ledger(conn, &code, wanted, &place)?;
        let picture = picture::Shown::read(conn, &code)?;
        let campaigns = stores::campaigns::of_sku(conn, &code, now)?;
        Ok::<_, db::Error>(Read::Sku(Box::new((
            facts,
            of_sku,
            kits,
            ends,
            past,
            entries,
            merged_into,
            former,
            (picture, campaigns),
        ))))
    };
    let (facts, of_sku, kits, ends, past, entries, merged_into, former, (picture, campaigns)) =
        match visit.database().read(read).await? {
            Read::Sku(read) => *read,
            Read::Former(Some(now)) => return Ok(see_other(&path_of(&now))),
            Read::Former(None) => return Err(PageError::NotFound),
        };
    let zone = visit.who.zone;
    let kinds = EntryKind::ALL.map(|kind| (kind.as_str(), kind.label()));
    let links = entries.links(&path, &[("kind", &query.kind), ("sale", &query.sale)], |(entry, _)| entry.number);
    let of_sale = matches!(wanted, Wanted::Sale(_)).then(|| name_of_sale(&entries));
    ok(&SkuPage {
        page: Layout { notice: notice(&query, &entries, now), ..visit.layout("catalogue") },
        retiring: retiring(&facts, &of_sku, now),
        shown: shown(&facts, &of_sku, now),
        has_more_kits: kits.len() > KITS,
        kits: kits.iter().take(KITS).map(|kit| KitRow::new(kit, &facts.stores, now)).collect(),
        campaigns: stores::campaigns::rows(campaigns, &facts.stores)?,
        kits_href: href("/kits", &[("q", facts.sku.code.as_str())]),
        running: running(&facts, &path, &ends),
        past: past.into_iter().map(|hold| past_row(&facts, &path, hold)).collect(),
        warnings: warnings(&facts),
        kind_options: SelectOption::list([("", "All")].into_iter().chain(kinds), &query.kind),
        of_sale,
        entries: entries.rows.into_iter().map(|entry| entry_row(&facts, zone, entry)).collect(),
        links: links.at("ledger"),
        zone: zone.name(),
        log_href: push_log::of_sku(&facts.sku.code),
        merged_into: merged_into.map(|into| (into.to_string(), path_of(&into))),
        picture,
        former_codes: former.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>().join(", "),
        facts,
        path,
    })
}

/// How long the notice of an entry is shown: an address that is opened later shows none.
const NOTICE_MINUTES: i64 = 5;

fn notice(query: &LedgerQuery, entries: &Page<NamedEntry>, now: Moment) -> Option<String> {
    let number: i64 = query.recorded.parse().ok()?;
    let (entry, _) = entries.rows.iter().find(|(entry, _)| entry.number == number)?;
    if now.since(entry.at).num_minutes() >= NOTICE_MINUTES {
        return None;
    }
    let what = if query.again.is_empty() { "Recorded" } else { "It was sent twice and recorded once" };
    let after = entry.on_hand_after;
    Some(format!("{what}: on hand is {after} now, and was {} before.", after - entry.on_hand_change))
}

fn entries_of(path: &str, promotion: PromotionId) -> String {
    format!("{path}?sale={promotion}#ledger")
}

fn name_of_sale(entries: &Page<NamedEntry>) -> String {
    let name = entries.rows.iter().find_map(|(_, name)| name.clone());
    name.unwrap_or_else(|| "a flash sale that does not hold it".to_owned())
}

fn shown(facts: &SkuFacts, of_sku: &OfSku, now: Moment) -> Vec<Shown> {
    let position = facts.position();
    let mut shown = Vec::new();
    for store in facts.stores.iter().filter(|store| facts.listed.contains(&store.code)) {
        let quantity = position.quantity_for(&store.code).total();
        shown.push(Shown {
            store: store.name.clone(),
            store_path: stores::path_of(&store.code),
            quantity,
            at_store: AtStore::of_sku(of_sku, store, quantity, now),
            sum: sentence::of(&explain(&position, &store.code), |code| facts.stores.name(code)),
        });
    }
    shown
}

fn retiring(facts: &SkuFacts, of_sku: &OfSku, now: Moment) -> Vec<Retiring> {
    let mut rows = Vec::new();
    for retiring in &of_sku.retiring {
        let Some(store) = facts.stores.get(&retiring.store) else { continue };
        let push = of_sku.push(retiring.id);
        let snapshot = of_sku.snapshot_of_retiring(retiring, now);
        rows.push(Retiring {
            store: store.name.clone(),
            store_path: format!("{}#retiring", stores::path_of(&store.code)),
            shows: listing_state::shown(push.and_then(|push| push.acknowledged)),
            why: snapshot.map_or_else(String::new, |snapshot| snapshot.why(&store.marketplace)),
        });
    }
    rows
}

fn running(facts: &SkuFacts, path: &str, ends: &HashMap<PromotionId, Moment>) -> Vec<HoldRow> {
    let mut rows = Vec::new();
    for (hold, backed) in facts.position().backed() {
        let zone = zone_of(facts, &hold.store);
        rows.push(HoldRow {
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
        });
    }
    rows
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

/// Holds that stock does not cover, and units that are owed.
fn warnings(facts: &SkuFacts) -> Vec<String> {
    let mut warnings = Vec::new();
    for (hold, backed) in facts.position().backed() {
        let remaining = hold.remaining();
        if remaining > backed {
            let name = &hold.promotion_name;
            let store = facts.stores.name(&hold.store);
            let are = if backed == 1 { "is" } else { "are" };
            let short_by = remaining - backed;
            warnings.push(format!(
                "“{name}” still holds {remaining} for {store}, but only {backed} {are} in hand: it is {short_by} short."
            ));
        }
    }
    let owed = facts.sku.oversold;
    let covered = facts.position().covered();
    let units = counted(owed, "unit");
    match covered {
        _ if owed == 0 => {}
        0 => warnings.push(format!("Open orders are owed {units}, sold with no stock left.")),
        _ if covered == owed => warnings.push(format!("Open orders are owed {units}. Stock for them has come in.")),
        _ => warnings.push(format!(
            "Open orders are owed {units}. Stock for {covered} of them has come in: the oldest orders are covered."
        )),
    }
    warnings
}

fn entry_row(facts: &SkuFacts, zone: Tz, (entry, promotion_name): NamedEntry) -> EntryRow {
    let mut changes = Vec::new();
    for (of, units) in [
        ("On hand", entry.on_hand_change),
        ("Committed", entry.committed_change),
        ("Oversold", entry.oversold_change),
        ("Buffer", entry.buffer_change),
        ("Held", entry.held_change),
        ("Sold from held stock", entry.sold_change),
    ] {
        if units != 0 {
            changes.push(format!("{of}\u{a0}{}{}", if units < 0 { "−" } else { "+" }, units.abs()));
        }
    }
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
