//! `/orders.csv` and `/order-lines.csv`: every order that matches the filters of the list, read and sent in batches: a
//! row for each order, or for each line. The first columns of the lines are those that an import of orders reads.

use super::list::OrdersQuery;
use crate::{
    csv_file::CsvWriter,
    db::{
        self, Conn, Database,
        orders::{
            Line, Order,
            list::{self, Filter, Key, ListedOrder},
        },
        stores::{self, Stores},
    },
    domain::{
        money::{Amount, Currency},
        promotions::schedule,
    },
    web::{
        download,
        error::{PageError, PageResult},
        form::FormErrors,
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Bytes;
use chrono_tz::Tz;
use std::{io, sync::Arc};

/// `placed_at` is in UTC, `local_time` in `time_zone`: that of the chosen store, or of the organization.
const ORDER_COLUMNS: [&str; 12] = [
    "store",
    "order_number",
    "placed_at",
    "status",
    "units",
    "from_hold",
    "from_shared",
    "oversold",
    "value",
    "currency",
    "local_time",
    "time_zone",
];

const LINE_COLUMNS: [&str; 14] = [
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
    "currency",
    "local_time",
    "time_zone",
];

struct Export {
    database: Database,
    filter: Filter,
    context: Arc<Context>,
    last: Option<Key>,
}

/// What the rows need besides the orders.
struct Context {
    stores: Stores,
    zone: Tz,
}

impl Context {
    fn currency(&self, order: &Order) -> Option<Currency> {
        self.stores.get(&order.store).and_then(|store| store.currency)
    }
}

impl Export {
    /// With the filters of the page.
    async fn of(visit: &Visit, query: OrdersQuery) -> Result<Self, PageError> {
        let database = visit.database().clone();
        let stores = database.read(stores::all).await?;
        let filter = query.filter(&stores, (visit.who.zone, visit.now), &mut FormErrors::default());
        let zone = stores.zone_or(&query.store, visit.who.zone);
        Ok(Self { database, filter, context: Arc::new(Context { stores, zone }), last: None })
    }

    async fn next<Batch: Send + 'static>(
        mut self,
        read: impl FnOnce(&mut Conn, Vec<ListedOrder>) -> Result<Batch, db::Error> + Send + 'static,
        write: impl FnOnce(&Context, &Batch, &mut CsvWriter<Vec<u8>>) -> io::Result<()>,
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
        let rows = download::rows(|file| write(&self.context, &batch, file))?;
        Ok(Some((rows, Self { last: Some(last), ..self })))
    }
}

pub async fn orders(visit: Visit, Query(query): Query<OrdersQuery>) -> PageResult {
    let header = download::rows(|file| file.row(ORDER_COLUMNS))?;
    let export = Export::of(&visit, query).await?;
    Ok(download::csv("orders.csv", header, export, |export| {
        let write = |context: &Context, orders: &Vec<ListedOrder>, file: &mut CsvWriter<Vec<u8>>| {
            orders.iter().try_for_each(|order| write_order(file, context, order))
        };
        export.next(|_, orders| Ok(orders), write)
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
        export.next(read, |context, (orders, lines), file| {
            for listed in orders {
                for line in lines.get(&listed.order.key()).into_iter().flatten() {
                    write_line(file, context, listed, line)?;
                }
            }
            Ok(())
        })
    }))
}

fn amount(amount: Option<Amount>, currency: Option<Currency>) -> String {
    amount.map_or_else(String::new, |amount| amount.in_file(currency))
}

fn write_order(file: &mut CsvWriter<impl io::Write>, context: &Context, listed: &ListedOrder) -> io::Result<()> {
    let ListedOrder { order, sums } = listed;
    let currency = context.currency(order);
    file.row([
        order.store.as_str(),
        order.number.as_str(),
        &order.placed_at.to_string(),
        order.status.as_str(),
        &order.units.to_string(),
        &sums.from_hold.to_string(),
        &sums.from_shared.to_string(),
        &order.oversold.to_string(),
        &amount(sums.value, currency),
        currency.map_or("", Currency::code),
        &schedule::local_in_file(order.placed_at, context.zone),
        context.zone.name(),
    ])
}

fn write_line(
    file: &mut CsvWriter<impl io::Write>,
    context: &Context,
    listed: &ListedOrder,
    line: &Line,
) -> io::Result<()> {
    let order = &listed.order;
    let currency = context.currency(order);
    file.row([
        line.store.as_str(),
        line.number.as_str(),
        &order.placed_at.to_string(),
        line.sku.as_str(),
        &line.quantity.to_string(),
        &amount(line.unit_price(), currency),
        order.status.as_str(),
        &line.from_hold.to_string(),
        &line.from_shared.to_string(),
        &line.oversold.to_string(),
        line.promotion_id.as_ref().map_or("", |id| id.as_str()),
        currency.map_or("", Currency::code),
        &schedule::local_in_file(order.placed_at, context.zone),
        context.zone.name(),
    ])
}
