//! `/promotions/{id}/report.csv`: the whole report, a row for each product, read and sent in parts.

use super::Sold;
use crate::{
    csv_file::CsvWriter,
    db::{
        Conn, Database, QueryResult,
        engine::paging::Page,
        promotions::{
            self, Promotion, costs,
            holds::HoldRow,
            list::{Totals, products},
            report::sales_of,
        },
        stores::{self, Store},
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        money::Currency,
        promotions::{cost::Cost, promotion::Status, sales::Sales},
    },
    screens::promotions::{id_of, store_of},
    web::{
        download,
        error::{PageError, PageResult},
        lists::Place,
        visit::Visit,
    },
};
use actix_web::web::{Bytes, Path};
use std::io;

/// The columns before those of the other stores.
const COLUMNS: [&str; 13] = [
    "sku",
    "name",
    "held",
    "sold_from_hold",
    "sell_through",
    "remaining",
    "returned",
    "sold_from_shared",
    "oversold",
    "revenue",
    "currency",
    "units_without_price",
    "store",
];

/// The costs for each other store: its code, and one of these names.
const OF_STORE: [&str; 3] = ["seconds_at_zero", "short_orders", "short_units"];

struct Row {
    hold: HoldRow,
    name: String,
    sales: Sales,
    costs: Vec<(StoreCode, Cost)>,
}

/// The rest of the file. All parts are for the same `now`, even those that are read later.
struct Export {
    database: Database,
    promotion: Promotion,
    now: Moment,
    /// That of the sale's store.
    currency: Option<Currency>,
    other_stores: Vec<Store>,
    /// The next products; `None` at the end.
    place: Option<Place>,
}

impl Export {
    async fn next(self) -> Result<Option<(Bytes, Self)>, PageError> {
        let Some(place) = self.place.clone() else { return Ok(None) };
        let promotion = self.promotion.clone();
        let now = self.now;
        let (rows, place) = self.database.read(move |conn| read(conn, &promotion, &place, now)).await?;
        let status = self.promotion.status(now);
        let part = download::rows(|file| {
            rows.iter().try_for_each(|row| write(file, row, self.currency, &self.other_stores, status))
        })?;
        Ok(Some((part, Self { place, ..self })))
    }
}

fn read(conn: &mut Conn, promotion: &Promotion, place: &Place, now: Moment) -> QueryResult<(Vec<Row>, Option<Place>)> {
    let Page { rows, has_next, .. } = products(conn, promotion.id, "", place)?;
    let codes: Vec<SkuCode> = rows.iter().map(|(hold, _)| hold.sku.clone()).collect();
    let sales = sales_of(conn, promotion.id, &codes)?;
    let mut costs = costs::of_skus(conn, promotion, &codes, now, i64::MAX)?;
    let mut part = Vec::new();
    for (hold, name) in rows {
        let sales = sales.get(&hold.sku).copied().unwrap_or_default();
        let costs = costs.remove(&hold.sku).unwrap_or_default();
        part.push(Row { hold, name, sales, costs });
    }
    let next = codes.last().filter(|_| has_next).map(|last| Place::After(last.to_string()));
    Ok((part, next))
}

/// If the database fails after the file has begun, the download is cut off, which browsers report.
pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let id = id_of(&path)?;
    let database = visit.database().clone();
    let read = database.read(move |conn| {
        let promotion = promotions::find(conn, id)?.ok_or(PageError::NotFound)?;
        Ok::<_, PageError>((promotion, stores::all(conn)?))
    });
    let (promotion, stores) = read.await?;
    let currency = store_of(&stores, &promotion.store)?.currency;
    let other_stores: Vec<Store> = stores.into_iter().filter(|store| store.code != promotion.store).collect();
    let mut columns = COLUMNS.map(str::to_owned).to_vec();
    for store in &other_stores {
        columns.extend(OF_STORE.map(|column| format!("{} {column}", store.code)));
    }
    let header = download::rows(|file| file.row(columns))?;
    let export = Export { database, promotion, now: visit.now, currency, other_stores, place: Some(Place::Start) };
    Ok(download::csv(&format!("report-{id}.csv"), header, export, Export::next))
}

fn write(
    file: &mut CsvWriter<impl io::Write>,
    row: &Row,
    currency: Option<Currency>,
    other_stores: &[Store],
    status: Status,
) -> io::Result<()> {
    let Row { hold, name, sales, costs } = row;
    let totals = Totals { skus: 1, quantity: hold.quantity, sold: hold.sold };
    let sold = Sold::new(totals, *sales, currency);
    let remaining = totals.remaining(status);
    let returned = totals.quantity - totals.sold - remaining;
    let mut cells = vec![
        hold.sku.to_string(),
        name.clone(),
        totals.quantity.to_string(),
        sold.from_hold.to_string(),
        sold.sell_through,
        remaining.to_string(),
        returned.to_string(),
        sold.from_shared.to_string(),
        sold.oversold.to_string(),
        sales.priced_revenue().map(|revenue| revenue.in_file(currency)).unwrap_or_default(),
        currency.map(Currency::code).unwrap_or_default().to_owned(),
        sold.unpriced.to_string(),
        hold.store.to_string(),
    ];
    for store in other_stores {
        let cost = costs.iter().find(|(code, _)| *code == store.code);
        cells.extend(cost.map_or_else(Default::default, |(_, Cost { at_zero, short_orders, short_units })| {
            [at_zero.num_seconds().to_string(), short_orders.len().to_string(), short_units.to_string()]
        }));
    }
    file.row(cells)
}
