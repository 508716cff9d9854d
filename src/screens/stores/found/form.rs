//! The buttons of the list: each submits what is ticked and typed.

use super::{FoundQuery, Read, code_in, fetch_now, path_of, task_of};
use crate::{
    actions::stores::{
        accept_found::{self, Choice, Done},
        found_tasks, ignore_found, make_found_skus,
    },
    db::Failed,
    domain::{
        code::{SkuCode, StoreCode},
        stores::found::FoundTask,
        text::counted,
    },
    web::{
        error::PageResult,
        form::{Form, FormErrors},
        lists::{self, ListQuery},
        notices::done,
        page::{refused, see_other},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FoundForm {
    q: Option<String>,
    state: Option<String>,
    /// The keys of the rows with a field, the SKU in each, and the one that was there before.
    key: Vec<String>,
    sku: Vec<String>,
    matched: Vec<String>,
    tick: Vec<String>,
    press: String,
}

/// What was ticked and typed, for the page that shows it again.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) ticks: Vec<String>,
    pub(super) skus: BTreeMap<String, String>,
    pub(super) errors: BTreeMap<String, String>,
}

impl FoundForm {
    fn typed(&self) -> Typed {
        let skus = self.key.iter().cloned().zip(self.sku.iter().cloned()).collect();
        Typed { ticks: self.tick.clone(), skus, errors: BTreeMap::new() }
    }

    /// The rows whose SKU was changed.
    fn changed(&self) -> BTreeSet<&String> {
        let rows = self.key.iter().zip(self.sku.iter().zip(&self.matched));
        rows.filter(|(_, (sku, matched))| sku.trim() != matched.trim()).map(|(key, _)| key).collect()
    }

    /// The rows that are ticked, or whose SKU was changed, each with its SKU.
    fn choices(&self, typed: &mut Typed) -> Vec<Choice> {
        let changed = self.changed();
        let wanted: BTreeSet<&String> = changed.iter().copied().chain(&self.tick).collect();
        let mut choices = Vec::new();
        for key in wanted {
            let sku = typed.skus.get(key).filter(|_| changed.contains(key)).map(|text| SkuCode::parse(text));
            match sku.transpose() {
                Ok(sku) => choices.push(Choice { key: key.clone(), sku }),
                Err(refusal) => drop(typed.errors.insert(key.clone(), refusal.to_string())),
            }
        }
        choices
    }

    fn filtered(&self, query: &FoundQuery) -> FoundQuery {
        let q = lists::in_address(self.q.as_ref().unwrap_or(&query.q));
        let state = lists::in_address(self.state.as_ref().unwrap_or(&query.state));
        if q.trim() == query.q.trim() && state == query.state {
            return query.clone();
        }
        FoundQuery { q, state, ..FoundQuery::default() }
    }
}

pub async fn submit(
    visit: Visit,
    code: Path<String>,
    Query(query): Query<FoundQuery>,
    form: Form<FoundForm>,
) -> PageResult {
    let code = code_in(&code)?;
    let path = format!("{}/found", path_of(&code));
    let form = form.fields;
    let query = match form.press.as_str() {
        "clear" => FoundQuery::default(),
        _ => form.filtered(&query),
    };
    let mut typed = form.typed();
    if matches!(form.press.as_str(), "" | "apply" | "clear" | "fetch") {
        if form.changed().is_empty() && form.press == "fetch" {
            return fetch_now(&visit, code, &query.with_ticks(&path, &form.tick)).await;
        }
        if form.changed().is_empty() {
            return Ok(see_other(&query.with_ticks(&path, &form.tick)));
        }
        let words = "Accept what you typed first, or empty it: it is lost when the list changes.";
        return refuse(&visit, code, query, &typed, FormErrors::of("q", words)).await;
    }
    if let Some(task) = task_of(&form.press) {
        return begin(&visit, code, query, &typed, task).await;
    }
    let choices = form.choices(&mut typed);
    if !typed.errors.is_empty() {
        let mut errors = FormErrors::default();
        for (nth, key) in form.key.iter().enumerate() {
            if let Some(words) = typed.errors.get(key) {
                errors.push(format!("sku-{nth}"), words);
            }
        }
        return refuse(&visit, code, query, &typed, errors).await;
    }
    if choices.is_empty() {
        return refuse(&visit, code, query, &typed, FormErrors::of("chosen", "Tick the listings first.")).await;
    }
    match act(&visit, &code, &form.press, choices).await? {
        // What was typed stays for another try.
        Some(acted) if acted.is_refused => {
            refuse(&visit, code, query, &typed, FormErrors::of("chosen", acted.words)).await
        }
        Some(acted) => Ok(done(&query.here(&path), &acted.words)),
        None => refuse(&visit, code, query, &typed, FormErrors::of("chosen", "Press one of the buttons.")).await,
    }
}

/// What was done with some rows, in words.
struct Acted {
    words: String,
    /// Whether one of them was refused.
    is_refused: bool,
}

/// Does what a button says with some rows. `None` if there is no such button.
async fn act(
    visit: &Visit,
    code: &StoreCode,
    press: &str,
    choices: Vec<Choice>,
) -> Result<Option<Acted>, crate::db::Error> {
    let cause = visit.cause("");
    let store = code.clone();
    let keys: Vec<String> = choices.iter().map(|choice| choice.key.clone()).collect();
    let with_stock = press == "make_with_stock_of_ticked";
    let database = visit.database();
    Ok(Some(match press {
        "accept" => {
            let accepted = database
                .write(move |conn| Ok::<_, crate::db::Error>(accept_found::run(conn, &cause, &store, &choices)?));
            in_words("accepted", accepted.await?)
        }
        "make_with_stock_of_ticked" | "make_of_ticked" => {
            let made = database.write(move |conn| {
                Ok::<_, crate::db::Error>(make_found_skus::run(conn, &cause, &store, &keys, with_stock)?)
            });
            in_words("made into SKUs", made.await?)
        }
        "ignore" | "unignore" => {
            let is_ignored = press == "ignore";
            let changed = database
                .write(move |conn| Ok::<_, crate::db::Error>(ignore_found::run(conn, &store, &keys, is_ignored)?));
            let word = if is_ignored { "ignored" } else { "taken up again" };
            Acted { words: format!("{} {word}.", counted(changed.await?, "listing")), is_refused: false }
        }
        _ => return Ok(None),
    }))
}

fn in_words(word: &str, Done { done, refused }: Done) -> Acted {
    let words = format!("{} {word}.", counted(done, "listing"));
    match refused {
        0 => Acted { words, is_refused: false },
        refused => Acted { words: format!("{words} {refused} not: the reason is at each."), is_refused: true },
    }
}

async fn begin(visit: &Visit, code: StoreCode, query: FoundQuery, typed: &Typed, task: FoundTask) -> PageResult {
    let cause = visit.cause("");
    let store = code.clone();
    let path = format!("{}/found", path_of(&code));
    match visit.database().write(move |conn| found_tasks::begin(conn, &cause, &store, task)).await {
        Ok(()) => Ok(done(&query.here(&path), &format!("{} has begun.", task.label()))),
        Err(Failed::Refused(refusal)) => refuse(visit, code, query, typed, FormErrors::of("", refusal)).await,
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

async fn refuse(visit: &Visit, code: StoreCode, query: FoundQuery, typed: &Typed, errors: FormErrors) -> PageResult {
    let read = Read::load(visit, code, &query).await?;
    refused(&read.page(visit, query, typed, errors))
}
