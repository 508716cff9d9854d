//! The kits of a draft, as its pages show them: how many can be held, what the store and the others will show of the kit
//! and of its components, and the kits whose numbers change with the products.

use crate::{
    db::{
        self, Conn,
        promotions::draft_detail::{DraftSheet, OFFERED},
        stores::{
            Store,
            kits::{self, Kit},
        },
    },
    domain::{
        code::SkuCode,
        promotions::{
            draft::parse_quantity,
            kits::{Demand, KitRefusal, available},
        },
        stores::components::Components,
        text::counted,
    },
    screens::promotions::picking::{OfferedKit, others_in_words, shown_after},
    web::{error::PageError, visit::Visit},
};
use std::collections::HashSet;

/// The most kits that the review names: the others change as well.
const NAMED: usize = 50;

pub struct KitRow {
    pub seller_sku: String,
    /// The marketplace's title.
    pub title: String,
    pub made_of: String,
    pub available: i64,
    pub field_id: String,
    pub field_label: String,
    pub quantity: String,
    /// What the store will show: of the kit, and of each component.
    pub this_store: Vec<String>,
    pub other_stores: Vec<String>,
}

/// The input of the number of the kit at `index` of the form.
pub fn quantity_id(index: usize) -> String {
    format!("kit-quantity-{}", index + 1)
}

/// The input of the first kit that has `sku` among its components.
pub fn field_with(sheet: &DraftSheet, sku: &SkuCode) -> Option<String> {
    let has = |kit: &Kit| kit.components.iter().any(|component| component.sku == *sku);
    sheet.kits.iter().position(|kit| kit.kit.as_ref().is_some_and(has)).map(quantity_id)
}

/// The errors of the kits, each with the id of its input.
pub fn problems(sheet: &DraftSheet, demand: &Demand) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    for (nth, kit) in sheet.kits.iter().enumerate() {
        let checked = match &kit.kit {
            None => Err(KitRefusal::NotListed.to_string()),
            Some(found) => parse_quantity(&kit.typed)
                .and_then(|count| sheet.admit_kits(found, count, demand).map_err(|refusal| refusal.to_string())),
        };
        if let Err(words) = checked {
            problems.push((quantity_id(nth), format!("{}: {words}", kit.seller_sku)));
        }
    }
    problems
}

/// The kits of `store` that the search finds.
pub async fn offered(
    visit: &Visit,
    sheet: &DraftSheet,
    store: &Store,
    term: &str,
) -> Result<Vec<OfferedKit>, PageError> {
    let code = store.code.clone();
    let term = term.to_owned();
    let now = visit.now;
    let read = move |conn: &mut Conn| {
        let found = kits::offered(conn, &code, &term, OFFERED)?;
        let codes = found.iter().flat_map(|kit| kit.components.iter()).map(|component| &component.sku);
        let codes: Vec<SkuCode> = codes.cloned().collect();
        Ok::<_, db::Error>((found, db::availability::read(conn, &codes, now)?))
    };
    let (found, availability) = visit.database().read(read).await?;
    let mut offered = Vec::new();
    for (nth, Kit { listing, components }) in found.into_iter().enumerate() {
        let shared = |sku: &SkuCode| availability.get(sku).map_or(0, |available| available.position().shared());
        let about = [listing.title.clone(), components.to_string()].into_iter().filter(|text| !text.is_empty());
        offered.push(OfferedKit {
            about: about.collect::<Vec<_>>().join(" · "),
            available: components.quantity(shared),
            field_id: format!("add-kit-{}", nth + 1),
            field_label: format!("Add {}", listing.seller_sku),
            is_added: sheet.kits.iter().any(|kit| kit.seller_sku == listing.seller_sku),
            seller_sku: listing.seller_sku,
        });
    }
    Ok(offered)
}

pub fn rows(sheet: &DraftSheet, store: &Store) -> Vec<KitRow> {
    let demand = sheet.demand();
    let mut rows = Vec::new();
    for (nth, kit) in sheet.kits.iter().enumerate() {
        let mut row = KitRow {
            seller_sku: kit.seller_sku.clone(),
            title: String::new(),
            made_of: String::new(),
            available: 0,
            field_id: quantity_id(nth),
            field_label: format!("Quantity of {}", kit.seller_sku),
            quantity: kit.typed.clone(),
            this_store: Vec::new(),
            other_stores: Vec::new(),
        };
        if let Some(found) = &kit.kit {
            row.title.clone_from(&found.listing.title);
            row.made_of = found.components.to_string();
            let count = parse_quantity(&kit.typed);
            let in_demand = count.as_ref().map_or(0, |count| *count);
            row.available = available(&found.components, in_demand, &demand, |code| sheet.offer(code)).0;
            if count.is_ok_and(|count| sheet.admit_kits(found, count, &demand).is_ok()) {
                row.show(sheet, store, found, &demand);
            }
        }
        rows.push(row);
    }
    rows
}

impl KitRow {
    /// Fills in what stores will show.
    fn show(&mut self, sheet: &DraftSheet, store: &Store, kit: &Kit, demand: &Demand) {
        let (_, here) = sheet.shown(&kit.components, &store.code, demand);
        self.this_store.push(format!("{} {here}", self.seller_sku));
        let mut others = Vec::new();
        for other in sheet.stores.iter().filter(|other| other.code != store.code) {
            if seller_sku_on(sheet, other, &kit.components).is_some() {
                others.push((other.name.as_str(), sheet.shown(&kit.components, &other.code, demand).1));
            }
        }
        self.other_stores.push(format!("{}: {}", self.seller_sku, others_in_words(&others)));
        for component in kit.components.iter() {
            let Some(line) = sheet.sku(&component.sku) else { continue };
            let after = sheet.after(&component.sku, demand);
            let (here, elsewhere) = shown_after(line, &after, &store.code, &sheet.stores);
            if line.shown_on.contains(&store.code) {
                self.this_store.push(format!("{} {here}", component.sku));
            }
            self.other_stores.push(format!("{}: {elsewhere}", component.sku));
        }
    }
}

/// The seller SKU of the kit of the same components on a store, if it has one.
fn seller_sku_on<'a>(sheet: &'a DraftSheet, store: &Store, components: &Components) -> Option<&'a str> {
    let same = |kit: &&Kit| kit.listing.store == store.code && kit.components == *components;
    sheet.affected.iter().find(same).map(|kit| kit.listing.seller_sku.as_str())
}

/// A kit whose numbers depend on the products of the sale.
pub struct AffectedRow {
    /// What the stores call it.
    pub seller_skus: String,
    pub made_of: String,
    /// How many of it are held as a kit; empty for none.
    pub quantity: String,
    /// For each of the stores, what it shows before and after; `None` where it does not list the kit.
    pub shown: Vec<Option<(i64, i64)>>,
}

/// The kits that change, and a sentence about those that are not named.
pub fn affected(sheet: &DraftSheet, stores: &[&Store]) -> (Vec<AffectedRow>, String) {
    let demand = sheet.demand();
    let mut different: Vec<&Components> = Vec::new();
    let mut seen = HashSet::new();
    for kit in &sheet.affected {
        if seen.insert(&kit.components) {
            different.push(&kit.components);
        }
    }
    let more = different.len().saturating_sub(NAMED);
    different.truncate(NAMED);
    let mut rows = Vec::new();
    for components in different {
        let mut seller_skus: Vec<&str> = Vec::new();
        let mut shown = Vec::new();
        for store in stores {
            let seller_sku = seller_sku_on(sheet, store, components);
            seller_skus.extend(seller_sku.filter(|seller_sku| !seller_skus.contains(seller_sku)));
            shown.push(seller_sku.map(|_| sheet.shown(components, &store.code, &demand)));
        }
        let held = sheet.kits.iter().find(|kit| kit.kit.as_ref().is_some_and(|kit| kit.components == *components));
        rows.push(AffectedRow {
            seller_skus: seller_skus.join(", "),
            made_of: components.to_string(),
            quantity: held.map_or_else(String::new, |kit| kit.typed.clone()),
            shown,
        });
    }
    let sentence = if more == 0 { String::new() } else { format!("And {}.", counted(more, "other kit")) };
    (rows, sentence)
}
