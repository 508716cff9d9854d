//! The quantities of one store as a CSV file: for staff who upload it to a marketplace without an API, and for programs that
//! fetch it. A marketplace reads it, so every code is what it is: without an apostrophe against formulas.

use super::{download, error::PageError};
use crate::{
    db::{
        self, Database,
        catalogue::quantities::{OfStore, of_store},
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use actix_web::{HttpResponse, web::Bytes};

const COLUMNS: [&str; 5] = ["sku", "seller_sku", "item_id", "variant_id", "quantity"];

pub struct QuantitiesFile {
    database: Database,
    store: StoreCode,
    now: Moment,
    /// The rows that are sent next; `None` when all were sent.
    next: Option<OfStore>,
}

impl QuantitiesFile {
    /// Reads the first rows, so that a failure can still be answered with an error.
    pub async fn open(database: Database, store: StoreCode, now: Moment) -> Result<Self, db::Error> {
        let first = read(&database, &store, None, now).await?;
        Ok(Self { database, store, now, next: Some(first) })
    }

    /// `sent` runs once the last rows were sent, and not if the response breaks off.
    pub fn answer<Sent, Done>(self, sent: Sent) -> Result<HttpResponse, PageError>
    where
        Sent: FnOnce() -> Done + 'static,
        Done: Future<Output = Result<(), PageError>> + 'static,
    {
        let name = format!("quantities-{}.csv", self.store);
        let header = download::plain_rows(|file| file.row(COLUMNS))?;
        Ok(download::plain_csv(&name, header, (self, Some(sent)), |(file, sent)| async {
            match (file.rows().await?, sent) {
                (Some((rows, file)), sent) => Ok(Some((rows, (file, sent)))),
                (None, Some(sent)) => sent().await.map(|()| None),
                (None, None) => Ok(None),
            }
        }))
    }

    async fn rows(self) -> Result<Option<(Bytes, Self)>, PageError> {
        let Some(batch) = self.next else { return Ok(None) };
        let written = download::plain_rows(|file| {
            batch.listings.iter().try_for_each(|listing| {
                let quantity = batch.quantity(listing).to_string();
                let id = |id: &Option<String>| id.clone().unwrap_or_default();
                let ids = [id(&listing.item_id), id(&listing.variant_id)];
                file.row([
                    listing.sku.as_ref().map_or("", SkuCode::as_str),
                    &listing.seller_sku,
                    &ids[0],
                    &ids[1],
                    &quantity,
                ])
            })
        })?;
        let next = match batch.listings.last().filter(|_| batch.has_next) {
            Some(last) => Some(read(&self.database, &self.store, Some(last.place()), self.now).await?),
            None => None,
        };
        Ok(Some((written, Self { next, ..self })))
    }
}

async fn read(
    database: &Database,
    store: &StoreCode,
    after: Option<String>,
    now: Moment,
) -> Result<OfStore, db::Error> {
    let store = store.clone();
    database.read(move |conn| Ok::<_, db::Error>(of_store(conn, &store, after, now)?)).await
}
