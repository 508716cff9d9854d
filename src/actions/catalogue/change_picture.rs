//! Gives a SKU a picture, lets one be fetched for it, or removes the one that it has.

use crate::{
    db::{Conn, QueryResult, catalogue::pictures},
    domain::{code::SkuCode, moment::Moment},
    thumbnail::Thumbnail,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PictureChange {
    Set(Thumbnail),
    /// To be fetched once from this address.
    FetchFrom(String),
    Remove,
}

/// The SKU exists, and its row is locked.
pub fn run(conn: &mut Conn, sku: &SkuCode, change: &PictureChange, at: Moment) -> QueryResult<()> {
    match change {
        PictureChange::Set(thumbnail) => pictures::set(conn, sku, thumbnail, "", at),
        PictureChange::FetchFrom(address) => pictures::ask_instead(conn, sku, address),
        PictureChange::Remove => pictures::remove(conn, sku),
    }
}
