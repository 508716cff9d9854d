//! Creates the promotion that a draft describes and deletes the draft. The promotion stores the id of the draft, so that
//! sending the same form twice creates one promotion. It gets an id of its own, because lists are sorted by id and show
//! promotions in the order of their creation.

use super::create_promotion::{self, CreateRefusal, NewPromotion};
use crate::{
    clock::new_id,
    db::{
        Conn, Failed,
        promotions::{
            self,
            draft_kits::{self, TypedKit},
            drafts::{self, Draft, DraftProduct},
        },
        stores,
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        id::PromotionId,
        promotions::draft::{DetailField, parse_quantity},
    },
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftRefusal {
    /// There is neither such a draft nor a promotion that was created from it.
    NotFound,
    /// The draft was changed after the submitted page had been shown.
    Changed,
    /// The invalid fields of the details step, with messages.
    Details(Vec<(DetailField, String)>),
    /// The products with invalid quantities, and the kits by their seller SKU, with messages.
    Quantities {
        products: Vec<(SkuCode, String)>,
        kits: Vec<(String, String)>,
    },
    Promotion(Vec<CreateRefusal>),
}

/// `revision` is the revision of the draft that the submitted page showed.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    id: PromotionId,
    revision: i64,
) -> Result<PromotionId, Failed<DraftRefusal>> {
    let Some(draft) = drafts::lock(conn, id)? else {
        return promotions::of_draft(conn, id)?.ok_or(Failed::Refused(DraftRefusal::NotFound));
    };
    if draft.revision != revision {
        return Err(Failed::Refused(DraftRefusal::Changed));
    }
    let new = parse(conn, cause, &draft)?;
    let promotion = create_promotion::run(conn, cause, new).map_err(|failed| failed.map(DraftRefusal::Promotion))?;
    promotions::set_source_draft(conn, promotion.id, id)?;
    drafts::delete(conn, id)?;
    Ok(promotion.id)
}

fn parse(conn: &mut Conn, cause: &Cause, draft: &Draft) -> Result<NewPromotion, Failed<DraftRefusal>> {
    let code = StoreCode::trusted(draft.store.clone());
    let store = stores::find(conn, &code)?;
    let details = draft
        .details()
        .parse(store.map(|store| store.zone()), cause.at)
        .map_err(|errors| Failed::Refused(DraftRefusal::Details(errors)))?;
    let mut products = Vec::new();
    let mut errors = Vec::new();
    for DraftProduct { sku, typed, .. } in drafts::products(conn, draft.id)? {
        match parse_quantity(&typed) {
            Ok(quantity) => products.push((sku.code, quantity)),
            Err(message) => errors.push((sku.code, message)),
        }
    }
    let mut listings = Vec::new();
    let mut of_kits = Vec::new();
    for TypedKit { seller_sku, typed } in draft_kits::of_draft(conn, draft.id)? {
        match parse_quantity(&typed) {
            Ok(count) => listings.push((seller_sku, count)),
            Err(message) => of_kits.push((seller_sku, message)),
        }
    }
    if !errors.is_empty() || !of_kits.is_empty() {
        return Err(Failed::Refused(DraftRefusal::Quantities { products: errors, kits: of_kits }));
    }
    Ok(NewPromotion {
        id: new_id(cause.at),
        name: details.name,
        flash_sale_type: details.flash_sale_type,
        store: code,
        start: details.start,
        ends_at: details.ends_at,
        products,
        listings,
    })
}
