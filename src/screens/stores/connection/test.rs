//! `POST /stores/{code}/test`: tries a connection as it is kept. Nothing is saved, whatever comes of it.

use super::{Stored, check::Target};
use crate::{
    connectors::seal::SealError,
    screens::stores::{path_of, pushing::BehindQuery, show::StorePage},
    web::{
        error::PageResult,
        form::{EmptyForm, Form, FormErrors},
        page::{refused, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;

/// Makes the test call, and says what came of it.
///
/// # Errors
/// [`crate::web::error::PageError::NotFound`], or the database.
pub async fn submit(visit: Visit, code: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let Stored { store, connection } = Stored::load(&visit, &code).await?;
    let path = path_of(&store.code);
    let Some(connection) = connection.filter(|connection| connection.kind.is_pushed()) else {
        return Ok(see_other(&path));
    };
    let key = visit.state.settings.credentials_key.as_ref().ok_or(SealError::NoKey);
    let answer = match key.and_then(|key| key.open(&store.code, &connection.credentials)) {
        Ok(credentials) => {
            let (kind, api_url) = (connection.kind, connection.api_url.as_str());
            let target = Target { store: &store.code, kind, api_url, http: &visit.state.http };
            let (_, answer) = target.check(credentials, false, visit.state.clock.now()).await;
            answer.map_err(|failure| {
                let renewed = if failure.token_ended { " It is renewed when something is sent next." } else { "" };
                format!("{failure}{renewed}")
            })
        }
        Err(error) => Err(error.to_string()),
    };
    match answer {
        Ok(()) => Ok(see_other(&format!("{path}?notice=tested"))),
        Err(words) => {
            let mut errors = FormErrors::default();
            errors.push("", format!("The test call failed. {words}"));
            let page = StorePage::load(&visit, store.code, BehindQuery::default()).await?;
            refused(&page.refused(String::new(), errors))
        }
    }
}
