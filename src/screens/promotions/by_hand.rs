//! The stores that the quantities of a flash sale do not reach by themselves: a warning for each, and a file with the
//! quantities that somebody has to type there.

use super::{draft, find_with_store, id_of};
use crate::{
    db::{
        self, Conn,
        availability::{self, ListedSku},
        catalogue::skus,
        promotions::list,
        stores::{
            Store, Stores,
            kits::Kit,
            reach::{self, StoreReach},
        },
    },
    domain::{
        catalogue::availability::Availability,
        code::{SkuCode, StoreCode},
        stores::reach::Way,
    },
    screens::stores::path_of,
    web::{
        download,
        error::{PageError, PageResult},
        page::see_other,
        visit::Visit,
    },
};
use actix_web::{HttpResponse, web::Path};

/// A store that some quantities do not reach, in words.
pub struct Warning {
    pub words: String,
    pub href: String,
    pub link: &'static str,
}

/// The warnings of the pages of one sale.
#[derive(Default)]
pub struct ByHand {
    pub warnings: Vec<Warning>,
    /// The file with the quantities.
    pub csv: String,
}

impl ByHand {
    /// The warnings for `stores`, the store of the sale first.
    pub fn new(reached: &[StoreReach], csv: String) -> Self {
        let mut warnings = Vec::new();
        for of_store in reached {
            let reach = of_store.reach();
            let Some(words) = reach.warning() else { continue };
            let path = path_of(&of_store.store.code);
            let (href, link) = match reach.way {
                Way::NotConnected => (format!("{path}/connection"), "Connect it"),
                Way::Paused(_) => (path, "Open the store"),
                Way::File => (format!("{path}/quantities.csv"), "Download its quantities"),
                Way::Sent => (format!("{path}/listings?mapping=unmapped"), "Map them"),
            };
            warnings.push(Warning { words, href, link });
        }
        Self { warnings, csv }
    }

    /// For the products of `lines` as they are now.
    pub fn read(
        conn: &mut Conn,
        stores: &[Store],
        first: &StoreCode,
        codes: &[SkuCode],
        csv: String,
    ) -> db::QueryResult<Self> {
        let mut stores = stores.to_vec();
        stores.sort_by_key(|store| store.code != *first);
        Ok(Self::new(&reach::of(conn, &stores, codes)?, csv))
    }
}

const COLUMNS: [&str; 5] = ["store", "sku", "seller_sku", "name", "quantity"];

/// `/promotions/drafts/{id}/quantities.csv`: what stores should show once the sale of a draft runs.
pub async fn of_draft(visit: Visit, path: Path<String>) -> PageResult {
    let sheet = match draft::load(&visit, id_of(&path)?).await? {
        draft::Found::Sheet(sheet) => sheet,
        draft::Found::Promotion(id) => return Ok(see_other(&format!("/promotions/{id}/quantities.csv"))),
    };
    if sheet.store().is_none() {
        return Err(PageError::NotFound);
    }
    let demand = sheet.demand();
    let held = sheet.held(&demand);
    let lines: Vec<(ListedSku, Availability)> =
        held.into_iter().map(|line| (line.clone(), sheet.after(&line.sku.code, &demand))).collect();
    let stores = sheet.stores.clone();
    let codes: Vec<SkuCode> = lines.iter().map(|(line, _)| line.sku.code.clone()).collect();
    let reached = visit.database().read(move |conn| reach::of(conn, &stores, &codes)).await?;
    file(&reached, &lines, |kit| sheet.shown(&kit.components, &kit.listing.store, &demand).1)
}

/// `/promotions/{id}/quantities.csv`: what stores should show now.
pub async fn of_promotion(visit: Visit, path: Path<String>) -> PageResult {
    let id = id_of(&path)?;
    let now = visit.now;
    let read = move |conn: &mut Conn| {
        find_with_store(conn, id)?;
        let codes = list::product_codes(conn, id)?;
        let stores: Stores = db::stores::all(conn)?;
        let reached = reach::of(conn, &stores, &codes)?;
        let skus = skus::find_all(conn, &codes)?;
        let kits = reached.iter().flat_map(|of_store| &of_store.kits).flat_map(|kit| kit.components.iter());
        let of_kits: Vec<SkuCode> = kits.map(|component| component.sku.clone()).collect();
        let of_kits = availability::read(conn, &of_kits, now)?;
        Ok::<_, PageError>((reached, availability::with_listings(conn, skus, now)?, of_kits))
    };
    let (reached, lines, of_kits) = visit.database().read(read).await?;
    let lines: Vec<(ListedSku, Availability)> =
        lines.into_iter().map(|line| (line.clone(), line.availability)).collect();
    file(&reached, &lines, |kit| availability::of_kit(&of_kits, &kit.components, &kit.listing.store).total())
}

/// `of_kit` returns what a store should show of a kit.
fn file(
    reached: &[StoreReach],
    lines: &[(ListedSku, Availability)],
    of_kit: impl Fn(&Kit) -> i64,
) -> Result<HttpResponse, PageError> {
    let header = download::rows(|file| {
        file.row(COLUMNS)?;
        for of_store in reached {
            let store = of_store.store.code.as_str();
            for (line, after) in lines {
                let sku = &line.sku.code;
                let listing = of_store.listings.get(sku).filter(|listing| of_store.is_by_hand(listing));
                let Some(listing) = listing else { continue };
                let quantity = after.quantity_for(&of_store.store.code).total().to_string();
                file.row([store, sku.as_str(), &listing.seller_sku, &line.sku.name, &quantity])?;
            }
            for kit in of_store.kits.iter().filter(|kit| of_store.is_by_hand(&kit.listing)) {
                let made_of = kit.components.to_string();
                file.row([store, "", &kit.listing.seller_sku, &made_of, &of_kit(kit).to_string()])?;
            }
        }
        Ok(())
    })?;
    Ok(download::csv("quantities.csv", header, (), |()| async { Ok(None) }))
}
