//! `/orders/returns`: units that were shipped and came back. Staff put them back to stock or write them off.

use super::path_of;
use crate::{
    actions::orders::decide_return::{self, Decision, ReturnRefusal, ReturnedLine},
    db::{self, Conn, Failed, orders::returns, stores},
    domain::{
        catalogue::stock::parse_units,
        code::{OrderNumber, StoreCode},
        text::counted,
    },
    screens::{
        catalogue,
        promotions::{LocalTime, store_of},
    },
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        lists::{Page, PageLinks, PlaceQuery},
        notices,
        page::{Layout, ok, refused, see_other},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

const PATH: &str = "/orders/returns";

/// A row of the form for each line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ReturnsForm {
    line: Vec<String>,
    /// The undecided units that the page showed.
    shown: Vec<String>,
    units: Vec<String>,
    tick: Vec<String>,
    press: String,
    /// The page of the list that the form is of: its buttons may lead to another.
    here_after: String,
    here_before: String,
}

struct ReturnRow {
    /// From 1.
    nth: usize,
    key: String,
    number: String,
    path: String,
    store: String,
    sku: String,
    sku_path: String,
    name: String,
    since: Option<LocalTime>,
    undecided: i64,
    units: String,
    is_ticked: bool,
}

#[derive(Template)]
#[template(path = "orders/returns.html")]
struct ReturnsPage {
    page: Layout,
    rows: Vec<ReturnRow>,
    query: PlaceQuery,
    links: PageLinks,
    errors: FormErrors,
}

/// Separates the parts of a key: no store's code contains it, and a position is a number.
const SEPARATOR: char = '/';

fn key_of(line: &db::orders::Line) -> String {
    format!("{}{SEPARATOR}{}{SEPARATOR}{}", line.store, line.position, line.number)
}

fn line_of(key: &str) -> Option<ReturnedLine> {
    let (store, rest) = key.split_once(SEPARATOR)?;
    let (position, number) = rest.split_once(SEPARATOR)?;
    Some(ReturnedLine {
        store: StoreCode::in_address(store)?,
        number: OrderNumber::in_address(number)?,
        position: position.parse().ok()?,
    })
}

impl ReturnsPage {
    /// With what was typed for the lines of `form`, and errors by their keys.
    async fn load(
        visit: &Visit,
        query: &PlaceQuery,
        form: &ReturnsForm,
        problems: &HashMap<String, String>,
    ) -> Result<Self, PageError> {
        let place = query.place();
        let read = move |conn: &mut Conn| Ok::<_, db::Error>((returns::page(conn, &place)?, stores::all(conn)?));
        let (found, stores) = visit.database().read(read).await?;
        let links = found.links(PATH, &[], |(line, _)| returns::key(line));
        let Page { rows: found, .. } = found;
        let mut errors = FormErrors::default();
        let mut rows = Vec::with_capacity(found.len());
        for (place, (line, name)) in found.into_iter().enumerate() {
            let nth = place + 1;
            let key = key_of(&line);
            if let Some(problem) = problems.get(&key) {
                errors.push(format!("units-{nth}"), format!("Order {}, {}: {problem}", line.number, line.sku));
            }
            let store = store_of(&stores, &line.store)?;
            let typed = form.line.iter().position(|known| *known == key).and_then(|at| form.units.get(at));
            rows.push(ReturnRow {
                nth,
                number: line.number.to_string(),
                path: path_of(&line.store, &line.number),
                store: store.name.clone(),
                sku_path: catalogue::path_of(&line.sku),
                sku: line.sku.to_string(),
                name,
                since: line.returned_at.map(|at| LocalTime::new(at, store)),
                undecided: line.undecided(),
                units: typed.cloned().unwrap_or_else(|| line.undecided().to_string()),
                is_ticked: form.tick.contains(&key),
                key,
            });
        }
        if let Some(problem) = problems.get("") {
            errors.push("tick-1", problem);
        }
        Ok(Self { page: visit.layout("orders"), rows, query: query.clone(), links, errors })
    }
}

pub async fn show(visit: Visit, Query(query): Query<PlaceQuery>) -> PageResult {
    ok(&ReturnsPage::load(&visit, &query, &ReturnsForm::default(), &HashMap::new()).await?)
}

impl ReturnsForm {
    fn here(&self) -> PlaceQuery {
        PlaceQuery::new(self.here_after.clone(), self.here_before.clone())
    }

    /// Whether leaving the page would lose something.
    fn has_input(&self) -> bool {
        !self.tick.is_empty() || self.units.iter().zip(&self.shown).any(|(units, shown)| units.trim() != shown)
    }
}

/// Each ticked line is decided about in a transaction of its own. Those that were refused stay ticked.
pub async fn submit(visit: Visit, Query(query): Query<PlaceQuery>, form: Form<ReturnsForm>) -> PageResult {
    let mut form = form.fields;
    if form.press == "apply" && !form.has_input() {
        return Ok(see_other(&query.here(PATH)));
    }
    let (decision, word) = match form.press.as_str() {
        "write_off" => (Decision::WriteOff, "written off"),
        _ => (Decision::Restock, "put back to stock"),
    };
    let mut problems = HashMap::new();
    if form.press == "apply" {
        let words = "Decide about the lines first, or untick them and restore their units: another page would lose it.";
        problems.insert(String::new(), words.to_owned());
        // The page that the lines are on, not the one that was asked for.
        let page = ReturnsPage::load(&visit, &form.here(), &form, &problems).await?;
        return refused(&page);
    }
    if form.tick.is_empty() {
        problems.insert(String::new(), "Tick the lines first.".to_owned());
    }
    let mut done = 0;
    for (nth, key) in form.line.iter().enumerate() {
        if !form.tick.contains(key) {
            continue;
        }
        let shown = form.shown.get(nth).and_then(|shown| shown.parse().ok()).unwrap_or_default();
        match decide(&visit, key, form.units.get(nth).map_or("", String::as_str), (decision, shown)).await? {
            Ok(units) => done += units,
            Err(problem) => drop(problems.insert(key.clone(), problem)),
        }
    }
    if problems.is_empty() {
        return Ok(notices::done(&query.here(PATH), &format!("{} {word}.", counted(done, "unit"))));
    }
    form.tick.retain(|key| problems.contains_key(key));
    let page = ReturnsPage::load(&visit, &query, &form, &problems).await?;
    if page.errors.is_empty() {
        // What was refused is not there any more: another person has decided about it.
        return Ok(see_other(&query.here(PATH)));
    }
    refused(&page)
}

/// How many units were decided about, or what to do.
async fn decide(
    visit: &Visit,
    key: &str,
    units: &str,
    (decision, shown): (Decision, i64),
) -> Result<Result<i64, String>, PageError> {
    let Some(line) = line_of(key) else { return Ok(Err(ReturnRefusal::Unknown.to_string())) };
    let units = match parse_units(units, 1) {
        Ok(units) => units,
        Err(problem) => return Ok(Err(problem)),
    };
    let cause = visit.cause("");
    let run = move |conn: &mut Conn| decide_return::run(conn, &cause, &line, decision, (units, shown));
    match visit.database().write(run).await {
        Ok(()) => Ok(Ok(units)),
        Err(Failed::Refused(refusal)) => Ok(Err(refusal.to_string())),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
