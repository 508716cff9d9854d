//! The steps of creating a promotion, as every page of it shows them.

use crate::domain::id::PromotionId;

/// One step, for the list at the top of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is called.
    pub label: &'static str,
    /// Its page; empty where one cannot go yet.
    pub href: String,
    /// Whether it is this page.
    pub current: bool,
    /// Whether it lies behind.
    pub done: bool,
}

/// The steps of the draft of `id`, if it is begun, with the one called `current` marked.
#[must_use]
pub fn steps(id: Option<PromotionId>, current: &'static str) -> Vec<Step> {
    let labels = [("Type", "new"), ("Details", "details"), ("Products", "products"), ("Review", "review")];
    let at = labels.iter().position(|(label, _)| *label == current);
    labels
        .into_iter()
        .enumerate()
        .map(|(nth, (label, page))| {
            let done = at.is_some_and(|at| nth < at);
            let href = match id {
                Some(id) if done && nth > 0 => format!("/promotions/drafts/{id}/{page}"),
                _ => String::new(),
            };
            Step { label, href, current: label == current, done }
        })
        .collect()
}
