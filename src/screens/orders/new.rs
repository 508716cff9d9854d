//! `/orders/new`: one order, typed by hand.

use super::{
    lines::{LineRow, TypedLines},
    path_of,
};
use crate::{
    actions::orders::{
        record_by_hand::{self, Shortfall},
        take_orders::{Delivery, Outcome},
    },
    csv_file::is_damaged,
    db::{
        self, Failed,
        catalogue::skus::{self, Sku},
        orders::OrderKey,
        stores::{self, Stores},
    },
    domain::{
        code::OrderNumber,
        moment::Moment,
        money::{Currency, example_price},
        orders::order::{IfShort, NewOrder, OrderRefusal},
        promotions::schedule,
        refusal::UnknownSku,
    },
    screens::stores::label_with_time,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, SelectOption},
        page::{Layout, ok, refused, see_other},
        query::href,
        visit::Visit,
    },
};
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewOrderForm {
    store: String,
    number: String,
    placed_at: String,
    sku: Vec<String>,
    seller_sku: Vec<String>,
    quantity: Vec<String>,
    price: Vec<String>,
    rows: String,
    if_short: String,
    press: String,
}

impl NewOrderForm {
    /// A time in the current minute means now, because the input has no seconds.
    fn parse(&self, stores: &Stores, now: Moment) -> Result<(NewOrder, TypedLines), FormErrors> {
        let mut errors = FormErrors::default();
        let chosen = stores.get(&self.store);
        let store = errors.keep("store", chosen.ok_or("Choose the store that sold."));
        let number = errors.keep("number", order_number(&self.number));
        let placed_at = match (self.placed_at.trim(), store) {
            ("", _) | (_, None) => None,
            (text, Some(store)) => {
                errors.keep("placed_at", schedule::parse_local("time of the order", text, store.zone()))
            }
        };
        // The minute that is running now is the moment of the request.
        let running_minute = TimeDelta::zero()..TimeDelta::minutes(1);
        let placed_at = placed_at.filter(|at| !running_minute.contains(&now.since(*at)));
        let currency = chosen.and_then(|store| store.currency);
        let lines = TypedLines::parse(
            [&self.sku, &self.seller_sku, &self.quantity, &self.price],
            &self.rows,
            currency,
            &mut errors,
        );
        match (store, number) {
            (Some(store), Some(number)) if errors.is_empty() => {
                Ok((NewOrder { store: store.code.clone(), number, placed_at, lines: lines.new_lines() }, lines))
            }
            _ => Err(errors),
        }
    }
}

/// A number that comes from a spreadsheet may be shortened: other orders could have the same.
fn order_number(typed: &str) -> Result<OrderNumber, String> {
    if is_damaged(typed) {
        return Err(format!(
            "Enter the number of the order as the store gave it: a spreadsheet made “{}” of it.",
            typed.trim()
        ));
    }
    OrderNumber::parse(typed).map_err(|refusal| refusal.to_string())
}

#[derive(Template)]
#[template(path = "orders/new.html")]
struct NewOrderPage {
    page: Layout,
    form: NewOrderForm,
    stores: Vec<SelectOption>,
    if_short: Vec<SelectOption>,
    zone: String,
    /// That of the chosen store; empty if it has none, or no store is chosen.
    currency: &'static str,
    /// An example in that currency.
    price: String,
    lines: Vec<LineRow>,
    /// The order that already has this number: its number and the address of its page.
    known: Option<(String, String)>,
    /// The codes and names that the SKU fields offer.
    skus: Vec<(String, String)>,
    /// Whether the form was refused because the order would be oversold.
    asks_to_oversell: bool,
    errors: FormErrors,
}

impl NewOrderPage {
    fn new(visit: &Visit, (stores, skus): &(Stores, Vec<Sku>), form: NewOrderForm, errors: FormErrors) -> Self {
        let chosen = stores.get(&form.store);
        let currency = chosen.and_then(|store| store.currency);
        let choose = [(String::new(), "Choose a store".to_owned())].into_iter();
        let choices = stores.iter().map(|store| (store.code.to_string(), label_with_time(store, visit.now)));
        let if_short = [("record", "Record it: the shortfall is oversold"), ("reject", "Reject it: nothing is taken")];
        Self {
            page: visit.layout("orders"),
            stores: SelectOption::list(choose.chain(choices), &form.store),
            if_short: SelectOption::list(if_short, &form.if_short),
            zone: chosen.map_or_else(|| "the store’s time zone".to_owned(), |store| store.time_zone.clone()),
            currency: currency.map(Currency::code).unwrap_or_default(),
            price: example_price(currency),
            lines: LineRow::list([&form.sku, &form.seller_sku, &form.quantity, &form.price], form.press == "add"),
            known: None,
            skus: skus.iter().map(|sku| (sku.code.to_string(), sku.name.clone())).collect(),
            asks_to_oversell: false,
            form,
            errors,
        }
    }
}

/// How many SKUs the field offers while one types.
const OFFERED_SKUS: i64 = 1_000;

async fn load(visit: &Visit) -> Result<(Stores, Vec<Sku>), PageError> {
    let read = |conn: &mut db::Conn| Ok::<_, db::Error>((stores::all(conn)?, skus::first(conn, OFFERED_SKUS)?));
    Ok(visit.database().read(read).await?)
}

pub async fn show(visit: Visit) -> PageResult {
    let loaded = load(&visit).await?;
    let mut form = NewOrderForm::default();
    if let Some(kept) = &visit.kept {
        // As many rows as were filled; what was typed in them is filled in later.
        form.sku = kept.all("sku");
    }
    ok(&NewOrderPage::new(&visit, &loaded, form, FormErrors::default()))
}

pub async fn submit(visit: Visit, form: Form<NewOrderForm>) -> PageResult {
    let loaded = load(&visit).await?;
    let form = form.fields;
    if form.press == "add" {
        return ok(&NewOrderPage::new(&visit, &loaded, form, FormErrors::default()));
    }
    let (order, lines) = match form.parse(&loaded.0, visit.now) {
        Ok(parsed) => parsed,
        Err(errors) => return refused(&NewOrderPage::new(&visit, &loaded, form, errors)),
    };
    let key = (order.store.clone(), order.number.clone());
    let if_short = if form.if_short == "reject" { IfShort::Reject } else { IfShort::Record };
    let is_confirmed = form.press == "oversell";
    let delivery = Delivery { cause: visit.cause(""), if_short, orders: [order].into() };
    let recorded = visit.database().write(move |conn| record_by_hand::run(conn, &delivery, is_confirmed)).await;
    let see_order = |notice| Ok(see_other(&href(&path_of(&key.0, &key.1), &[("notice", notice)])));
    match recorded {
        Ok(Outcome::Accepted(_)) => see_order("taken"),
        // The same order again: somebody pressed the button twice.
        Ok(Outcome::Duplicate(recorded)) if recorded.is_same => see_order("was_taken"),
        Ok(Outcome::Duplicate(_)) => refused(&known(&visit, &loaded, form, &key)),
        Ok(Outcome::Rejected(refusal)) => {
            let errors = FormErrors::of(field_of(&refusal, &lines), refusal);
            refused(&NewOrderPage::new(&visit, &loaded, form, errors))
        }
        Err(Failed::Refused(missing)) => {
            let mut errors = FormErrors::default();
            for shortfall in &missing {
                errors.push(lines.field_of_sku("quantity", &shortfall.sku), in_words(shortfall));
            }
            let page = NewOrderPage::new(&visit, &loaded, form, errors);
            refused(&NewOrderPage { asks_to_oversell: true, ..page })
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

fn in_words(Shortfall { sku, asked, oversold }: &Shortfall) -> String {
    let what = match asked - oversold {
        0 => format!("Remove “{sku}”"),
        left => format!("Enter {left} or less of “{sku}”"),
    };
    format!("{what}, or press Record it oversold: {asked} were entered, and {oversold} of them would be oversold.")
}

fn known(visit: &Visit, loaded: &(Stores, Vec<Sku>), form: NewOrderForm, (store, number): &OrderKey) -> NewOrderPage {
    let name = loaded.0.name(store);
    let message = format!("Enter another number: order {number} of {name} is already recorded. Nothing was changed.");
    let known = Some((number.to_string(), path_of(store, number)));
    NewOrderPage { known, ..NewOrderPage::new(visit, loaded, form, FormErrors::of("number", message)) }
}

fn field_of(refusal: &OrderRefusal, lines: &TypedLines) -> String {
    match refusal {
        OrderRefusal::UnknownStore(_) => "store".to_owned(),
        OrderRefusal::PlacedInFuture { .. } => "placed_at".to_owned(),
        OrderRefusal::UnknownSku(UnknownSku { sku, .. }) | OrderRefusal::NotListed { sku, .. } => {
            lines.field_of_sku("sku", sku)
        }
        OrderRefusal::UnknownSellerSku { seller_sku, .. } => lines.field_of_seller_sku(seller_sku),
        OrderRefusal::NotEnoughStock { sku, .. } => lines.field_of_sku("quantity", sku),
        OrderRefusal::WorthTooMuch { .. } => lines.price_field(),
    }
}
