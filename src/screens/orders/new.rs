//! `/orders/new`: one order, typed by hand.

use super::{
    lines::{LineRow, TypedLines},
    path_of,
};
use crate::{
    actions::orders::take_orders::{self, Delivery, Outcome},
    db::{
        orders::OrderKey,
        stores::{self, Stores},
    },
    domain::{
        code::OrderNumber,
        moment::Moment,
        money::{Currency, example_price},
        orders::order::{IfShort, NewOrder, OrderRefusal},
        promotions::schedule,
    },
    screens::stores::label_with_time,
    web::{
        error::PageResult,
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
        let number = errors.keep("number", OrderNumber::parse(&self.number));
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
        let lines = TypedLines::parse([&self.sku, &self.quantity, &self.price], &self.rows, currency, &mut errors);
        match (store, number) {
            (Some(store), Some(number)) if errors.is_empty() => {
                Ok((NewOrder { store: store.code.clone(), number, placed_at, lines: lines.new_lines() }, lines))
            }
            _ => Err(errors),
        }
    }
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
    errors: FormErrors,
}

impl NewOrderPage {
    fn new(visit: &Visit, stores: &Stores, form: NewOrderForm, errors: FormErrors) -> Self {
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
            lines: LineRow::list([&form.sku, &form.quantity, &form.price], form.press == "add"),
            known: None,
            form,
            errors,
        }
    }
}

pub async fn show(visit: Visit) -> PageResult {
    let stores = visit.database().read(stores::all).await?;
    ok(&NewOrderPage::new(&visit, &stores, NewOrderForm::default(), FormErrors::default()))
}

pub async fn submit(visit: Visit, form: Form<NewOrderForm>) -> PageResult {
    let stores = visit.database().read(stores::all).await?;
    let form = form.fields;
    if form.press == "add" {
        return ok(&NewOrderPage::new(&visit, &stores, form, FormErrors::default()));
    }
    let (order, lines) = match form.parse(&stores, visit.now) {
        Ok(parsed) => parsed,
        Err(errors) => return refused(&NewOrderPage::new(&visit, &stores, form, errors)),
    };
    let key = (order.store.clone(), order.number.clone());
    let if_short = if form.if_short == "reject" { IfShort::Reject } else { IfShort::Record };
    let delivery = Delivery { cause: visit.cause(""), if_short, orders: vec![order] };
    let outcomes = visit.database().write(move |conn| take_orders::run(conn, &[&delivery])).await?;
    match outcomes.into_iter().flatten().next().expect("an answer to an order") {
        Outcome::Accepted(_) => Ok(see_other(&href(&path_of(&key.0, &key.1), &[("notice", "taken")]))),
        Outcome::Duplicate(_) => refused(&known(&visit, &stores, form, &key)),
        Outcome::Rejected(refusal) => {
            let errors = FormErrors::of(field_of(&refusal, &lines), refusal);
            refused(&NewOrderPage::new(&visit, &stores, form, errors))
        }
    }
}

fn known(visit: &Visit, stores: &Stores, form: NewOrderForm, (store, number): &OrderKey) -> NewOrderPage {
    let name = stores.name(store);
    let message = format!("Enter another number: order {number} of {name} is already recorded. Nothing was changed.");
    let known = Some((number.to_string(), path_of(store, number)));
    NewOrderPage { known, ..NewOrderPage::new(visit, stores, form, FormErrors::of("number", message)) }
}

fn field_of(refusal: &OrderRefusal, lines: &TypedLines) -> String {
    match refusal {
        OrderRefusal::UnknownStore(_) => "store".to_owned(),
        OrderRefusal::PlacedInFuture { .. } => "placed_at".to_owned(),
        OrderRefusal::UnknownSku(sku) | OrderRefusal::NotListed { sku, .. } => lines.field_of_sku("sku", sku),
        OrderRefusal::NotEnoughStock { sku, .. } => lines.field_of_sku("quantity", sku),
        OrderRefusal::WorthTooMuch { .. } => lines.price_field(),
    }
}
