//! Makes the draft of a flash sale that covers a campaign of a marketplace: its store, its end, and for each of its listings that
//! no flash sale covers what it locks. A person reviews it as any draft; nothing is held before.

use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        engine::paging::Place,
        promotions::{
            draft_kits,
            drafts::{self, Draft},
        },
        stores::{
            self,
            campaigns::{self, Filter, Listed},
        },
    },
    domain::{
        catalogue::stock::MAX_UNITS,
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{
            promotion::{FlashSaleType, MAX_PRODUCTS, name_for_campaign},
            schedule::{field_value, whole_minute},
        },
        text::folded,
    },
};
use std::collections::BTreeMap;

/// A draft that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    pub draft: PromotionId,
    /// Whether the campaign has more listings than a flash sale may have products.
    pub is_cut: bool,
}

/// Returns `None` if there is no such campaign, or flash sales cover all of it.
pub fn run(conn: &mut Conn, now: Moment, by: &str, store: &StoreCode, campaign: &str) -> QueryResult<Option<Made>> {
    let Some(store) = stores::find(conn, store)? else { return Ok(None) };
    let limit = i64::try_from(MAX_PRODUCTS).expect("a small number");
    let of_campaign = Filter::UncoveredOf(campaign);
    let mut listed = campaigns::part(conn, &store.code, of_campaign, &Place::Start, now, limit + 1)?;
    let is_cut = listed.len() > MAX_PRODUCTS;
    listed.truncate(MAX_PRODUCTS);
    let Some(first) = listed.first() else { return Ok(None) };
    let name = name_for_campaign(&first.row.name, &store.name);
    let draft = Draft {
        search_key: folded(&name),
        name,
        // The store goes on selling what is available beside what the campaign locks.
        flash_sale_type: FlashSaleType::StockReservation.as_str().to_owned(),
        store: store.code.to_string(),
        end_typed: end_of(&listed).map_or_else(String::new, |end| field_value(whole_minute(end), store.zone())),
        ..Draft::new(new_id(now), now, by.to_owned())
    };
    drafts::insert(conn, &draft)?;
    let mut products: BTreeMap<SkuCode, i64> = BTreeMap::new();
    let mut position = 0;
    for Listed { row, listing, .. } in listed {
        match listing.sku {
            Some(sku) => {
                // Several listings of one SKU are locked each by itself.
                let units = products.entry(sku).or_default();
                *units = units.saturating_add(row.units).min(MAX_UNITS);
            }
            None => {
                position += 1;
                draft_kits::add(conn, draft.id, &listing.seller_sku, position, &row.units.to_string())?;
            }
        }
    }
    drafts::add_products(conn, draft.id, products.iter().map(|(sku, units)| (sku, units.to_string())))?;
    Ok(Some(Made { draft: draft.id, is_cut }))
}

/// The end of the last of them; `None` if the marketplace does not say when one of them ends.
fn end_of(listed: &[Listed]) -> Option<Moment> {
    let ends: Option<Vec<Moment>> = listed.iter().map(|of| of.row.ends_at).collect();
    ends?.into_iter().max()
}
