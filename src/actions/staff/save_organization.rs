//! Saves the name, the time zone and the currency of the organization.

use crate::{
    db::{
        Conn, QueryResult,
        staff::organization::{self, Organization},
    },
    domain::{
        money::Currency,
        text::{TextRefusal, single_line},
    },
};
use chrono_tz::Tz;

/// The name of the organization: one line of up to 80 characters, or none.
pub fn parse_name(text: &str) -> Result<String, TextRefusal> {
    match single_line("organization name", text, 80) {
        Err(TextRefusal::Missing { .. }) => Ok(String::new()),
        parsed => parsed,
    }
}

/// Without a time zone, times that belong to no store are in the one that all stores share, or in UTC.
pub fn run(conn: &mut Conn, name: &str, time_zone: Option<Tz>, currency: Option<Currency>) -> QueryResult<()> {
    let time_zone = time_zone.map(|zone| zone.name().to_owned());
    organization::save(conn, &Organization { name: name.to_owned(), time_zone, currency })
}
