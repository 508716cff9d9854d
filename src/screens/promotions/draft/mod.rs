//! The steps that create a flash sale. Each keeps what was typed in the draft, whatever comes of it: going back, a
//! second tab, signing out and a restart lose nothing.

pub mod details;
pub mod discard;
pub mod products;
pub mod review;
pub mod steps;

use crate::{
    db::{
        self,
        promotions::{self, draft_detail::DraftSheet},
    },
    domain::id::PromotionId,
    web::{
        error::{Gone, PageError, PageResult},
        page::see_other,
        visit::Visit,
    },
};

/// What an address of a draft leads to.
enum Found {
    /// The draft.
    Sheet(Box<DraftSheet>),
    /// The promotion it has become.
    Promotion(PromotionId),
}

/// The most characters that a draft keeps of one field: more than any field takes, and few enough for an index.
const KEPT: usize = 600;

/// What was typed, as a draft can keep it: PostgreSQL has no text with the character U+0000.
pub(super) fn keepable(typed: &str) -> String {
    typed.chars().take(KEPT).map(|c| if c == '\0' { '\u{FFFD}' } else { c }).collect()
}

/// What is said of a draft that is not there. Of one that was discarded nothing is kept.
const NO_DRAFT: Gone = Gone {
    title: "This draft no longer exists",
    text: "Someone discarded it, or part of its address is missing.",
    go_on: ("/promotions", "Go to the promotions"),
};

/// Loads the draft of `id`.
async fn load(visit: &Visit, id: PromotionId) -> Result<Found, PageError> {
    let now = visit.now;
    let found = visit
        .database()
        .read(move |conn| match db::promotions::draft_detail::sheet(conn, id, now)? {
            Some(sheet) => Ok(Some(Found::Sheet(Box::new(sheet)))),
            None => Ok::<_, db::Error>(promotions::of_draft(conn, id)?.map(Found::Promotion)),
        })
        .await?;
    found.ok_or(PageError::Gone(NO_DRAFT))
}

/// Where a draft that was created already leads: to its confirmation.
fn created(id: PromotionId) -> PageResult {
    Ok(see_other(&format!("/promotions/{id}/confirmation")))
}
