//! A draft with everything that its pages show.

use crate::{
    db::{
        Conn,
        availability::{self, ListedSku},
        catalogue::{
            pictures::Pictures,
            skus::{self, Sku},
        },
        engine::{
            schema::{listings as listing_rows, skus as sku_rows},
            search,
        },
        promotions::{
            draft_kits,
            drafts::{self, Draft},
        },
        stores::{
            self, Store, Stores,
            kits::{self, Kit},
            listings,
        },
    },
    domain::{
        catalogue::availability::Availability,
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{
            draft::parse_quantity,
            hold::Hold,
            kits::{Demand, KitRefusal, admit},
            promotion::FlashSaleType,
            sale_changes::Offer,
        },
        stores::components::Components,
    },
};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub const OFFERED: i64 = 20;

/// A kit of a draft.
#[derive(Debug, Clone)]
pub struct DraftKit {
    pub seller_sku: String,
    /// The number of kits as it was typed.
    pub typed: String,
    /// `None` if the store has no such listing any more.
    pub kit: Option<Kit>,
}

#[derive(Debug, Clone)]
pub struct DraftSheet {
    pub draft: Draft,
    pub stores: Stores,
    /// The products, in the order they were added.
    pub lines: Vec<ListedSku>,
    /// What was typed for each of them.
    pub typed: Vec<String>,
    pub pictures: Pictures,
    /// The kits, in the order they were added.
    pub kits: Vec<DraftKit>,
    /// The kits of every store that have one of the products or components among their components: what they show
    /// depends on this sale.
    pub affected: Vec<Kit>,
    /// The products, the components of the kits, and those of the affected ones.
    skus: BTreeMap<SkuCode, ListedSku>,
    pub now: Moment,
}

impl DraftSheet {
    pub fn store(&self) -> Option<&Store> {
        self.stores.get(&self.draft.store)
    }

    /// Whether it has neither products nor kits.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.kits.is_empty()
    }

    /// The units of each SKU that the products and the kits take, as far as their numbers can be read.
    pub fn demand(&self) -> Demand {
        let mut demand = Demand::default();
        for (line, typed) in self.lines.iter().zip(&self.typed) {
            if let Ok(units) = parse_quantity(typed) {
                demand.add(&line.sku.code, units);
            }
        }
        for DraftKit { typed, kit, .. } in &self.kits {
            if let (Ok(count), Some(kit)) = (parse_quantity(typed), kit) {
                demand.add_kits(&kit.components, count);
            }
        }
        demand
    }

    /// The SKUs that the sale would hold, by code.
    pub fn held(&self, demand: &Demand) -> Vec<&ListedSku> {
        demand.iter().filter_map(|(sku, _)| self.skus.get(sku)).collect()
    }

    pub fn sku(&self, code: &SkuCode) -> Option<&ListedSku> {
        self.skus.get(code)
    }

    pub fn offer(&self, code: &SkuCode) -> Option<Offer<'_>> {
        self.skus.get(code).map(ListedSku::offer)
    }

    /// Whether the store may take new holds for `count` of a kit, which are in `demand`.
    pub fn admit_kits(&self, kit: &Kit, count: i64, demand: &Demand) -> Result<(), KitRefusal> {
        admit(&kit.components, count, &kit.listing.store, demand, |code| self.offer(code))
    }

    /// What is available of `code` once the sale holds what `demand` says.
    pub fn after(&self, code: &SkuCode, demand: &Demand) -> Availability {
        let before = self.skus.get(code).map(|listed| listed.availability.clone()).unwrap_or_default();
        match demand.of(code) {
            0 => before,
            units => before.with_hold(self.planned_hold(units)),
        }
    }

    /// What `store` shows of a listing of `components` now, and once the sale holds what `demand` says.
    pub fn shown(&self, components: &Components, store: &StoreCode, demand: &Demand) -> (i64, i64) {
        let now =
            |code: &SkuCode| self.skus.get(code).map_or(0, |listed| listed.availability.quantity_for(store).total());
        let then = |code: &SkuCode| self.after(code, demand).quantity_for(store).total();
        (components.quantity(now), components.quantity(then))
    }

    /// The hold that the draft would take of one SKU, as its youngest.
    pub fn planned_hold(&self, quantity: i64) -> Hold {
        Hold {
            promotion: self.draft.id,
            promotion_name: self.draft.name.clone(),
            flash_sale_type: FlashSaleType::parse(&self.draft.flash_sale_type)
                .unwrap_or(FlashSaleType::StockAllocation),
            store: StoreCode::trusted(self.draft.store.clone()),
            starts_at: self.now,
            quantity,
            sold: 0,
        }
    }
}

pub fn sheet(conn: &mut Conn, id: PromotionId, now: Moment) -> QueryResult<Option<DraftSheet>> {
    let Some(draft) = drafts::find(conn, id)? else { return Ok(None) };
    let products = drafts::products(conn, id)?.into_iter();
    let (rows, typed): (Vec<Sku>, Vec<String>) = products.map(|product| (product.sku, product.typed)).unzip();
    let kits = kits_of(conn, &draft)?;
    let mut codes: BTreeSet<SkuCode> = rows.iter().map(|sku| sku.code.clone()).collect();
    let order: Vec<SkuCode> = rows.into_iter().map(|sku| sku.code).collect();
    codes.extend(components_of(kits.iter().filter_map(|kit| kit.kit.as_ref())));
    let affected = kits::with_skus(conn, &codes, usize::MAX)?;
    codes.extend(components_of(&affected));
    let found = skus::find_all(conn, &codes)?;
    let listed = availability::with_listings(conn, found, now)?;
    let skus: BTreeMap<SkuCode, ListedSku> =
        listed.into_iter().map(|listed| (listed.sku.code.clone(), listed)).collect();
    let lines = order.iter().map(|code| skus[code].clone()).collect();
    let pictures = Pictures::read(conn, &order)?;
    Ok(Some(DraftSheet { draft, stores: stores::all(conn)?, lines, typed, pictures, kits, affected, skus, now }))
}

fn kits_of(conn: &mut Conn, draft: &Draft) -> QueryResult<Vec<DraftKit>> {
    let typed = draft_kits::of_draft(conn, draft.id)?;
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let store = StoreCode::trusted(draft.store.clone());
    let seller_skus: Vec<&String> = typed.iter().map(|kit| &kit.seller_sku).collect();
    let mut named = kits::named(conn, &store, &seller_skus)?;
    let of = typed.into_iter().map(|typed| DraftKit {
        kit: named.remove(&typed.seller_sku),
        seller_sku: typed.seller_sku,
        typed: typed.typed,
    });
    Ok(of.collect())
}

fn components_of<'a>(kits: impl IntoIterator<Item = &'a Kit>) -> Vec<SkuCode> {
    let components = kits.into_iter().flat_map(|kit| kit.components.iter());
    components.map(|component| component.sku.clone()).collect()
}

/// SKUs that `store` lists plainly and `term` finds, by code, the first [`OFFERED`].
pub fn offered(conn: &mut Conn, store: &StoreCode, term: &str, now: Moment) -> QueryResult<Vec<ListedSku>> {
    let mut query = sku_rows::table
        .inner_join(listing_rows::table)
        .filter(listing_rows::store.eq(store))
        .filter(listings::IS_FIRST)
        .order(listing_rows::sku)
        .limit(OFFERED)
        .select(Sku::as_select())
        .into_boxed();
    if let Some(matching) = search::matching(conn, search::Searched::Skus, term)? {
        query = query.filter(matching);
    }
    let skus = query.load(conn)?;
    availability::with_listings(conn, skus, now)
}
