//! Reading the page of a list. A store or a SKU that the filter names has to exist: to a typing error, an empty list
//! would be a wrong answer.

use super::{
    call::Caller,
    problem::{Code, Facts, FieldError, Problem},
};
use crate::{
    db::{self, Conn, QueryResult, catalogue::skus, stores},
    domain::code::{SkuCode, StoreCode},
};

/// The values of a filter that have to exist.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The value of the parameter `store`.
    pub store: Option<StoreCode>,
    /// A SKU, and the name of its parameter.
    pub sku: Option<(&'static str, SkuCode)>,
}

enum Unknown {
    Store(StoreCode),
    Sku(&'static str, SkuCode),
}

impl Named {
    fn unknown(&self, conn: &mut Conn) -> QueryResult<Option<Unknown>> {
        if let Some(store) = &self.store
            && stores::find(conn, store)?.is_none()
        {
            return Ok(Some(Unknown::Store(store.clone())));
        }
        if let Some((parameter, sku)) = &self.sku
            && skus::find(conn, sku)?.is_none()
        {
            return Ok(Some(Unknown::Sku(parameter, sku.clone())));
        }
        Ok(None)
    }
}

/// The page that `read` returns, unless something is unknown that `named` has. Both are of one moment.
pub async fn read<Page, Read>(caller: &Caller, named: Named, read: Read) -> Result<Page, Problem>
where
    Page: Send + 'static,
    Read: FnOnce(&mut Conn) -> QueryResult<Page> + Send + 'static,
{
    let work = move |conn: &mut Conn| match named.unknown(conn)? {
        Some(unknown) => Ok::<_, db::Error>(Err(unknown)),
        None => Ok(Ok(read(conn)?)),
    };
    caller.database().read(work).await?.map_err(problem)
}

fn problem(unknown: Unknown) -> Problem {
    let (code, parameter, detail, facts) = match unknown {
        Unknown::Store(store) => {
            let detail = format!("There is no store “{store}”.");
            (Code::UnknownStore, "store", detail, Facts { store: Some(store), ..Facts::default() })
        }
        Unknown::Sku(parameter, sku) => {
            let detail = format!("There is no SKU “{sku}”.");
            (Code::UnknownSku, parameter, detail, Facts { sku: Some(sku), ..Facts::default() })
        }
    };
    let error = FieldError { pointer: format!("?{parameter}"), detail };
    Problem::fields(code, vec![error]).with(facts)
}
