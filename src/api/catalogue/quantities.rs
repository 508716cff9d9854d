//! `/api/v1/quantities`, and the same of one store as a file: `/api/v1/stores/{store}/quantities.csv`
#![warn(missing_docs)]

use crate::{
    actions::stores::note_fetch,
    api::{
        call::Caller,
        cursor::{self, Cursors},
        fields,
        lists::{self, Named},
        problem::{Code, Problem},
        refusals::{ListRefusals, OneRefusals},
    },
    db::{
        self, Conn,
        catalogue::quantities::{Begin, Filter, Listed, Row},
        stores,
    },
    domain::{
        code::{SkuCode, StoreCode},
        stores::components::Component,
    },
    web::quantities_file::QuantitiesFile,
};
use actix_web::{HttpRequest, HttpResponse, get, web::Path};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which quantities.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuantitiesQuery {
    /// Of this store alone.
    #[param(required = false)]
    store: String,
    /// Of this SKU alone.
    #[param(required = false)]
    sku: String,
    /// `next` of the page before; or `changes` of an answer to the same store and SKU, for what changed since.
    #[param(required = false)]
    cursor: String,
}

impl QuantitiesQuery {
    fn cursors(&self) -> Cursors {
        Cursors::new("quantities", &[&self.store, &self.sku])
    }

    fn parse(&self) -> Result<Filter, Problem> {
        let begin = match self.cursors().parts(&self.cursor)? {
            None => Begin::Start,
            Some(parts) => begin_of(&parts).ok_or_else(cursor::refused)?,
        };
        Ok(Filter {
            sku: fields::filter("sku", &self.sku, SkuCode::parse)?,
            store: fields::filter("store", &self.store, StoreCode::parse)?,
            begin,
        })
    }
}

/// The first part of a cursor that continues a list, among the SKUs or the kits, and of one that continues after a change.
const IN_LIST: &str = "list";
const AFTER_KIT: &str = "kits";
const AFTER_CHANGE: &str = "changes";

fn begin_of(parts: &[String]) -> Option<Begin> {
    let number = |text: &String| text.parse::<i64>().ok().filter(|number| *number >= 0);
    match parts {
        [kind, changes] if kind == AFTER_CHANGE => Some(Begin::Change(number(changes)?)),
        [kind, changes, sku, store] if kind == IN_LIST => Some(Begin::After {
            changes: number(changes)?,
            sku: SkuCode::in_address(sku)?,
            store: StoreCode::parse(store).ok()?,
        }),
        [kind, changes, store, kit] if kind == AFTER_KIT => Some(Begin::AfterKit {
            changes: number(changes)?,
            store: StoreCode::parse(store).ok()?,
            kit: kit.parse().ok()?,
        }),
        _ => None,
    }
}

fn cursor_of(cursors: &Cursors, begin: &Begin) -> String {
    match begin {
        Begin::Start => String::new(),
        Begin::After { changes, sku, store } => {
            cursors.write(&[IN_LIST, &changes.to_string(), sku.as_str(), store.as_str()])
        }
        Begin::AfterKit { changes, store, kit } => {
            cursors.write(&[AFTER_KIT, &changes.to_string(), store.as_str(), kit.as_str()])
        }
        Begin::Change(number) => cursors.write(&[AFTER_CHANGE, &number.to_string()]),
    }
}

/// A page of quantities.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quantities {
    /// By SKU, then store; then the kits, by store. Of what changed, in the order in which it did.
    #[schema(max_items = 1000)]
    quantities: Vec<QuantityBody>,
    /// Of what changed: the SKUs that did, in that order. `quantities` has all their stores, and the kits that they are in;
    /// a store or a kit that it does not have lists the SKU no more. Null in the list of all.
    #[schema(value_type = Option<Vec<String>>, max_items = 1000)]
    changed: Option<Vec<SkuCode>>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
    /// The cursor for what changes from now on: keep that of the last page. Of the list of all, every page has that of
    /// the first, so nothing that changed while the pages were read is missed; some may come twice.
    changes: String,
}

/// What a store should show for a SKU that it lists, or for a kit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quantity)]
pub struct QuantityBody {
    /// The SKU; not there in the row of a kit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    sku: Option<SkuCode>,
    /// The seller SKU of a kit; not there in the row of a SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    seller_sku: Option<String>,
    /// What a kit is made of, by SKU; not there in the row of a SKU.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<ComponentBody>, required = false)]
    components: Option<Vec<ComponentBody>>,
    /// The store.
    #[schema(value_type = String)]
    store: StoreCode,
    /// Units to show: the sum of the other two.
    #[schema(minimum = 0)]
    quantity: i64,
    /// Units that a flash sale holds for this store alone. Of a kit, those that can be made of such units alone.
    #[schema(minimum = 0)]
    from_hold: i64,
    /// Units that every sharing store may sell.
    #[schema(minimum = 0)]
    from_shared: i64,
}

/// A SKU in a kit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KitComponent)]
pub struct ComponentBody {
    /// The SKU.
    #[schema(value_type = String)]
    sku: SkuCode,
    /// How many units of it one kit takes.
    #[schema(minimum = 1)]
    units: i64,
}

impl From<&Component> for ComponentBody {
    fn from(Component { sku, units }: &Component) -> Self {
        Self { sku: sku.clone(), units: *units }
    }
}

impl From<Row> for QuantityBody {
    fn from(Row { store, listed, quantity }: Row) -> Self {
        let (sku, seller_sku, components) = match listed {
            Listed::Sku(sku) => (Some(sku), None, None),
            Listed::Kit { seller_sku, components } => {
                (None, Some(seller_sku), Some(components.iter().map(ComponentBody::from).collect()))
            }
        };
        let (from_hold, from_shared) = (quantity.from_hold, quantity.from_shared);
        Self { sku, seller_sku, components, store, quantity: quantity.total(), from_hold, from_shared }
    }
}

/// List what every store should show
///
/// The rows of a page are of one moment. Pages hold up to 1,000. With `changes` of an earlier answer as the cursor, the
/// rows are those of the SKUs whose quantities changed since, within a second; whether or not anything is pushed to the
/// stores. A cursor from before a backup was restored is refused: list all again.
#[utoipa::path(
    operation_id = "listQuantities",
    tag = "quantities",
    params(QuantitiesQuery),
    responses((status = 200, description = "A page of quantities.", body = Quantities), ListRefusals),
)]
#[get("/quantities")]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = fields::from_query::<QuantitiesQuery>(&req)?;
    let filter = query.parse()?;
    let named = Named { store: filter.store.clone(), sku: filter.sku.clone().map(|sku| ("sku", sku)) };
    let now = caller.now;
    let read = move |conn: &mut Conn| db::catalogue::quantities::page(conn, &filter, now);
    let page = lists::read(&caller, named, read).await?;
    let page = page.ok_or_else(cursor::refused)?;
    let cursors = query.cursors();
    Ok(HttpResponse::Ok().json(Quantities {
        quantities: page.rows.into_iter().map(QuantityBody::from).collect(),
        changed: page.changed,
        next: page.next.as_ref().map(|begin| cursor_of(&cursors, begin)),
        changes: cursor_of(&cursors, &Begin::Change(page.changes)),
    }))
}

/// Fetch what a store should show as a CSV file
///
/// For a marketplace without an API. A row for each listing, by SKU (kits have none, and come first), however many: `sku`, `seller_sku`, `item_id`,
/// `variant_id` and `quantity`, after a row with these names. Every code is as it is, also where a spreadsheet would take it
/// for a formula. Each thousand rows are of one moment. That it was fetched is shown on the page of a
/// store that is reached by a file; nothing counts as acknowledged by it.
#[utoipa::path(
    operation_id = "fetchQuantitiesFile",
    tag = "quantities",
    params(("store" = String, Path, description = "The code of the store.")),
    responses((status = 200, description = "The file.", body = String, content_type = "text/csv"), OneRefusals),
)]
#[get("/stores/{store}/quantities.csv")]
pub async fn file(caller: Caller, store: Path<String>) -> Result<HttpResponse, Problem> {
    let not_found = || Problem::new(Code::NotFound, "There is no such store.");
    let store = StoreCode::parse(&store).map_err(|_| not_found())?;
    let database = caller.database().clone();
    let now = caller.now;
    let wanted = store.clone();
    database.read(move |conn| stores::find(conn, &wanted)).await?.ok_or_else(not_found)?;
    let file = QuantitiesFile::open(database.clone(), store.clone(), now).await?;
    let note = move || async move { Ok(database.write(move |conn| note_fetch::run(conn, &store, now)).await?) };
    Ok(file.answer(note)?)
}
