//! `/promotions/{id}/report.csv`: the whole report, product by product, some products at a time.

use super::numbers::Sold;
use crate::{
    csv_file::CsvWriter,
    db::{
        self, Conn, Database,
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
        promotions::{cost::Cost, promotion::Status, sales::Sales},
    },
    screens::promotions::id_of,
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
const COLUMNS: [&str; 12] = [
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
    "units_without_price",
    "store",
];

/// What a hold cost another store: these columns for each, after its code.
const OF_STORE: [&str; 3] = ["seconds_at_zero", "short_orders", "short_units"];

struct Row {
    hold: HoldRow,
    name: String,
    sales: Sales,
    costs: Vec<(StoreCode, Cost)>,
}

/// The file, as far as it was sent. It tells of one moment of the clock, also where it is read later.
struct Export {
    database: Database,
    promotion: Promotion,
    now: Moment,
    /// The other stores.
    others: Vec<Store>,
    /// The products that are sent next; none at the end.
    place: Option<Place>,
}

impl Export {
    /// The next rows, and the file after them; nothing when there are no more.
    async fn next(self) -> Result<Option<(Bytes, Self)>, PageError> {
        let Some(place) = self.place.clone() else { return Ok(None) };
        let (promotion, now) = (self.promotion.clone(), self.now);
        let (rows, place) = self.database.read(move |conn| read(conn, &promotion, &place, now)).await?;
        let status = self.promotion.status(now);
        let part = download::rows(|file| rows.iter().try_for_each(|row| write(file, row, &self.others, status)))?;
        Ok(Some((part, Self { place, ..self })))
    }
}

/// The products at `place`, and where those after them are.
fn read(
    conn: &mut Conn,
    promotion: &Promotion,
    place: &Place,
    now: Moment,
) -> Result<(Vec<Row>, Option<Place>), db::Error> {
    let Page { rows, has_next, .. } = products(conn, promotion.id, place)?;
    let codes: Vec<SkuCode> = rows.iter().map(|(hold, _)| hold.sku.clone()).collect();
    let sales = sales_of(conn, promotion.id, &codes)?;
    let mut costs = costs::of_skus(conn, promotion, &codes, now, i64::MAX)?;
    let row = |(hold, name): (HoldRow, String)| Row {
        sales: sales.get(&hold.sku).copied().unwrap_or_default(),
        costs: costs.remove(&hold.sku).unwrap_or_default(),
        hold,
        name,
    };
    let next = codes.last().filter(|_| has_next).map(|last| Place::After(last.to_string()));
    Ok((rows.into_iter().map(row).collect(), next))
}

/// Sends the file.
///
/// # Errors
/// When there is no such promotion, or the database fails. Once the file has begun, it breaks off, which browsers tell.
pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let (id, now, database) = (id_of(&path)?, visit.now, visit.database().clone());
    let read = move |conn: &mut Conn| Ok::<_, db::Error>((promotions::find(conn, id)?, stores::all(conn)?));
    let (promotion, stores) = database.read(read).await?;
    let promotion = promotion.ok_or(PageError::NotFound)?;
    let others: Vec<Store> = stores.into_iter().filter(|store| store.code != promotion.store).collect();
    let of_stores = others.iter().flat_map(|store| OF_STORE.map(|column| format!("{} {column}", store.code)));
    let header = download::rows(|file| file.row(COLUMNS.map(str::to_owned).into_iter().chain(of_stores)))?;
    let export = Export { database, promotion, now, others, place: Some(Place::Start) };
    Ok(download::csv(&format!("report-{id}.csv"), header, export, Export::next))
}

fn write(file: &mut CsvWriter<impl io::Write>, row: &Row, others: &[Store], status: Status) -> io::Result<()> {
    let Row { hold, name, sales, costs } = row;
    let totals = Totals { skus: 1, quantity: hold.quantity, sold: hold.sold };
    let sold = Sold::new(totals, *sales);
    let remaining = totals.remaining(status);
    let returned = totals.quantity - totals.sold - remaining;
    let cells = [
        hold.sku.to_string(),
        name.clone(),
        totals.quantity.to_string(),
        sold.from_hold.to_string(),
        sold.sell_through,
        remaining.to_string(),
        returned.to_string(),
        sold.from_shared.to_string(),
        sold.oversold.to_string(),
        sold.revenue,
        sold.unpriced.to_string(),
        hold.store.to_string(),
    ];
    let of_stores = others.iter().flat_map(|store| {
        let cost = costs.iter().find(|(code, _)| *code == store.code).map(|(_, cost)| cost);
        cost.map_or_else(Default::default, |Cost { at_zero, short_orders, short_units }| {
            [at_zero.num_seconds().to_string(), short_orders.len().to_string(), short_units.to_string()]
        })
    });
    file.row(cells.into_iter().chain(of_stores))
}
