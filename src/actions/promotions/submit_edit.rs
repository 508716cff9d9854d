//! Saves the edit of a running sale that its form kept: all of it or nothing. Then there is nothing left to keep.

use super::{
    apply_changes::{self, EditRefusal, PromotionEdit},
    autosave_edit::EditKey,
};
use crate::{
    db::{
        Conn, Failed,
        promotions::{self, drafts, edit_detail::typed},
        stores,
    },
    domain::{
        catalogue::ledger::Cause,
        promotions::{edit::EditField, history::Change},
    },
};

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveRefusal {
    /// There is no such promotion.
    NotFound,
    /// The edit was changed after the page that was sent had been shown, or is not there any more.
    ChangedInTab,
    /// Fields are to be mended.
    Fields(Vec<(EditField, String)>),
    /// The promotion cannot be changed.
    Edit(EditRefusal),
}

/// Saves the edit of `key`, which its page showed at `revision`, and answers what was changed.
///
/// # Errors
/// A [`SaveRefusal`], and then nothing was changed; or the database.
pub fn run(conn: &mut Conn, cause: &Cause, key: &EditKey, revision: i64) -> Result<Vec<Change>, Failed<SaveRefusal>> {
    let refused = |refusal| Err(Failed::Refused(refusal));
    let draft = match drafts::lock_edit(conn, key.promotion, &key.by)? {
        Some(draft) if draft.revision == revision => draft,
        _ => return refused(SaveRefusal::ChangedInTab),
    };
    let Some(promotion) = promotions::find(conn, key.promotion)? else { return refused(SaveRefusal::NotFound) };
    let store = stores::find(conn, &promotion.store)?.expect("promotions refer to stores that exist");
    let typed = typed(conn, &draft)?;
    let wanted = match typed.wanted(store.zone()) {
        Ok(wanted) => wanted,
        Err(errors) => return refused(SaveRefusal::Fields(errors)),
    };
    let edit = PromotionEdit { shown: Some(typed.shown()), wanted };
    let changes = apply_changes::run(conn, cause, key.promotion, &edit).map_err(|failed| match failed {
        Failed::Refused(refusal) => Failed::Refused(SaveRefusal::Edit(refusal)),
        Failed::Database(error) => Failed::Database(error),
    })?;
    drafts::delete(conn, draft.id)?;
    Ok(changes)
}
