//! `/promotions/drafts/{id}/products`: the products of a draft and their quantities.

use super::{Found, Step, load, steps, storable, to_confirmation};
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
            picking::{self, Picked, Picking, Typed, quantity_id, shown_after},
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

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ProductsQuery {
    q: String,
}

/// One form has all fields of the page, so that no button loses a quantity.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ProductsForm {
    q: String,
    /// The search whose results the page showed.
    q_shown: String,
    add: Vec<String>,
    sku: Vec<String>,
    quantity: Vec<String>,
    rows: String,
    remove: String,
    /// The button that was pressed.
    press: String,
}

impl ProductsForm {
    fn edit(&self, Picked { ticked, rows }: Picked) -> ProductsEdit {
        let code = |text: &String| SkuCode::parse(text).ok();
        ProductsEdit {
            quantities: self
                .sku
                .iter()
                .zip(&self.quantity)
                .take(MAX_PRODUCTS)
                .filter_map(|(sku, typed)| Some((code(sku)?, storable(typed))))
                .collect(),
            remove: code(&self.remove).into_iter().collect(),
            ticked,
            rows,
            replaces: self.press == "replace",
        }
    }
}

struct ProductRow {
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
    fixes: Fixes,
    errors: FormErrors,
}

/// The hold that the draft would take, as the youngest hold of its SKU.
pub(in crate::screens::promotions) fn planned_hold(sheet: &DraftSheet, store: &Store, quantity: i64) -> Hold {
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

/// The errors of the lines of `sheet`, each with the index of its line.
pub(super) fn problems(sheet: &DraftSheet, store: &Store) -> Vec<(usize, String)> {
    let mut problems = Vec::new();
    for (nth, (line, typed)) in sheet.lines.iter().zip(&sheet.typed).enumerate() {
        let checked = parse_quantity(typed)
            .and_then(|quantity| line.admit(&store.code, quantity).map_err(|refusal| refusal.to_string()));
        if let Err(words) = checked {
            problems.push((nth, format!("{}: {words}", line.sku.code)));
        }
    }
    problems
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
            field_id: quantity_id(index),
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

async fn page(visit: &Visit, sheet: &DraftSheet, store: &Store, typed: Typed) -> Result<ProductsPage, PageError> {
    let is_added = |sku: &SkuCode| sheet.lines.iter().any(|line| line.sku.code == *sku);
    let mut products = Vec::new();
    for (nth, (line, typed)) in sheet.lines.iter().zip(&sheet.typed).enumerate() {
        products.push(ProductRow::new(nth, line, typed, sheet, store));
    }
    Ok(ProductsPage {
        page: visit.layout("promotions"),
        steps: steps(Some(sheet.draft.id), "Products"),
        id: sheet.draft.id,
        picking: Picking { can_replace: !products.is_empty(), ..Picking::load(visit, store, &typed, is_added).await? },
        products,
        fixes: if typed.errors.is_empty() { Fixes::default() } else { Fixes::of(sheet, store) },
        errors: typed.errors,
    })
}

/// What one button can do about many errors.
#[derive(Debug, Default)]
struct Fixes {
    /// Products of which nothing can be held.
    empty: Vec<SkuCode>,
    /// Products of which more was typed than is available, with what is.
    over: Vec<(SkuCode, String)>,
}

impl Fixes {
    fn of(sheet: &DraftSheet, store: &Store) -> Self {
        let mut fixes = Self::default();
        for (line, typed) in sheet.lines.iter().zip(&sheet.typed) {
            let sku = line.sku.code.clone();
            let available = line.position().shared();
            if line.admit(&store.code, 1).is_err() {
                fixes.empty.push(sku);
            } else if parse_quantity(typed).is_ok_and(|quantity| quantity > available) {
                fixes.over.push((sku, available.to_string()));
            }
        }
        fixes
    }

    /// What the button `press` changes; nothing for other buttons.
    fn edit(self, press: &str) -> Option<ProductsEdit> {
        match press {
            "remove_empty" => Some(ProductsEdit { remove: self.empty, ..ProductsEdit::default() }),
            "lower" => Some(ProductsEdit { quantities: self.over, ..ProductsEdit::default() }),
            _ => None,
        }
    }
}

/// Shows the products again with the errors of the lines.
pub(super) async fn refuse(visit: &Visit, sheet: &DraftSheet, store: &Store, mut typed: Typed) -> PageResult {
    for (nth, words) in problems(sheet, store) {
        typed.errors.push(quantity_id(nth), words);
    }
    if sheet.lines.is_empty() && typed.errors.is_empty() {
        typed.errors.push("q", "Add a product: a flash sale holds at least one.");
    }
    refused(&page(visit, sheet, store, typed).await?)
}

/// Shows the products again with the errors that the creation of the promotion found, each of one product or of all.
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
                typed.errors.push(at.map_or_else(String::new, quantity_id), format!("{sku}: {words}"));
            }
        }
    }
    refused(&page(visit, sheet, store, typed).await?)
}

pub async fn show(visit: Visit, path: Path<String>, query: Query<ProductsQuery>) -> PageResult {
    let id = id_of(&path)?;
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return to_confirmation(promotion),
    };
    let Some(store) = sheet.store() else { return Ok(see_other(&format!("/promotions/drafts/{id}/details"))) };
    let typed = Typed::of_page(query.0.q, visit.kept.as_ref());
    ok(&page(&visit, &sheet, store, typed).await?)
}

/// Stores the quantities, even those with errors, adds what was ticked, pasted or uploaded, and then does what the button
/// says.
pub async fn submit(visit: Visit, path: Path<String>, form: Form<ProductsForm>) -> PageResult {
    let id = id_of(&path)?;
    let Form { fields: form, file } = form;
    let mut errors = FormErrors::default();
    let edit = form.edit(Picked::read(&form.press, &form.add, (&form.rows, file), &mut errors));
    let has_new = !edit.ticked.is_empty() || !edit.rows.is_empty();
    let edited =
        visit.database().write(move |conn| update_draft::edit_products(conn, id, &edit)).await?.unwrap_or_default();
    picking::note(&edited, &mut errors);
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return to_confirmation(promotion),
    };
    let Some(store) = sheet.store() else { return Ok(see_other(&format!("/promotions/drafts/{id}/details"))) };
    if !errors.is_empty() {
        let typed = Typed { query: form.q.clone(), rows: form.rows.clone(), errors, ..Typed::default() };
        return refused(&page(&visit, &sheet, store, typed).await?);
    }
    if let Some(fix) = Fixes::of(&sheet, store).edit(&form.press) {
        visit.database().write(move |conn| update_draft::edit_products(conn, id, &fix)).await?;
    }
    match form.press.as_str() {
        "continue" if sheet.lines.is_empty() || !problems(&sheet, store).is_empty() => {
            refuse(&visit, &sheet, store, Typed { query: form.q.clone(), ..Typed::default() }).await
        }
        "continue" => Ok(see_other(&format!("/promotions/drafts/{id}/review"))),
        "leave" => Ok(see_other("/promotions")),
        "back" => Ok(see_other(&format!("/promotions/drafts/{id}/details"))),
        _ => {
            let page = href(&format!("/promotions/drafts/{id}/products"), &[("q", &picking::term(&form.q))]);
            // The search results are at the top of the page, the quantities of the added products below them.
            let is_search = form.press == "search" || form.press.is_empty() && form.q != form.q_shown;
            Ok(see_other(&if is_search && !has_new { page } else { page + "#products" }))
        }
    }
}
