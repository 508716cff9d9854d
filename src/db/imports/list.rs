//! What `/imports` shows.

use crate::db::{
    Conn,
    engine::{
        paging::{Page, Place},
        schema::imports,
    },
    imports::Import,
};
use diesel::prelude::*;

/// One page of the imports, the newest first. Ids sort by when they were made; they are the keys of the page.
pub fn page(conn: &mut Conn, place: &Place) -> QueryResult<Page<Import>> {
    let query = imports::table.select(Import::as_select()).limit(Place::LIMIT).into_boxed();
    let query = match place {
        Place::Start => query.order(imports::id.desc()),
        Place::After(key) => query.filter(imports::id.lt(key)).order(imports::id.desc()),
        Place::Before(key) => query.filter(imports::id.gt(key)).order(imports::id.asc()),
    };
    Ok(Page::new(place, query.load(conn)?))
}
