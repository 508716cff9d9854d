//! Errors for the fields of a running sale that others changed while the form of an edit was open.

use crate::{
    db::{promotions::changes::Line, stores::Store},
    domain::{
        code::SkuCode,
        compared::Compared,
        promotions::{
            edit::{TypedEdit, TypedProduct},
            history::Change,
            sale_changes::SaleValues,
            schedule,
        },
    },
    screens::promotions::picking::quantity_id,
    web::form::FormErrors,
};

/// An error for each difference between the values that the form `typed` showed and the values `now`. `lines` are the
/// latest changes, newest first; `next` is the form that is shown with the errors.
pub fn errors(typed: &TypedEdit, now: &SaleValues, lines: &[Line], store: &Store, next: &TypedEdit) -> FormErrors {
    let mut errors = FormErrors::default();
    let shown = typed.shown();
    let by = |concerns: &dyn Fn(&Change) -> bool| {
        lines.iter().find(|line| concerns(&line.change)).map_or("Someone", |line| line.actor.as_str())
    };
    let name = typed.compared_name(&now.name);
    if name.was_changed() {
        let who = by(&|change| matches!(change, Change::Renamed { .. }));
        let mine = if name.replaces() { Some(format!("“{}”", name.typed)) } else { None };
        let what = format!("{who} renamed it meanwhile, from “{}” to “{}”.", name.shown, name.now);
        errors.push("name", with_mine(what, mine));
    }
    if now.ends_at != shown.ends_at {
        let who = by(&|change| matches!(change, Change::EndMoved { .. }));
        let from = schedule::display(shown.ends_at, store.zone());
        let to = schedule::display(now.ends_at, store.zone());
        let end_shown = schedule::field_value(shown.ends_at, store.zone());
        let end_now = schedule::field_value(now.ends_at, store.zone());
        let end = Compared { shown: end_shown.as_str(), typed: typed.end.trim(), now: &end_now };
        let mine = if end.replaces() { Some(end.typed.replace('T', " ")) } else { None };
        let what = format!("{who} moved the end meanwhile, from {from} to {to}.");
        errors.push("end", with_mine(what, mine));
    }
    let added = now.products.keys().filter(|sku| !shown.products.contains_key(*sku));
    for sku in shown.products.keys().chain(added) {
        let before = shown.products.get(sku);
        let after = now.products.get(sku);
        if before != after {
            let who = by(&|change| concerns(change, sku));
            let words = of_product(who, (before, after), typed.products.iter().find(|product| product.sku == *sku));
            let at = next.products.iter().position(|product| product.sku == *sku && !product.is_removed);
            errors.push(at.map_or_else(String::new, quantity_id), format!("{sku}: {words}"));
        }
    }
    errors
}

fn concerns(change: &Change, of: &SkuCode) -> bool {
    match change {
        Change::ProductAdded { sku, .. } | Change::QuantityChanged { sku, .. } | Change::ProductRemoved { sku, .. } => {
            sku == of
        }
        Change::Created { .. } | Change::Renamed { .. } | Change::EndMoved { .. } | Change::EndedEarly { .. } => false,
    }
}

fn of_product(who: &str, units: (Option<&i64>, Option<&i64>), mine: Option<&TypedProduct>) -> String {
    let what = match units {
        (Some(before), Some(after)) => format!("{who} changed the quantity meanwhile, from {before} to {after}."),
        (None, Some(after)) => format!("{who} added it meanwhile, with {after}."),
        (_, None) => format!("{who} removed it meanwhile."),
    };
    match mine {
        Some(mine) if mine.is_removed && units.1.is_some() => {
            format!("{what} You were about to remove it: save again to do so.")
        }
        Some(mine) if !mine.is_removed && !mine.is_untouched() => {
            let is_same = units.1.is_some_and(|after| after.to_string() == mine.quantity.trim());
            with_mine(what, Some(mine.quantity.trim()).filter(|_| !is_same))
        }
        _ => what,
    }
}

fn with_mine(what: String, mine: Option<impl std::fmt::Display>) -> String {
    match mine {
        Some(mine) => format!("{what} You typed {mine}: save again to set that."),
        None => what,
    }
}
