//! The organization: the seller whose staff sign in. There is one row.

use crate::{
    db::{Conn, engine::schema::organization, stores},
    domain::money::Currency,
};
use chrono_tz::Tz;
use diesel::prelude::*;

/// The id of the only row.
const ID: i32 = 1;

#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = organization, treat_none_as_null = true)]
pub struct Organization {
    /// Empty while nobody has given one.
    pub name: String,
    /// The IANA name of its time zone, if someone has chosen one.
    pub time_zone: Option<String>,
    /// That of stores whose country is not known, if someone has chosen one.
    pub currency: Option<Currency>,
}

impl Organization {
    /// The time zone for times that belong to no store. Until one is chosen it is the one that all stores share, or UTC.
    pub fn zone(&self, conn: &mut Conn) -> QueryResult<Tz> {
        match &self.time_zone {
            Some(name) => Ok(name.parse().unwrap_or_else(|_| panic!("the organization has the time zone {name:?}"))),
            None => Ok(stores::all(conn)?.common_zone()),
        }
    }
}

pub fn read(conn: &mut Conn) -> QueryResult<Organization> {
    organization::table.find(ID).select(Organization::as_select()).first(conn)
}

pub fn save(conn: &mut Conn, saved: &Organization) -> QueryResult<()> {
    diesel::update(organization::table.find(ID)).set(saved).execute(conn).map(drop)
}
