//! Picking products: a search that offers them, and rows that are pasted or uploaded. The products of a draft and those
//! of a running sale are picked in the same way.

use super::rows;
use crate::{
    actions::promotions::update_draft::NotAdded,
    db::{
        self, availability::ListedSku, engine::search::SEARCH_LIMIT, promotions::draft_detail::offered, stores::Store,
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
use std::io::Read;

/// What picks products: a part of a page.
pub struct Picking {
    /// What the store is called.
    pub store: String,
    /// What was searched for.
    pub query: String,
    /// The rows as they were typed.
    pub rows_typed: String,
    /// What the search found.
    pub offered: Vec<OfferedRow>,
    /// Whether it found more than are offered.
    pub is_cut: bool,
}

/// One product that may be added.
pub struct OfferedRow {
    /// Its code.
    pub sku: String,
    /// What people call it.
    pub name: String,
    /// Units in the warehouse.
    pub on_hand: i64,
    /// Units that can be held.
    pub available: i64,
    /// The id of its input.
    pub field_id: String,
    /// What its input is called.
    pub field_label: String,
    /// Why it is not offered after all: it is there, or held already; empty when it is.
    pub instead: String,
}

impl Picking {
    /// What `store` lists and `query` finds. Those that `is_added` knows are there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(
        visit: &Visit,
        store: &Store,
        query: String,
        rows_typed: String,
        is_added: impl Fn(&SkuCode) -> bool,
    ) -> Result<Self, PageError> {
        let (code, term, now) = (store.code.clone(), query.clone(), visit.now);
        let found = visit.database().read(move |conn| offered(conn, &code, &term, now)).await?;
        let row = |(nth, line): (usize, &ListedSku)| OfferedRow::new(nth, line, &store.code, is_added(&line.sku.code));
        Ok(Self {
            store: store.name.clone(),
            is_cut: found.len() as i64 == db::promotions::draft_detail::OFFERED,
            offered: found.iter().enumerate().map(row).collect(),
            query,
            rows_typed,
        })
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

/// The term of a search, as the address carries it.
pub fn term(typed: &str) -> String {
    typed.chars().take(SEARCH_LIMIT).collect()
}

/// What the button `press` adds of what was ticked, typed and uploaded. What is to be mended in the rows goes to
/// `errors`, and then none of them is added.
pub fn picked(
    press: &str,
    ticked: &[String],
    (typed, file): (&str, Option<UploadedFile>),
    errors: &mut FormErrors,
) -> Vec<(SkuCode, Option<String>)> {
    match press {
        "add" => ticked.iter().take(MAX_PRODUCTS).filter_map(|sku| Some((SkuCode::parse(sku).ok()?, None))).collect(),
        "rows" => match read_rows(typed, file) {
            Ok(rows) => rows.into_iter().map(|(sku, quantity)| (sku, Some(quantity))).collect(),
            Err(problems) => {
                problems.iter().for_each(|words| errors.push("rows", words));
                Vec::new()
            }
        },
        _ => Vec::new(),
    }
}

/// Says what the button `press` could not add.
pub fn note(not_added: &NotAdded, press: &str, errors: &mut FormErrors) {
    let field = if press == "rows" { "rows" } else { "q" };
    for sku in &not_added.unknown {
        errors.push(field, format!("Choose SKUs from the catalogue: there is no “{sku}”."));
    }
    if not_added.is_full {
        errors.push(field, format!("Add at most {MAX_PRODUCTS} products to one promotion."));
    }
}

/// The rows of the text field and of the file, if one was chosen.
fn read_rows(typed: &str, file: Option<UploadedFile>) -> Result<Vec<(SkuCode, String)>, Vec<String>> {
    let mut text = String::new();
    if let Some(file) = file {
        let read = file.content.as_file().take(rows::FILE_LIMIT_BYTES + 1).read_to_string(&mut text);
        match read {
            Ok(bytes) if bytes as u64 > rows::FILE_LIMIT_BYTES => {
                return Err(vec![format!("Choose a file of at most {} KiB.", rows::FILE_LIMIT_BYTES >> 10)]);
            }
            Ok(_) => {}
            Err(_) => return Err(vec!["Save the file as CSV UTF-8: this one is in another encoding.".to_owned()]),
        }
    }
    rows::parse(&if text.is_empty() { typed.to_owned() } else { format!("{text}\n{typed}") })
}

/// What `store` and the other stores that list `line` would show if `after` were available of it: one number for the
/// others where they agree, else each with its name.
pub fn shown_after(line: &ListedSku, after: &Availability, store: &StoreCode, stores: &[Store]) -> (String, String) {
    let others: Vec<(&str, i64)> = stores
        .iter()
        .filter(|other| other.code != *store && line.listed_on.contains(&other.code))
        .map(|other| (other.name.as_str(), after.quantity_for(&other.code).total()))
        .collect();
    let other_stores = match others.as_slice() {
        [] => "no other store".to_owned(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, units)| units == first) => first.to_string(),
        each => each.iter().map(|(name, units)| format!("{name} {units}")).collect::<Vec<_>>().join(", "),
    };
    (after.quantity_for(store).total().to_string(), other_stores)
}
