//! `/promotions/drafts/{id}/products`: the products of a draft and their quantities.

use super::{
    Found, LEFT, Step,
    kits::{self, KitRow},
    load, steps, storable, to_confirmation,
};
use crate::{
    actions::promotions::update_draft::{self, ProductsEdit},
    db::{availability::ListedSku, promotions::draft_detail::DraftSheet, stores::Store},
    domain::{
        code::SkuCode,
        id::PromotionId,
        promotions::{draft::parse_quantity, kits::beside_kits, promotion::MAX_PRODUCTS},
        stores::mapping::parse_seller_sku,
        text::counted,
    },
    screens::{
        catalogue::path_of,
        promotions::{
            id_of,
            part::{Part, PartFields},
            picking::{self, Picked, Picking, Typed, quantity_id, shown_after},
        },
    },
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        notices::done,
        page::{Layout, ok, refused, see_other},
        query::Query,
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
    #[serde(flatten)]
    part: PartFields,
}

/// One form has all fields of the page, so that no button loses a quantity. The lists have the products that the page
/// shows: the others of the draft are not changed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ProductsForm {
    q: String,
    /// The search whose results the page showed.
    q_shown: String,
    add: Vec<String>,
    add_kit: Vec<String>,
    sku: Vec<String>,
    quantity: Vec<String>,
    kit: Vec<String>,
    kit_quantity: Vec<String>,
    rows: String,
    remove: String,
    remove_kit: String,
    #[serde(flatten)]
    part: PartFields,
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
            kit_quantities: self
                .kit
                .iter()
                .zip(&self.kit_quantity)
                .take(MAX_PRODUCTS)
                .map(|(seller_sku, typed)| (storable(seller_sku), storable(typed)))
                .collect(),
            remove_kits: parse_seller_sku(&self.remove_kit).into_iter().collect(),
            ticked_kits: self
                .add_kit
                .iter()
                .take(MAX_PRODUCTS)
                .filter_map(|seller_sku| parse_seller_sku(seller_sku).ok())
                .collect(),
            ticked,
            rows,
            replaces: self.press == "replace",
        }
    }
}

struct ProductRow {
    sku: String,
    picture: Option<String>,
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
    /// Whether the draft has no products.
    is_empty: bool,
    part: Part,
    products: Vec<ProductRow>,
    kits: Vec<KitRow>,
    fixes: Fixes,
    errors: FormErrors,
}

/// The errors of the products and kits of `sheet`, each with the id of its input.
pub(super) fn problems(sheet: &DraftSheet, store: &Store) -> Vec<(String, String)> {
    let demand = sheet.demand();
    let mut problems = Vec::new();
    for (nth, (line, typed)) in sheet.lines.iter().zip(&sheet.typed).enumerate() {
        let checked = parse_quantity(typed).and_then(|quantity| {
            let all = demand.of(&line.sku.code);
            line.admit(&store.code, all).map_err(|refusal| beside_kits(&refusal, all - quantity))
        });
        if let Err(words) = checked {
            problems.push((quantity_id(nth), format!("{}: {words}", line.sku.code)));
        }
    }
    problems.extend(kits::problems(sheet, &demand));
    problems
}

impl ProductRow {
    fn new(index: usize, line: &ListedSku, typed: &str, sheet: &DraftSheet, store: &Store) -> Self {
        let demand = sheet.demand();
        let code = &line.sku.code;
        let is_planned = parse_quantity(typed).is_ok() && line.admit(&store.code, demand.of(code)).is_ok();
        let (this_store, other_stores) = match is_planned {
            false => ("–".to_owned(), "–".to_owned()),
            true => shown_after(line, &sheet.after(code, &demand), &store.code, &sheet.stores),
        };
        let sku = code.to_string();
        Self {
            href: path_of(&line.sku.code),
            picture: sheet.pictures.of(&line.sku.code),
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

async fn page(visit: &Visit, sheet: &DraftSheet, store: &Store, mut typed: Typed) -> Result<ProductsPage, PageError> {
    let is_added = |sku: &SkuCode| sheet.lines.iter().any(|line| line.sku.code == *sku);
    let lines = sheet.lines.iter().map(|line| (line.sku.code.as_str(), line.sku.name.as_str()));
    let part = Part::of(lines, &typed.part, &mut typed.errors);
    let mut products = Vec::new();
    for nth in &part.shown {
        products.push(ProductRow::new(*nth, &sheet.lines[*nth], &sheet.typed[*nth], sheet, store));
    }
    Ok(ProductsPage {
        page: visit.layout("promotions"),
        steps: steps(Some(sheet.draft.id), "Products"),
        id: sheet.draft.id,
        picking: Picking {
            can_replace: !sheet.is_empty(),
            kits: kits::offered(visit, sheet, store, &typed.query).await?,
            ..Picking::load(visit, store, &typed, is_added).await?
        },
        is_empty: sheet.is_empty(),
        part,
        products,
        kits: kits::rows(sheet, store),
        fixes: if typed.errors.is_empty() { Fixes::default() } else { Fixes::of(sheet, store) },
        errors: typed.errors,
    })
}

/// What `edit` does to the list of products, for the page that comes next; empty if it leaves the list as it is.
fn change_in_words(edit: &ProductsEdit) -> String {
    let [added, rows] =
        [edit.ticked.len() + edit.ticked_kits.len(), edit.rows.len()].map(|number| counted(number, "product"));
    match edit {
        edit if !edit.remove_kits.is_empty() => format!("Removed: {}.", counted(edit.remove_kits.len(), "kit")),
        edit if !edit.remove.is_empty() => format!("Removed: {}.", counted(edit.remove.len(), "product")),
        edit if edit.replaces && !edit.rows.is_empty() => format!("The list has the {rows} of the rows now."),
        edit if !edit.rows.is_empty() => format!("Added, or given the quantity of the rows: {rows}."),
        edit if !edit.ticked.is_empty() || !edit.ticked_kits.is_empty() => {
            format!("Added: {added}. Enter a quantity for each.")
        }
        _ => String::new(),
    }
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
    for (field, words) in problems(sheet, store) {
        typed.errors.push(field, words);
    }
    if sheet.is_empty() && typed.errors.is_empty() {
        typed.errors.push("q", "Add a product: a flash sale holds at least one.");
    }
    refused(&page(visit, sheet, store, typed).await?)
}

/// What an error is about that the creation of the promotion found.
pub(super) enum About {
    All,
    Sku(SkuCode),
    Kit(String),
}

/// Shows the products again with the errors that the creation of the promotion found.
pub(super) async fn refuse_with(
    visit: &Visit,
    sheet: &DraftSheet,
    store: &Store,
    problems: Vec<(About, String)>,
) -> PageResult {
    let mut typed = Typed::default();
    for (about, words) in problems {
        match about {
            About::All => typed.errors.push("q", words),
            About::Sku(sku) => {
                let at = sheet.lines.iter().position(|line| line.sku.code == sku).map(quantity_id);
                // A component has no field of its own: that of a kit with it.
                let at = at.or_else(|| kits::field_with(sheet, &sku));
                typed.errors.push(at.unwrap_or_default(), format!("{sku}: {words}"));
            }
            About::Kit(seller_sku) => {
                let at = sheet.kits.iter().position(|kit| kit.seller_sku == seller_sku).map(kits::quantity_id);
                typed.errors.push(at.unwrap_or_default(), format!("{seller_sku}: {words}"));
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
    let ProductsQuery { q, part } = query.0;
    let typed = Typed::of_page(q, part, visit.kept.as_ref());
    ok(&page(&visit, &sheet, store, typed).await?)
}

/// Stores the quantities, even those with errors, adds what was ticked, pasted or uploaded, and then does what the button
/// says.
pub async fn submit(visit: Visit, path: Path<String>, form: Form<ProductsForm>) -> PageResult {
    let id = id_of(&path)?;
    let Form { fields: form, file } = form;
    let mut errors = FormErrors::default();
    let edit = form.edit(Picked::read(&form.press, &form.add, (&form.rows, file), &mut errors));
    let has_new = !edit.ticked.is_empty() || !edit.ticked_kits.is_empty() || !edit.rows.is_empty();
    let mut changes = change_in_words(&edit);
    let edited =
        visit.database().write(move |conn| update_draft::edit_products(conn, id, &edit)).await?.unwrap_or_default();
    picking::note(&edited, &mut errors);
    let sheet = match load(&visit, id).await? {
        Found::Sheet(sheet) => sheet,
        Found::Promotion(promotion) => return to_confirmation(promotion),
    };
    let Some(store) = sheet.store() else { return Ok(see_other(&format!("/promotions/drafts/{id}/details"))) };
    let adds = has_new && matches!(form.press.as_str(), "add" | "rows");
    let part = if adds { form.part.after("").last() } else { form.part.after(&form.press) };
    if !errors.is_empty() {
        let typed = Typed { query: form.q.clone(), rows: form.rows.clone(), errors, part, ..Typed::default() };
        return refused(&page(&visit, &sheet, store, typed).await?);
    }
    if let Some(fix) = Fixes::of(&sheet, store).edit(&form.press) {
        changes = change_in_words(&fix);
        visit.database().write(move |conn| update_draft::edit_products(conn, id, &fix)).await?;
    }
    match form.press.as_str() {
        "continue" if sheet.is_empty() || !problems(&sheet, store).is_empty() => {
            refuse(&visit, &sheet, store, Typed { query: form.q.clone(), part, ..Typed::default() }).await
        }
        "continue" => Ok(see_other(&format!("/promotions/drafts/{id}/review"))),
        "leave" => Ok(done("/promotions", LEFT)),
        "back" => Ok(see_other(&format!("/promotions/drafts/{id}/details"))),
        _ => {
            let page = part.address(&format!("/promotions/drafts/{id}/products"), &form.q);
            // The search results are at the top of the page, the quantities of the added products below them.
            let is_search = form.press == "search" || form.press.is_empty() && form.q != form.q_shown;
            let page = if is_search && !has_new { page } else { page + "#products" };
            Ok(if changes.is_empty() { see_other(&page) } else { done(&page, &changes) })
        }
    }
}
