//! Makes the promotion that a draft describes, and throws the draft away. The promotion knows which draft it was, so
//! sending the same form twice makes one promotion. Its id is a new one: lists are in the order of creation.

use super::create_promotion::{self, CreateRefusal, NewPromotion};
use crate::{
    clock::new_id,
    db::{
        Conn, Failed,
        promotions::{
            self,
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

/// Why no promotion was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftRefusal {
    /// There is no such draft, and no promotion that was it.
    NotFound,
    /// The draft was changed after the page that was sent had been shown.
    Changed,
    /// Its details are to be mended.
    Details(Vec<(DetailField, String)>),
    /// Quantities of its products are to be mended.
    Quantities(Vec<(SkuCode, String)>),
    /// The promotion was refused.
    Promotion(Vec<CreateRefusal>),
}

/// Makes the promotion of the draft `id`, which its page showed at `revision`.
///
/// # Errors
/// A [`DraftRefusal`], and then nothing was changed; or the database.
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
    let promotion = create_promotion::run(conn, cause, new).map_err(|failed| match failed {
        Failed::Refused(refusals) => Failed::Refused(DraftRefusal::Promotion(refusals)),
        Failed::Database(error) => Failed::Database(error),
    })?;
    promotions::came_of(conn, promotion.id, id)?;
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
    let (mut products, mut errors) = (Vec::new(), Vec::new());
    for DraftProduct { sku, typed, .. } in drafts::products(conn, draft.id)? {
        match parse_quantity(&typed) {
            Ok(quantity) => products.push((sku.code, quantity)),
            Err(words) => errors.push((sku.code, words)),
        }
    }
    if !errors.is_empty() {
        return Err(Failed::Refused(DraftRefusal::Quantities(errors)));
    }
    Ok(NewPromotion {
        id: new_id(cause.at),
        name: details.name,
        flash_sale_type: details.flash_sale_type,
        store: code,
        start: details.start,
        ends_at: details.ends_at,
        products,
    })
}
