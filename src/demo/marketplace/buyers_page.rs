//! `/buyers`: how often buyers buy by themselves at the simulated marketplaces, and what else happens there.

use super::{buyers::Rates, shopping::rendered, simulation::Marketplace};
use crate::web::form::FormErrors;
use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Bytes, Data},
};
use askama::Template;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The switch: the field of [`Rates::are_buying`].
const SWITCH: &str = "are_buying";

/// The rates, by the names of the fields of [`Rates`]: each with its label, the least and the most.
const FIELDS: [(&str, &str, u32, u32); 11] = [
    ("orders_an_hour", "Orders an hour, in all shops together", 0, 100_000),
    ("most_units", "Most units of one product in an order", 1, 100),
    ("unpaid", "Of 100 orders, not paid at first", 0, 100),
    ("abandoned", "Of 100 unpaid orders, never paid and cancelled", 0, 100),
    ("cancelled", "Of 100 paid orders, one unit or all cancelled", 0, 100),
    ("returned", "Of 100 shipped orders, one unit sent back", 0, 100),
    ("step_seconds", "Most seconds until the next thing happens to an order", 1, 86_400),
    ("typed_an_hour", "Numbers an hour that somebody types at a marketplace", 0, 100_000),
    ("late_messages", "Of 100 messages, half a minute late", 0, 100),
    ("double_messages", "Of 100 messages, sent twice", 0, 100),
    ("lost_messages", "Of 100 messages, never sent", 0, 100),
];

#[derive(Template)]
#[template(path = "demo/buyers.html")]
struct Page {
    are_buying: bool,
    fields: Vec<Field>,
    errors: FormErrors,
}

struct Field {
    name: &'static str,
    label: &'static str,
    value: String,
}

fn respond(
    status: StatusCode,
    are_buying: bool,
    values: &BTreeMap<String, String>,
    errors: FormErrors,
) -> HttpResponse {
    let mut fields = Vec::new();
    for (name, label, ..) in FIELDS {
        fields.push(Field { name, label, value: values.get(name).cloned().unwrap_or_default() });
    }
    rendered(status, &Page { are_buying, fields, errors })
}

/// `GET /buyers`
pub(super) async fn show(marketplace: Data<Marketplace>) -> HttpResponse {
    let rates = marketplace.rates();
    let written = serde_json::to_value(rates).unwrap_or_default();
    let mut values = BTreeMap::new();
    for (name, ..) in FIELDS {
        values.insert(name.to_owned(), written[name].to_string());
    }
    respond(StatusCode::OK, rates.are_buying, &values, FormErrors::default())
}

/// `POST /buyers`
pub(super) async fn submit(body: Bytes, marketplace: Data<Marketplace>) -> HttpResponse {
    let typed: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let are_buying = typed.contains_key(SWITCH);
    match parse(&typed, are_buying) {
        Ok(rates) => {
            marketplace.set_rates(rates);
            HttpResponse::SeeOther().insert_header((header::LOCATION, "/buyers")).finish()
        }
        Err(errors) => respond(StatusCode::UNPROCESSABLE_ENTITY, are_buying, &typed, errors),
    }
}

fn parse(typed: &BTreeMap<String, String>, are_buying: bool) -> Result<Rates, FormErrors> {
    let mut errors = FormErrors::default();
    let mut values = Map::new();
    values.insert(SWITCH.to_owned(), are_buying.into());
    for (name, _, least, most) in FIELDS {
        let parsed = typed.get(name).and_then(|text| text.trim().parse::<u32>().ok());
        match parsed.filter(|number| (least..=most).contains(number)) {
            Some(number) => drop(values.insert(name.to_owned(), number.into())),
            None => errors.push(name, format!("Enter a whole number from {least} to {most}.")),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    serde_json::from_value(Value::Object(values)).map_err(|error| FormErrors::of("", error))
}
