//! Picking products: a search that offers them, and rows that are pasted or uploaded. The form of a draft and that of a
//! running sale share this part.

use super::{part::PartFields, sale_rows};
use crate::{
    actions::promotions::update_draft::NotAdded,
    db::{
        self, Conn,
        availability::{self, ListedSku},
        catalogue::{pictures::Pictures, skus},
        engine::search::SEARCH_LIMIT,
        promotions::draft_detail::{OFFERED, offered},
        stores::Store,
    },
    domain::{
        catalogue::availability::Availability,
        code::{SkuCode, StoreCode},
        promotions::promotion::MAX_PRODUCTS,
    },
    web::{error::PageError, form::FormErrors, kept_forms::Kept, uploaded_file::UploadedFile, visit::Visit},
};

/// The fields of the form that are not stored in the draft, and the errors.
#[derive(Default)]
pub struct Typed {
    pub query: String,
    pub rows: String,
    /// SKUs that were ticked in a form that is shown again.
    pub ticked: Vec<String>,
    /// Which of the products of the form are shown.
    pub part: PartFields,
    pub errors: FormErrors,
}

impl Typed {
    /// Of a page that is opened with this search and this part: or with what was typed in a form that was kept.
    pub fn of_page(query: String, part: PartFields, kept: Option<&Kept>) -> Self {
        let Some(kept) = kept else { return Self { query, part, ..Self::default() } };
        let query = kept.all("q").into_iter().next().unwrap_or(query);
        let rows = kept.all("rows").into_iter().next().unwrap_or_default();
        let part = PartFields::of_kept(kept).shown();
        Self { query, rows, ticked: kept.all("add"), part, errors: FormErrors::default() }
    }
}

pub struct Picking {
    /// The name of the store.
    pub store: String,
    pub query: String,
    pub rows_typed: String,
    pub offered: Vec<OfferedRow>,
    /// Kits that the search finds; none where kits cannot be added.
    pub kits: Vec<OfferedKit>,
    /// Whether the search found more than are offered.
    pub is_cut: bool,
    /// Whether rows may replace the products that the form has.
    pub can_replace: bool,
}

pub struct OfferedKit {
    pub seller_sku: String,
    /// The marketplace's title and what it is made of.
    pub about: String,
    pub available: i64,
    pub field_id: String,
    pub field_label: String,
    /// Whether it is in the form.
    pub is_added: bool,
}

pub struct OfferedRow {
    pub sku: String,
    /// What [`Pictures::of`] has of it.
    pub picture: Option<String>,
    pub name: String,
    pub on_hand: i64,
    pub available: i64,
    pub field_id: String,
    pub field_label: String,
    /// Why it cannot be added: it is in the form, or another promotion holds it; else empty.
    pub instead: String,
}

impl Picking {
    /// Searches the SKUs that `store` lists for the query of `typed`; those that are ticked in it come first. `is_added`
    /// says which of them are in the form.
    pub async fn load(
        visit: &Visit,
        store: &Store,
        typed: &Typed,
        is_added: impl Fn(&SkuCode) -> bool,
    ) -> Result<Self, PageError> {
        let code = store.code.clone();
        let term = typed.query.clone();
        let ticked: Vec<SkuCode> = typed.ticked.iter().filter_map(|sku| SkuCode::parse(sku).ok()).collect();
        let now = visit.now;
        let read = move |conn: &mut Conn| {
            let skus = skus::find_all(conn, &ticked)?;
            let ticked = availability::with_listings(conn, skus, now)?;
            let found = offered(conn, &code, &term, now)?;
            let pictures = Pictures::read(conn, ticked.iter().chain(&found).map(|line| &line.sku.code))?;
            Ok::<_, db::Error>((ticked, found, pictures))
        };
        let (ticked, found, pictures) = visit.database().read(read).await?;
        let is_cut = found.len() as i64 == OFFERED;
        let mut lines = ticked;
        for line in found {
            if lines.iter().all(|known| known.sku.code != line.sku.code) {
                lines.push(line);
            }
        }
        let mut offered = Vec::new();
        for (nth, line) in lines.iter().enumerate() {
            let picture = pictures.of(&line.sku.code);
            offered.push(OfferedRow { picture, ..OfferedRow::new(nth, line, &store.code, is_added(&line.sku.code)) });
        }
        Ok(Self {
            store: store.name.clone(),
            is_cut,
            can_replace: false,
            kits: Vec::new(),
            offered,
            query: typed.query.clone(),
            rows_typed: typed.rows.clone(),
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
            picture: None,
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

/// The products that a form adds, whichever of its buttons was pressed: those that were ticked, and those of the rows
/// that were pasted or uploaded. If one row has an error, no row is added.
#[derive(Default)]
pub struct Picked {
    pub ticked: Vec<SkuCode>,
    pub rows: Vec<(SkuCode, String)>,
}

impl Picked {
    pub fn read(
        press: &str,
        ticked: &[String],
        (typed, file): (&str, Option<UploadedFile>),
        errors: &mut FormErrors,
    ) -> Self {
        let ticked = ticked.iter().take(MAX_PRODUCTS).filter_map(|sku| SkuCode::parse(sku).ok()).collect();
        if typed.trim().is_empty() && file.is_none() && !matches!(press, "rows" | "replace") {
            return Self { ticked, rows: Vec::new() };
        }
        let rows = sale_rows::read(typed, file).unwrap_or_else(|problems| {
            for words in problems {
                errors.push("rows", words);
            }
            Vec::new()
        });
        Self { ticked, rows }
    }

    pub fn is_empty(&self) -> bool {
        self.ticked.is_empty() && self.rows.is_empty()
    }
}

/// Adds an error for each product that could not be added.
pub fn note(not_added: &NotAdded, errors: &mut FormErrors) {
    for (field, missing) in [("q", &not_added.ticked), ("rows", &not_added.rows)] {
        for unknown in &missing.unknown {
            errors.push(field, unknown.to_string());
        }
        if missing.is_full {
            errors.push(field, format!("Add at most {MAX_PRODUCTS} products to one promotion."));
        }
    }
}

/// The quantity that `store` would show, and the one that the other stores that list `line` would show, with the
/// availability `after`: one number for all other stores where they agree, else one for each, with its name.
pub fn shown_after(line: &ListedSku, after: &Availability, store: &StoreCode, stores: &[Store]) -> (String, String) {
    let mut others: Vec<(&str, i64)> = Vec::new();
    for other in stores {
        if other.code != *store && line.shown_on.contains(&other.code) {
            others.push((&other.name, after.quantity_for(&other.code).total()));
        }
    }
    (after.quantity_for(store).total().to_string(), others_in_words(&others))
}

/// What each of the other stores shows: one number where they agree.
pub fn others_in_words(others: &[(&str, i64)]) -> String {
    match others {
        [] => "no other store".to_owned(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, units)| units == first) => first.to_string(),
        each => each.iter().map(|(name, units)| format!("{name} {units}")).collect::<Vec<_>>().join(", "),
    }
}
