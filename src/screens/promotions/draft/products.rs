//! `/promotions/drafts/{id}/products`: which products, and how many units of each.

use super::{
    Found, created, keepable, load,
    steps::{Step, steps},
};
use crate::{
    actions::promotions::update_draft::{self, ProductsEdit},
    db::{availability::ListedSku, promotions::draft_detail::DraftSheet, stores::Store},
    domain::{
        code::SkuCode,
        id::PromotionId,
        promotions::{
            draft::parse_quantity,
            hold::Hold,
            promotion::{FlashSaleType, MAX_PRODUCTS},
        },
    },
    screens::{
        catalogue::path_of,
        promotions::{
            id_of,
            picking::{self, Picking, shown_after},
        },
    },
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        query::{Query, href},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

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
    /// What the buttons do. `add` is what was picked.
    fn edit(&self, add: Vec<(SkuCode, Option<String>)>) -> ProductsEdit {
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
            add,
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

#[derive(Template)]
#[template(path = "promotions/draft/products.html")]
struct ProductsPage {
    page: Layout,
    steps: Vec<Step>,
    id: PromotionId,
    picking: Picking,
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
    let problem = |line: &ListedSku, typed: &String| {
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
    fn new(index: usize, line: &ListedSku, typed: &str, sheet: &DraftSheet, store: &Store) -> Self {
        let planned = parse_quantity(typed).ok().filter(|units| line.admit(&store.code, *units).is_ok());
        let (this_store, other_stores) = match planned {
            None => ("–".to_owned(), "–".to_owned()),
            Some(quantity) => {
                let planned = planned_hold(sheet, store, quantity);
                shown_after(line, &line.availability.with_hold(planned), &store.code, &sheet.stores)
            }
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

/// What was typed beside the quantities, and what is wrong.
#[derive(Default)]
pub(super) struct Typed {
    pub query: String,
    pub rows: String,
    pub errors: FormErrors,
}

/// The products step of `sheet`, with what was typed and what is to be mended.
async fn page(visit: &Visit, sheet: &DraftSheet, store: &Store, typed: Typed) -> Result<ProductsPage, PageError> {
    let is_added = |sku: &SkuCode| sheet.lines.iter().any(|line| line.sku.code == *sku);
    let lines = sheet.lines.iter().zip(&sheet.typed).enumerate();
    Ok(ProductsPage {
        page: visit.layout("promotions"),
        steps: steps(Some(sheet.draft.id), "Products"),
        id: sheet.draft.id,
        picking: Picking::load(visit, store, typed.query, typed.rows, is_added).await?,
        products: lines.map(|(nth, (line, typed))| ProductRow::new(nth, line, typed, sheet, store)).collect(),
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

/// The same with `problems` that were found when the promotion was to be created: of one product, or of all of them.
///
/// # Errors
/// When the database fails.
pub(super) async fn refuse_with(
    visit: &Visit,
    sheet: &DraftSheet,
    store: &Store,
    problems: Vec<(Option<SkuCode>, String)>,
) -> PageResult {
    let mut typed = Typed::default();
    for (sku, words) in problems {
        match sku {
            None => typed.errors.push("q", words),
            Some(sku) => {
                let at = sheet.lines.iter().position(|line| line.sku.code == sku);
                typed.errors.push(at.map_or_else(String::new, field_id), format!("{sku}: {words}"));
            }
        }
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
    let mut errors = FormErrors::default();
    let edit = form.edit(picking::picked(&form.press, &form.add, (&form.rows, file), &mut errors));
    let edited =
        visit.database().write(move |conn| update_draft::edit_products(conn, id, &edit)).await?.unwrap_or_default();
    picking::note(&edited, &form.press, &mut errors);
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
    let page = href(&format!("/promotions/drafts/{id}/products"), &[("q", &picking::term(&form.q))]);
    // What was found stands at the top; what was added is given its quantity below.
    let is_below = matches!(form.press.as_str(), "add" | "rows" | "save") || !form.remove.is_empty();
    Ok(see_other(&if is_below { page + "#products" } else { page }))
}
