//! The steps that create a flash sale. Each stores the form in the draft, with its errors: going back, a second tab,
//! signing out and a restart lose nothing.

pub mod details;
mod kits;
pub mod products;
pub mod review;

use super::id_of;
use crate::{
    actions::promotions::update_draft,
    db::promotions::{
        self,
        draft_detail::{DraftSheet, sheet},
    },
    domain::id::PromotionId,
    web::{
        error::{Gone, PageError, PageResult},
        form::{EmptyForm, Form},
        page::see_other,
        visit::Visit,
    },
};
use actix_web::web::Path;

/// A step in the list at the top of each page.
pub struct Step {
    pub label: &'static str,
    /// Empty if the step cannot be opened yet.
    pub href: String,
    /// The button of the page's form that opens it, so that it takes what was typed with it; empty for a link.
    pub press: &'static str,
    pub current: bool,
    pub done: bool,
}

/// The steps of the draft of `id`, if it exists yet; the one with the label `current` is marked.
pub fn steps(id: Option<PromotionId>, current: &'static str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut done = true;
    for (label, page) in [("Type", "new"), ("Details", "details"), ("Products", "products"), ("Review", "review")] {
        let is_current = label == current;
        done = done && !is_current;
        let href = match id {
            Some(id) if done && page != "new" => format!("/promotions/drafts/{id}/{page}"),
            _ => String::new(),
        };
        let press = match (current, label) {
            ("Products", "Details") => "back",
            _ => "",
        };
        steps.push(Step { label, href, press, current: is_current, done });
    }
    steps
}

/// The draft at an address, or the promotion that was created from it.
pub(super) enum Found {
    Sheet(Box<DraftSheet>),
    Promotion(PromotionId),
}

/// What the list of promotions says after somebody has left a draft.
pub(super) const LEFT: &str = "The draft is saved: go on with it whenever you like. It holds no stock.";

/// The most characters of one field that a draft stores: more than any field accepts, and few enough for an index.
const FIELD_CHARACTERS: usize = 600;

/// The text of a field as a draft can store it: PostgreSQL has no text with the character U+0000.
pub(super) fn storable(typed: &str) -> String {
    typed.chars().take(FIELD_CHARACTERS).map(|c| if c == '\0' { '\u{FFFD}' } else { c }).collect()
}

/// A discarded draft leaves no trace, so this page cannot say which of the two it was.
const NO_DRAFT: Gone = Gone {
    title: "This draft no longer exists",
    text: "Someone discarded it, or part of its address is missing.",
    go_on: ("/promotions", "Go to the promotions"),
};

pub(super) async fn load(visit: &Visit, id: PromotionId) -> Result<Found, PageError> {
    let now = visit.now;
    let read = visit.database().read(move |conn| match sheet(conn, id, now)? {
        Some(sheet) => Ok(Found::Sheet(Box::new(sheet))),
        None => promotions::of_draft(conn, id)?.map(Found::Promotion).ok_or(PageError::Gone(NO_DRAFT)),
    });
    read.await
}

fn to_confirmation(id: PromotionId) -> PageResult {
    Ok(see_other(&format!("/promotions/{id}/confirmation")))
}

pub async fn discard(visit: Visit, path: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let id = id_of(&path)?;
    visit.database().write(move |conn| update_draft::discard(conn, id)).await?;
    Ok(see_other("/promotions?notice=discarded"))
}
