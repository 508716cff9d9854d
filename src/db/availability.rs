//! The only reader of "the stock of these SKUs and the holds that are live on them". Pages, pushes and decisions all get
//! their numbers here, so that kits, planned sales and warehouses have one place to go.
//!
//! An action that spends stock locks the SKUs first ([`crate::db::catalogue::skus::lock`]) and passes the locked rows to
//! [`of`]: the holds are read after the lock, so no other transaction can change them before this one ends.

use crate::{
    db::{
        Conn,
        catalogue::skus::{self, Sku},
        engine::{among::among, schema::holds as hold_rows, schema::promotions},
        promotions::holds,
        stores::{
            components,
            listings::{self, ListingKey},
        },
    },
    domain::{
        catalogue::{
            availability::Availability,
            quantity::{Position, Quantity},
            stock::Stock,
        },
        code::{SkuCode, StoreCode},
        id::{ListingId, PromotionId},
        moment::Moment,
        promotions::{hold::Hold, promotion::FlashSaleType, sale_changes::Offer},
        refusal::HoldRefusal,
        stores::components::Components,
    },
    on_db,
};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

pub type Available = HashMap<SkuCode, Availability>;

/// What is available at `now` of those of `codes` that exist.
///
/// The SKUs are read in a query of their own: joined to the rows that name them, PostgreSQL scans all SKUs up to those.
pub fn read<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>, now: Moment) -> QueryResult<Available> {
    let skus = skus::find_all(conn, codes)?;
    of(conn, &skus, now)
}

/// What is available at `now` of SKUs whose rows were read, or locked, in this transaction.
pub fn of(conn: &mut Conn, skus: &[Sku], now: Moment) -> QueryResult<Available> {
    of_stock(conn, skus.iter().map(|sku| (sku.code.clone(), sku.stock())), now)
}

/// What is available at `now` of SKUs of which a query of its own has read the stored totals.
pub fn of_stock(
    conn: &mut Conn,
    stock: impl IntoIterator<Item = (SkuCode, Stock)>,
    now: Moment,
) -> QueryResult<Available> {
    let mut available: Available =
        stock.into_iter().map(|(code, stock)| (code, Availability { stock, holds: Vec::new() })).collect();
    for (code, hold) in live_holds(conn, available.keys(), now)? {
        if let Some(availability) = available.get_mut(&code) {
            availability.holds.push(hold);
        }
    }
    Ok(available)
}

type LiveHold = (SkuCode, PromotionId, String, FlashSaleType, StoreCode, Moment, i64, i64);

/// The holds on `codes` that are live at `now`, oldest promotion first.
///
/// The start is not compared. A hold is inserted when its sale starts, so every row is of a sale that has started: where
/// its start is after `now`, this request read the clock and then waited for a lock, or another server's clock is ahead.
fn live_holds<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
    now: Moment,
) -> QueryResult<Vec<(SkuCode, Hold)>> {
    let of_skus = holds::live(now)
        .inner_join(promotions::table)
        .filter(among(conn, "holds.sku", codes))
        .order((promotions::starts_at, promotions::id))
        .select((
            hold_rows::sku,
            promotions::id,
            promotions::name,
            promotions::flash_sale_type,
            hold_rows::store,
            promotions::starts_at,
            hold_rows::quantity,
            hold_rows::sold,
        ));
    // Rows of the concrete database cost less than those of `MultiConnection`.
    let rows: Vec<LiveHold> = on_db!(conn, |conn| of_skus.load(conn))?;
    let mut live = Vec::with_capacity(rows.len());
    for (sku, promotion, promotion_name, flash_sale_type, store, starts_at, quantity, sold) in rows {
        live.push((sku, Hold { promotion, promotion_name, flash_sale_type, store, starts_at, quantity, sold }));
    }
    Ok(live)
}

/// What listings should show: what is available of their SKUs, and the components of kits.
#[derive(Debug, Clone, Default)]
pub struct ListingQuantities {
    pub available: Available,
    pub kits: HashMap<ListingId, Components>,
}

impl ListingQuantities {
    /// What some listings should show at `now`.
    pub fn read<'a>(
        conn: &mut Conn,
        listings: impl IntoIterator<Item = ListingKey<'a>>,
        now: Moment,
    ) -> QueryResult<Self> {
        let mut codes: BTreeSet<&SkuCode> = BTreeSet::new();
        let mut kits = Vec::new();
        for listing in listings {
            match listing.sku {
                Some(sku) => drop(codes.insert(sku)),
                None => kits.push(listing.id),
            }
        }
        let kits = components::of_kits(conn, kits)?;
        for component in kits.values().flat_map(Components::iter) {
            codes.insert(&component.sku);
        }
        let available = read(conn, codes, now)?;
        Ok(Self { available, kits })
    }

    pub fn of(&self, listing: ListingKey<'_>) -> Quantity {
        match listing.sku {
            Some(sku) => self.available[sku].quantity_for(listing.store),
            None => of_kit(&self.available, &self.kits[&listing.id], listing.store),
        }
    }
}

/// What `store` should show of a kit. From holds are those of which every unit is held for the store.
pub fn of_kit(available: &Available, kit: &Components, store: &StoreCode) -> Quantity {
    let total = kit.quantity(|sku| available[sku].quantity_for(store).total());
    let from_hold = kit.quantity(|sku| available[sku].quantity_for(store).from_hold);
    Quantity { from_hold, from_shared: total - from_hold }
}

/// A SKU with all that decides whether a store may hold units of it.
#[derive(Debug, Clone)]
pub struct ListedSku {
    pub sku: Sku,
    pub availability: Availability,
    /// The stores that list it, plainly or in a kit.
    pub listed_on: Vec<StoreCode>,
    /// Those that list it plainly, and so show its own quantity.
    pub shown_on: Vec<StoreCode>,
}

impl ListedSku {
    pub fn position(&self) -> Position<'_> {
        self.availability.position()
    }

    pub fn offer(&self) -> Offer<'_> {
        Offer { position: self.position(), listed_on: &self.listed_on }
    }

    /// Whether `store` may take a new hold of `quantity` units.
    pub fn admit(&self, store: &StoreCode, quantity: i64) -> Result<(), HoldRefusal> {
        self.position().admit(&self.sku.code, store, &self.listed_on, quantity)
    }
}

/// `skus`, in their order, with what is available of them at `now` and the stores that list them.
pub fn with_listings(conn: &mut Conn, skus: Vec<Sku>, now: Moment) -> QueryResult<Vec<ListedSku>> {
    let mut available = of(conn, &skus, now)?;
    let mut plainly = listings::plain_stores_of(conn, skus.iter().map(|sku| &sku.code))?;
    let mut kits = listings::kits_with(conn, skus.iter().map(|sku| &sku.code))?;
    let mut with_listings = Vec::with_capacity(skus.len());
    for sku in skus {
        let shown_on = plainly.remove(&sku.code).unwrap_or_default();
        let of_kits = kits.remove(&sku.code).into_iter().flatten().map(|kit| kit.store);
        let listed_on: BTreeSet<StoreCode> = shown_on.iter().cloned().chain(of_kits).collect();
        with_listings.push(ListedSku {
            availability: available.remove(&sku.code).expect("it was asked for"),
            listed_on: listed_on.into_iter().collect(),
            shown_on,
            sku,
        });
    }
    Ok(with_listings)
}
