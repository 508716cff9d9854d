//! `/promotions/drafts/{id}/products`: which products, and how many units of each.

use super::{
    Found, created, keepable, load, rows,
    steps::{Step, steps},
};
use crate::{
    actions::edit_draft::{self, NotAdded, ProductsEdit},
    db::{
        self,
        reads::draft::{DraftSheet, ShelfLine, offered},
        search::SEARCH_LIMIT,
        stores::Store,
    },
    domain::{
        code::SkuCode,
        draft::parse_quantity,
        hold::Hold,
        id::PromotionId,
        promotion::{FlashSaleType, MAX_PRODUCTS},
        quantity::Position,
    },
    screens::{catalogue::path_of, promotions::id_of},
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, UploadedFile},
        page::{Layout, ok, refused, see_other},
        query::{Query, href},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;
use std::io::Read;

/// The search, and what the page is to say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProductsQuery {
    q: String,
}

/// The form, as it was typed. One form carries everything, so that whichever button is pressed, no quantity is lost.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProductsForm {
    q: String,
    add: Vec<String>,
    sku: Vec<String>,
    quantity: Vec<String>,
    rows: String,
    remove: String,
    /// The button that was pressed.
    press: String,
}

impl ProductsForm {
    fn edit(&self) -> ProductsEdit {
        let code = |text: &String| SkuCode::parse(text).ok();
        ProductsEdit {
            quantities: self
                .sku
                .iter()
                .zip(&self.quantity)
                .take(MAX_PRODUCTS)
                .filter_map(|(sku, typed)| Some((code(sku)?, keepable(typed))))
                .collect(),
            remove: code(&self.remove).into_iter().collect(),
            add: match self.press.as_str() {
                "add" => self.add.iter().take(MAX_PRODUCTS).filter_map(|sku| Some((code(sku)?, None))).collect(),
                _ => Vec::new(),
            },
            all_or_none: self.press == "rows",
        }
    }
}

/// One product of the draft.
pub(super) struct ProductRow {
    sku: String,
    href: String,
    name: String,
    on_hand: i64,
    available: i64,
    field_id: String,
    field_label: String,
    quantity: String,
    this_store: String,
    other_stores: String,
}

/// One product that may be added.
struct OfferedRow {
    sku: String,
    name: String,
    on_hand: i64,
    available: i64,
    field_id: String,
    field_label: String,
    /// Why it is not offered after all: it is in the draft, or held already; empty when it is.
    instead: String,
}

#[derive(Template)]
#[template(path = "promotions/draft/products.html")]
struct ProductsPage {
    page: Layout,
    steps: Vec<Step>,
    id: PromotionId,
    store: String,
    query: String,
    rows_typed: String,
    offered: Vec<OfferedRow>,
    is_cut: bool,
    products: Vec<ProductRow>,
    errors: FormErrors,
}

/// The id of the input of the product at `index`.
pub(super) fn field_id(index: usize) -> String {
    format!("quantity-{}", index + 1)
}

/// The hold that the draft would take of `line`, as the youngest there is.
pub(super) fn planned_hold(sheet: &DraftSheet, store: &Store, quantity: i64) -> Hold {
    Hold {
        promotion: sheet.draft.id,
        promotion_name: sheet.draft.name.clone(),
        flash_sale_type: FlashSaleType::parse(&sheet.draft.flash_sale_type).unwrap_or(FlashSaleType::StockAllocation),
        store: store.code.clone(),
        starts_at: sheet.now,
        quantity,
        sold: 0,
    }
}

/// What is to be mended in each line of `sheet`, by its place: the quantity that was typed, or what stands against it
/// now.
pub(super) fn problems(sheet: &DraftSheet, store: &Store) -> Vec<(usize, String)> {
    let problem = |line: &ShelfLine, typed: &String| {
        let quantity = parse_quantity(typed)?;
        line.admit(&store.code, quantity).map_err(|refusal| refusal.to_string())
    };
    let lines = sheet.lines.iter().zip(&sheet.typed).enumerate();
    lines
        .filter_map(|(nth, (line, typed))| {
            let words = problem(line, typed).err()?;
            Some((nth, format!("{}: {words}", line.sku.code)))
        })
        .collect()
}

impl ProductRow {
    fn new(index: usize, line: &ShelfLine, typed: &str, sheet: &DraftSheet, store: &Store) -> Self {
        let planned = parse_quantity(typed).ok().filter(|units| line.admit(&store.code, *units).is_ok());
        let (this_store, other_stores) = match planned {
            None => ("–".to_owned(), "–".to_owned()),
            Some(quantity) => shown_after(sheet, line, planned_hold(sheet, store, quantity)),
        };
        let sku = line.sku.code.to_string();
        Self {
            href: path_of(&line.sku.code),
            field_id: field_id(index),
            field_label: format!("Quantity of {sku}"),
            name: line.sku.name.clone(),
            on_hand: line.sku.on_hand,
            available: line.position().shared(),
            quantity: typed.to_owned(),
            this_store,
            other_stores,
            sku,
        }
    }
}

/// What the store of `planned` and the others would show of `line` with that hold: one number for the others where
/// they agree, else each with its name.
fn shown_after(sheet: &DraftSheet, line: &ShelfLine, planned: Hold) -> (String, String) {
    let this_store = planned.store.clone();
    let holds: Vec<Hold> = line.holds.iter().cloned().chain([planned]).collect();
    let after = Position { stock: line.sku.stock(), holds: &holds };
    let others: Vec<(&str, i64)> = sheet
        .stores
        .iter()
        .filter(|store| store.code != this_store && line.listed_on.contains(&store.code))
        .map(|store| (store.name.as_str(), after.quantity_for(&store.code).total()))
        .collect();
    let other_stores = match others.as_slice() {
        [] => "no other store".to_owned(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, units)| units == first) => first.to_string(),
        each => each.iter().map(|(name, units)| format!("{name} {units}")).collect::<Vec<_>>().join(", "),
    };
    (after.quantity_for(&this_store).total().to_string(), other_stores)
}

impl OfferedRow {
    fn new(index: usize, line: &ShelfLine, sheet: &DraftSheet, store: &Store) -> Self {
        let is_added = sheet.lines.iter().any(|added| added.sku.code == line.sku.code);
        let instead = match line.position().hold_of(&store.code) {
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

/// What was typed beside the quantities, and what is wrong.
#[derive(Default)]
pub(super) struct Typed {
    pub query: String,
    pub rows: String,
    pub errors: FormErrors,
}

/// The products step of `sheet`, with what was typed and what is to be mended.
async fn page(visit: &Visit, sheet: &DraftSheet, store: &Store, typed: Typed) -> Result<ProductsPage, PageError> {
    let (code, term, now) = (store.code.clone(), typed.query.clone(), visit.now);
    let found = visit.database().read(move |conn| offered(conn, &code, &term, now)).await?;
    let lines = sheet.lines.iter().zip(&sheet.typed).enumerate();
    Ok(ProductsPage {
        page: visit.layout("promotions"),
        steps: steps(Some(sheet.draft.id), "Products"),
        id: sheet.draft.id,
        store: store.name.clone(),
        is_cut: found.len() as i64 == db::reads::draft::OFFERED,
        offered: found.iter().enumerate().map(|(nth, line)| OfferedRow::new(nth, line, sheet, store)).collect(),
        products: lines.map(|(nth, (line, typed))| ProductRow::new(nth, line, typed, sheet, store)).collect(),
        query: typed.query,
        rows_typed: typed.rows,
        errors: typed.errors,
    })
}

/// Shows the products step again with what is to be mended in its lines.
///
/// # Errors
/// When the database fails.
pub(super) async fn refuse(visit: &Visit, sheet: &DraftSheet, store: &Store, mut typed: Typed) -> PageResult {
    for (nth, words) in problems(sheet, store) {
        typed.errors.push(field_id(nth), words);
    }
    if sheet.lines.is_empty() && typed.errors.is_empty() {
        typed.errors.push("q", "Add a product: a flash sale holds at least one.");
    }
    refused(&page(visit, sheet, store, typed).await?)
}

/// Shows the products of the draft, and what may be added.
///
/// # Errors
/// When there is no such draft, or the database fails.
pub async fn show(visit: Visit, path: Path<String>, query: Query<ProductsQuery>) -> PageResult {
    let id = id_of(&path)?;
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return created(promotion),
    };
    let Some(store) = sheet.store() else { return Ok(see_other(&format!("/promotions/drafts/{id}/details"))) };
    let typed = Typed { query: query.0.q, ..Typed::default() };
    ok(&page(&visit, &sheet, store, typed).await?)
}

/// Keeps the quantities, and does what the button says.
///
/// # Errors
/// When there is no such draft, or the database fails.
pub async fn submit(visit: Visit, path: Path<String>, form: Form<ProductsForm>) -> PageResult {
    let id = id_of(&path)?;
    let Form { fields: form, file } = form;
    let mut edit = form.edit();
    let mut errors = FormErrors::default();
    if form.press == "rows" {
        match read_rows(&form.rows, file) {
            Ok(rows) => edit.add = rows.into_iter().map(|(sku, typed)| (sku, Some(typed))).collect(),
            Err(problems) => problems.iter().for_each(|words| errors.push("rows", words)),
        }
    }
    let edited =
        visit.database().write(move |conn| edit_draft::edit_products(conn, id, &edit)).await?.unwrap_or_default();
    note(&edited, if form.press == "rows" { "rows" } else { "q" }, &mut errors);
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return created(promotion),
    };
    let Some(store) = sheet.store() else { return Ok(see_other(&format!("/promotions/drafts/{id}/details"))) };
    if !errors.is_empty() {
        let typed = Typed { query: form.q, rows: form.rows, errors };
        return refused(&page(&visit, &sheet, store, typed).await?);
    }
    if form.press == "continue" {
        if sheet.lines.is_empty() || !problems(&sheet, store).is_empty() {
            return refuse(&visit, &sheet, store, Typed { query: form.q, ..Typed::default() }).await;
        }
        return Ok(see_other(&format!("/promotions/drafts/{id}/review")));
    }
    let term: String = form.q.chars().take(SEARCH_LIMIT).collect();
    let page = href(&format!("/promotions/drafts/{id}/products"), &[("q", &term)]);
    // What was found stands at the top; what was added is given its quantity below.
    let is_below = matches!(form.press.as_str(), "add" | "rows" | "save") || !form.remove.is_empty();
    Ok(see_other(&if is_below { page + "#products" } else { page }))
}

/// Says what could not be added.
fn note(edited: &NotAdded, field: &str, errors: &mut FormErrors) {
    for sku in &edited.unknown {
        errors.push(field, format!("Choose SKUs of the catalogue: there is no “{sku}”."));
    }
    if edited.is_full {
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
