//! Applies an autosaved edit to its running sale, either all of it or nothing, and deletes the autosaved edit.

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveRefusal {
    NotFound,
    /// Another tab has changed or deleted the edit after the submitted page had been shown.
    ChangedInTab,
    /// The invalid fields, with messages.
    Fields(Vec<(EditField, String)>),
    Edit(EditRefusal),
}

/// `revision` is the revision of the edit that the submitted page showed. Returns the changes that were made.
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
    let changes =
        apply_changes::run(conn, cause, key.promotion, &edit).map_err(|failed| failed.map(SaveRefusal::Edit))?;
    drafts::delete(conn, draft.id)?;
    Ok(changes)
}
