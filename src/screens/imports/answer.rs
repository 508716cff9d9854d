//! The answers to an import that asks before it takes many listings off: `/imports/{id}/go-on` and `/imports/{id}/cancel`.

use crate::{
    actions::imports::ask_about_retiring,
    db::{self, imports},
    domain::{id::ImportId, moment::Moment},
    jobs::runner::Wake,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form},
        notices::done,
        visit::Visit,
    },
};
use actix_web::web::{Data, Path};

pub async fn go_on(visit: Visit, wake: Data<Wake>, id: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let page = answer(&visit, &id, |conn, import, _| ask_about_retiring::go_on(conn, import)).await?;
    wake.wake();
    Ok(done(&page, "The import goes on, and takes the listings off."))
}

pub async fn cancel(visit: Visit, id: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let page = answer(&visit, &id, ask_about_retiring::cancel).await?;
    Ok(done(&page, "The import is cancelled: nothing of the file is imported."))
}

/// Gives the answer, and returns the address of the page of the import. A second answer changes nothing.
async fn answer(
    visit: &Visit,
    id: &str,
    give: fn(&mut db::Conn, &imports::Import, Moment) -> db::QueryResult<bool>,
) -> Result<String, PageError> {
    let id: ImportId = id.parse().map_err(|_| PageError::NotFound)?;
    let now = visit.cause("").at;
    let work = move |conn: &mut db::Conn| {
        let import = imports::find(conn, id)?.ok_or(PageError::NotFound)?;
        give(conn, &import, now)?;
        Ok::<_, PageError>(())
    };
    visit.database().write(work).await?;
    Ok(format!("/imports/{id}"))
}
