//! `/stores/{code}/listings`: the marketplace's ids of the listings of a store, unmapped ones first, with one button that
//! saves the page.

pub mod export;
mod form;
mod rows;

use super::{code_in, path_of};
use crate::{
    actions::stores::save_mappings::{self, MappingEdit},
    db::{
        self, Failed,
        stores::{
            self, Store,
            listing_list::{self, Filter, Mapping},
            listing_rows,
            listings::{self, Listing},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        stores::{connection::ConnectorKind, mapping::IdField},
    },
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, SelectOption},
        lists::{self, ListQuery, Page, PageLinks},
        page::{Layout, ok, refused, see_other},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use form::{MappingForm, TypedRow};
use rows::Row;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListingsQuery {
    q: String,
    mapping: String,
    after: String,
    before: String,
    notice: String,
}

impl ListingsQuery {
    fn filter(&self) -> Filter {
        Filter { search: self.q.clone(), mapping: Mapping::parse(&self.mapping) }
    }
}

impl ListingsQuery {
    /// The filters of a form that is to filter the list: with **Apply**, or by Enter in one of them.
    fn filtered_by(&self, form: &MappingForm) -> Option<Self> {
        let q = lists::in_address(form.q.as_ref().unwrap_or(&self.q));
        let mapping = lists::in_address(form.mapping.as_ref().unwrap_or(&self.mapping));
        let is_changed = q.trim() != self.q.trim() || mapping != self.mapping;
        match form.press.as_str() {
            "clear" => Some(Self::default()),
            // The buttons that turn the pages are at other addresses, which have the place.
            "apply" if !is_changed => Some(self.clone()),
            "apply" => Some(Self { q, mapping, ..Self::default() }),
            "" if is_changed => Some(Self { q, mapping, ..Self::default() }),
            _ => None,
        }
    }
}

impl ListQuery for ListingsQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![("q", self.q.trim()), ("mapping", &self.mapping)]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

#[derive(Template)]
#[template(path = "stores/listings.html")]
struct ListingsPage {
    page: Layout,
    store_path: String,
    path: String,
    store: Store,
    kind: &'static str,
    /// Whether the marketplace needs ids of its own.
    needs_ids: bool,
    is_pushed: bool,
    query: ListingsQuery,
    mapping_options: Vec<SelectOption>,
    columns: Vec<&'static str>,
    rows: Vec<Row>,
    links: PageLinks,
    action: String,
    export_href: String,
    is_empty: bool,
    errors: FormErrors,
}

struct Read {
    store: Store,
    kind: ConnectorKind,
    page: Page<Listing>,
    names: HashMap<SkuCode, String>,
    /// What kits are made of.
    made_of: HashMap<ListingId, String>,
    is_empty: bool,
}

impl Read {
    /// `names` and `made_of` also have those of `typed`.
    async fn load(
        visit: &Visit,
        code: StoreCode,
        query: &ListingsQuery,
        typed: &[TypedRow],
    ) -> Result<Self, PageError> {
        let kits: Vec<ListingId> = typed.iter().filter(|row| row.sku.is_none()).map(|row| row.listing).collect();
        let typed: Vec<SkuCode> = typed.iter().filter_map(|row| row.sku.clone()).collect();
        let filter = query.filter();
        let place = query.place();
        let read = move |conn: &mut db::Conn| {
            let Some((store, kind)) = stores::find(conn, &code)?.zip(stores::kind_of(conn, &code)?) else {
                return Ok(None);
            };
            let page = listing_list::page(conn, &code, kind, &filter, &place)?;
            let names = listing_list::names(conn, page.rows.iter().filter_map(|row| row.sku.as_ref()).chain(&typed))?;
            let mut listed = listings::by_ids(conn, &kits)?;
            listed.extend(page.rows.iter().filter(|row| row.sku.is_none()).cloned());
            let made_of = listing_rows::made_of(conn, &listed)?;
            let is_empty = page.rows.is_empty() && listing_list::is_empty(conn, &store)?;
            Ok::<_, db::Error>(Some(Self { store, kind, page, names, made_of, is_empty }))
        };
        visit.database().read(read).await?.ok_or(PageError::NotFound)
    }

    fn page(self, visit: &Visit, query: ListingsQuery, rows: Vec<TypedRow>, errors: FormErrors) -> ListingsPage {
        let Self { store, kind, page, names, made_of, is_empty } = self;
        let store_path = path_of(&store.code);
        let path = format!("{store_path}/listings");
        let options = Mapping::ALL.map(|mapping| (mapping.as_str(), mapping.label()));
        let rows = rows.into_iter().enumerate();
        let rows = rows.map(|(index, row)| Row::new(index, row, (&names, &made_of), kind, &errors)).collect();
        ListingsPage {
            page: Layout { notice: notice(&query.notice), ..visit.layout("stores") },
            kind: kind.label(),
            needs_ids: kind.needs_item_id(),
            is_pushed: kind.is_pushed(),
            mapping_options: lists::options("All", options, &query.mapping),
            columns: IdField::ALL.into_iter().filter_map(|field| form::label(field, kind)).collect(),
            rows,
            links: page.links(&path, &query.filters(), |listing| listing_list::key(listing, kind)),
            action: query.here(&path),
            export_href: query.filtered(&format!("{path}.csv")),
            store_path,
            path,
            store,
            query,
            is_empty,
            errors,
        }
    }
}

fn notice(word: &str) -> Option<String> {
    let words = match word {
        "saved" => "The mapping is saved. Quantities are sent with it from now on.",
        "unchanged" => "There was nothing to change.",
        _ => return None,
    };
    Some(words.to_owned())
}

pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<ListingsQuery>) -> PageResult {
    let read = Read::load(&visit, code_in(&code)?, &query, &[]).await?;
    let rows = read.page.rows.iter().map(TypedRow::of).collect();
    ok(&read.page(&visit, query, rows, FormErrors::default()))
}

/// All changes are saved, or none. With the buttons that show another part of the list, changes that are not saved are asked about first.
pub async fn submit(
    visit: Visit,
    code: Path<String>,
    Query(query): Query<ListingsQuery>,
    form: Form<MappingForm>,
) -> PageResult {
    let code = code_in(&code)?;
    let form = form.fields;
    let filtered = query.filtered_by(&form);
    let mut rows = form.rows()?;
    let read = Read::load(&visit, code.clone(), &query, &rows).await?;
    if let Some(filtered) = filtered {
        let changed = rows.iter().filter(|row| row.is_changed()).count();
        if changed == 0 {
            return Ok(see_other(&filtered.here(&format!("{}/listings", path_of(&read.store.code)))));
        }
        let rows_are = if changed == 1 { "1 row is".to_owned() } else { format!("{changed} rows are") };
        let then =
            if filtered.filters() == query.filters() { "The other page is shown" } else { "The list is filtered" };
        let words = format!("Save first: {rows_are} not saved yet. {then} once they are.");
        return refused(&read.page(&visit, filtered, rows, FormErrors::of("q", words)));
    }
    let edits = match form::edits(read.kind, &rows) {
        Ok(edits) => edits,
        Err(errors) => return refused(&read.page(&visit, query, rows, errors)),
    };
    let (indexes, edits): (Vec<usize>, Vec<MappingEdit>) = edits.into_iter().unzip();
    match visit.database().write(move |conn| save_mappings::run(conn, &code, &edits)).await {
        Ok(changed) => {
            let path = format!("{}/listings", path_of(&read.store.code));
            let notice = if changed == 0 { "unchanged" } else { "saved" };
            Ok(see_other(&query.here_with(&path, "notice", notice)))
        }
        Err(Failed::Refused(conflicts)) => {
            let conflicts = conflicts.into_iter().map(|(nth, conflict)| (indexes[nth], conflict)).collect();
            let errors = form::refuse(&mut rows, conflicts, &read.store.name, read.kind);
            refused(&read.page(&visit, query, rows, errors))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
