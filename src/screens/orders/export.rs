//! `/orders.csv` and `/order-lines.csv`: every order that matches the filters of the list, read and sent in batches: a
//! row for each order, or for each line. The first columns of the lines are those that an import of orders reads.

use super::list::OrdersQuery;
use crate::{
    csv_file::CsvWriter,
    db::{
        self, Conn, Database,
        orders::{
            Line,
            list::{self, Filter, Key, ListedOrder},
        },
        stores,
    },
    domain::orders::order::price_in_words,
    web::{
        download,
        error::{PageError, PageResult},
        form::FormErrors,
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Bytes;
use std::io;

const ORDER_COLUMNS: [&str; 9] =
    ["store", "order_number", "placed_at", "status", "units", "from_hold", "from_shared", "oversold", "value"];

const LINE_COLUMNS: [&str; 11] = [
    "store",
    "order_number",
    "placed_at",
    "sku",
    "quantity",
    "unit_price",
    "status",
    "from_hold",
    "from_shared",
    "oversold",
    "promotion",
];

struct Export {
    database: Database,
    filter: Filter,
    last: Option<Key>,
}

impl Export {
    /// With the filters of the page.
    async fn of(visit: &Visit, query: OrdersQuery) -> Result<Self, PageError> {
        let database = visit.database().clone();
        let stores = database.read(stores::all).await?;
        let filter = query.filter(&stores, visit.now, &mut FormErrors::default());
        Ok(Self { database, filter, last: None })
    }

    async fn next<Batch: Send + 'static>(
        mut self,
        read: impl FnOnce(&mut Conn, Vec<ListedOrder>) -> Result<Batch, db::Error> + Send + 'static,
        write: impl FnOnce(&Batch, &mut CsvWriter<Vec<u8>>) -> io::Result<()>,
    ) -> Result<Option<(Bytes, Self)>, PageError> {
        let filter = self.filter.clone();
        let last = self.last.take();
        let read = move |conn: &mut Conn| {
            let orders = list::batch(conn, &filter, last.as_ref())?;
            let last = orders.last().map(|listed| Key::of(&listed.order));
            Ok::<_, db::Error>((last, read(conn, orders)?))
        };
        let (last, batch) = self.database.read(read).await?;
        let Some(last) = last else { return Ok(None) };
        let rows = download::rows(|file| write(&batch, file))?;
        Ok(Some((rows, Self { last: Some(last), ..self })))
    }
}

pub async fn orders(visit: Visit, Query(query): Query<OrdersQuery>) -> PageResult {
    let header = download::rows(|file| file.row(ORDER_COLUMNS))?;
    let export = Export::of(&visit, query).await?;
    Ok(download::csv("orders.csv", header, export, |export| {
        export.next(|_, orders| Ok(orders), |orders, file| orders.iter().try_for_each(|order| write_order(file, order)))
    }))
}

pub async fn lines(visit: Visit, Query(query): Query<OrdersQuery>) -> PageResult {
    let header = download::rows(|file| file.row(LINE_COLUMNS))?;
    let export = Export::of(&visit, query).await?;
    Ok(download::csv("order-lines.csv", header, export, |export| {
        let read = |conn: &mut Conn, orders: Vec<ListedOrder>| {
            let lines = db::orders::lines_of_all(conn, orders.iter().map(|listed| &listed.order))?;
            Ok((orders, lines))
        };
        export.next(read, |(orders, lines), file| {
            for listed in orders {
                for line in lines.get(&listed.order.key()).into_iter().flatten() {
                    write_line(file, listed, line)?;
                }
            }
            Ok(())
        })
    }))
}

fn price(minor: Option<i64>) -> String {
    minor.map_or_else(String::new, price_in_words)
}

fn write_order(file: &mut CsvWriter<impl io::Write>, ListedOrder { order, sums }: &ListedOrder) -> io::Result<()> {
    file.row([
        order.store.as_str(),
        order.number.as_str(),
        &order.placed_at.to_string(),
        order.status.as_str(),
        &order.units.to_string(),
        &sums.from_hold.to_string(),
        &sums.from_shared.to_string(),
        &order.oversold.to_string(),
        &price(sums.value_minor),
    ])
}

fn write_line(file: &mut CsvWriter<impl io::Write>, listed: &ListedOrder, line: &Line) -> io::Result<()> {
    let order = &listed.order;
    file.row([
        line.store.as_str(),
        line.number.as_str(),
        &order.placed_at.to_string(),
        line.sku.as_str(),
        &line.quantity.to_string(),
        &price(line.unit_price_minor),
        order.status.as_str(),
        &line.from_hold.to_string(),
        &line.from_shared.to_string(),
        &line.oversold.to_string(),
        line.promotion_id.as_ref().map_or("", |id| id.as_str()),
    ])
}
