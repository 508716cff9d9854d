//! Picking products: a search that offers them, and rows that are pasted or uploaded. The form of a draft and that of a
//! running sale share this part.

use super::sale_rows;
use crate::{
    actions::promotions::update_draft::NotAdded,
    db::{
        availability::ListedSku,
        engine::search::SEARCH_LIMIT,
        promotions::draft_detail::{OFFERED, offered},
        stores::Store,
    },
    domain::{
        catalogue::availability::Availability,
        code::{SkuCode, StoreCode},
        promotions::promotion::MAX_PRODUCTS,
    },
    web::{
        error::PageError,
        form::{FormErrors, UploadedFile},
        visit::Visit,
    },
};

/// The fields of the form that are not stored in the draft, and the errors.
#[derive(Default)]
pub struct Typed {
    pub query: String,
    pub rows: String,
    pub errors: FormErrors,
}

pub struct Picking {
    /// The name of the store.
    pub store: String,
    pub query: String,
    pub rows_typed: String,
    pub offered: Vec<OfferedRow>,
    /// Whether the search found more than are offered.
    pub is_cut: bool,
}

pub struct OfferedRow {
    pub sku: String,
    pub name: String,
    pub on_hand: i64,
    pub available: i64,
    pub field_id: String,
    pub field_label: String,
    /// Why it cannot be added: it is in the form, or another promotion holds it; else empty.
    pub instead: String,
}

impl Picking {
    /// Searches the SKUs that `store` lists for `query`. `is_added` says which of them are in the form.
    pub async fn load(
        visit: &Visit,
        store: &Store,
        query: String,
        rows_typed: String,
        is_added: impl Fn(&SkuCode) -> bool,
    ) -> Result<Self, PageError> {
        let code = store.code.clone();
        let term = query.clone();
        let now = visit.now;
        let found = visit.database().read(move |conn| offered(conn, &code, &term, now)).await?;
        let mut offered = Vec::new();
        for (nth, line) in found.iter().enumerate() {
            offered.push(OfferedRow::new(nth, line, &store.code, is_added(&line.sku.code)));
        }
        Ok(Self { store: store.name.clone(), is_cut: found.len() as i64 == OFFERED, offered, query, rows_typed })
    }
}

impl OfferedRow {
    fn new(index: usize, line: &ListedSku, store: &StoreCode, is_added: bool) -> Self {
        let instead = match line.position().hold_of(store) {
            _ if is_added => "Added".to_owned(),
            Some((hold, _)) => format!("Held by {}", hold.promotion_name),
            None => String::new(),
        };
        let sku = line.sku.code.to_string();
        Self {
            name: line.sku.name.clone(),
            on_hand: line.sku.on_hand,
            available: line.position().shared(),
            field_id: format!("add-{}", index + 1),
            field_label: format!("Add {sku}"),
            instead,
            sku,
        }
    }
}

/// The input of the quantity of the product at `index` of the form.
pub fn quantity_id(index: usize) -> String {
    format!("quantity-{}", index + 1)
}

/// The search term, short enough for an address.
pub fn term(typed: &str) -> String {
    typed.chars().take(SEARCH_LIMIT).collect()
}

/// The products that the button `press` adds: those that were ticked, or those of the rows. If one row has an error, no
/// row is added.
pub fn picked(
    press: &str,
    ticked: &[String],
    (typed, file): (&str, Option<UploadedFile>),
    errors: &mut FormErrors,
) -> Vec<(SkuCode, Option<String>)> {
    match press {
        "add" => ticked.iter().take(MAX_PRODUCTS).filter_map(|sku| Some((SkuCode::parse(sku).ok()?, None))).collect(),
        "rows" => match sale_rows::read(typed, file) {
            Ok(rows) => rows.into_iter().map(|(sku, quantity)| (sku, Some(quantity))).collect(),
            Err(problems) => {
                for words in problems {
                    errors.push("rows", words);
                }
                Vec::new()
            }
        },
        _ => Vec::new(),
    }
}

/// Adds an error for each product that the button `press` could not add.
pub fn note(not_added: &NotAdded, press: &str, errors: &mut FormErrors) {
    let field = if press == "rows" { "rows" } else { "q" };
    for sku in &not_added.unknown {
        errors.push(field, format!("Choose SKUs from the catalogue: there is no “{sku}”."));
    }
    if not_added.is_full {
        errors.push(field, format!("Add at most {MAX_PRODUCTS} products to one promotion."));
    }
}

/// The quantity that `store` would show, and the one that the other stores that list `line` would show, with the
/// availability `after`: one number for all other stores where they agree, else one for each, with its name.
pub fn shown_after(line: &ListedSku, after: &Availability, store: &StoreCode, stores: &[Store]) -> (String, String) {
    let mut others: Vec<(&str, i64)> = Vec::new();
    for other in stores {
        if other.code != *store && line.listed_on.contains(&other.code) {
            others.push((&other.name, after.quantity_for(&other.code).total()));
        }
    }
    let other_stores = match others.as_slice() {
        [] => "no other store".to_owned(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, units)| units == first) => first.to_string(),
        each => each.iter().map(|(name, units)| format!("{name} {units}")).collect::<Vec<_>>().join(", "),
    };
    (after.quantity_for(store).total().to_string(), other_stores)
}
