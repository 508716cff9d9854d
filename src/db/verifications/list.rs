//! What `/verifications` shows.

use crate::db::{
    Conn,
    engine::{
        paging::{Page, Place},
        schema::verifications,
    },
    verifications::Verification,
};
use diesel::prelude::*;

/// One page of the verifications, the newest first. Their ids are the keys of the page.
pub fn page(conn: &mut Conn, place: &Place) -> QueryResult<Page<Verification>> {
    let query = verifications::table.select(Verification::as_select()).limit(Place::LIMIT).into_boxed();
    let query = match place {
        Place::Start => query.order(verifications::id.desc()),
        Place::After(key) => query.filter(verifications::id.lt(key)).order(verifications::id.desc()),
        Place::Before(key) => query.filter(verifications::id.gt(key)).order(verifications::id.asc()),
    };
    Ok(Page::new(place, query.load(conn)?))
}
