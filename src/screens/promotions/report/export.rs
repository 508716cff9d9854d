//! `/promotions/{id}/report.csv`: the report, product by product. A flash sale has a thousand products at most, so the
//! file is read in one snapshot and sent whole.

use super::{super::id_of, numbers::Sold};
use crate::{
    csv_file::CsvWriter,
    db::{
        self, Conn,
        holds::HoldRow,
        paging::Page,
        promotions::{self, Promotion},
        reads::{
            costs,
            promotions::{Totals, products},
            report::sales_of,
        },
        stores::{self, Store},
    },
    domain::{
        code::{SkuCode, StoreCode},
        cost::Cost,
        id::PromotionId,
        moment::Moment,
        promotion::Status,
        sales::Sales,
    },
    web::{
        error::{PageError, PageResult},
        paging::Place,
        visit::Visit,
    },
};
use actix_web::{HttpResponse, http::header, web::Path};

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

struct Report {
    promotion: Promotion,
    others: Vec<Store>,
    rows: Vec<Row>,
}

fn read(conn: &mut Conn, id: PromotionId, now: Moment) -> Result<Option<Report>, db::Error> {
    let Some(promotion) = promotions::find(conn, id)? else { return Ok(None) };
    let (mut rows, mut place) = (Vec::new(), Place::Start);
    loop {
        let Page { rows: page, has_next, .. } = products(conn, id, &place)?;
        let codes: Vec<SkuCode> = page.iter().map(|(hold, _)| hold.sku.clone()).collect();
        let sales = sales_of(conn, id, &codes)?;
        let mut costs = costs::of_skus(conn, &promotion, &codes, now)?;
        rows.extend(page.into_iter().map(|(hold, name)| Row {
            sales: sales.get(&hold.sku).copied().unwrap_or_default(),
            costs: costs.remove(&hold.sku).unwrap_or_default(),
            hold,
            name,
        }));
        match codes.last() {
            Some(last) if has_next => place = Place::After(last.to_string()),
            _ => break,
        }
    }
    let others = stores::all(conn)?.into_iter().filter(|store| store.code != promotion.store).collect();
    Ok(Some(Report { promotion, others, rows }))
}

/// Sends the file.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn show(visit: Visit, path: Path<String>) -> PageResult {
    let (id, now) = (id_of(&path)?, visit.now);
    let report = visit.database().read(move |conn| read(conn, id, now)).await?.ok_or(PageError::NotFound)?;
    let file = written(&report, report.promotion.status(now));
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"report-{id}.csv\"")))
        .body(file.map_err(|error| PageError::Fault(format!("the report: {error}")))?))
}

fn written(report: &Report, status: Status) -> std::io::Result<Vec<u8>> {
    let mut file = CsvWriter::new(Vec::new());
    let of_stores = report.others.iter().flat_map(|store| OF_STORE.map(|column| format!("{} {column}", store.code)));
    file.row(COLUMNS.map(str::to_owned).into_iter().chain(of_stores))?;
    for Row { hold, name, sales, costs } in &report.rows {
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
        let of_stores = report.others.iter().flat_map(|store| {
            let cost = costs.iter().find(|(code, _)| *code == store.code).map(|(_, cost)| cost);
            cost.map_or_else(Default::default, |Cost { at_zero, short_orders, short_units }| {
                [at_zero.num_seconds().to_string(), short_orders.len().to_string(), short_units.to_string()]
            })
        });
        file.row(cells.into_iter().chain(of_stores))?;
    }
    file.finish()
}
