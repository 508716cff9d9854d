//! `POST /stores/{code}/connection`: tries what was entered, and saves it.

use super::{
    ConnectionPage, Stored, check, fields,
    form::{ConnectionForm, Place},
    kind_page,
};
use crate::{
    actions::connect_store::{self, ConnectRefusal, ConnectionInput},
    connectors::{
        Credentials,
        seal::{SealError, SealKey},
    },
    db::Failed,
    domain::{
        api_address::ApiAddress,
        code::StoreCode,
        connection::ConnectorKind,
        failure::{Failure, FailureClass},
    },
    screens::stores::path_of,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        page::{refused, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;

/// Makes the test call, and saves the connection if it is answered, or if somebody wants it saved although the
/// marketplace did not answer at all.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn submit(visit: Visit, code: Path<String>, form: Form<ConnectionForm>) -> PageResult {
    let (stored, form) = (Stored::load(&visit, &code).await?, form.fields);
    let Some(kind) = ConnectorKind::parse(&form.kind) else { return refused(&kind_page(&visit, stored)) };
    let mut errors = FormErrors::default();
    let place = form.parse_place(kind, &mut errors);
    let key = visit.state.settings.credentials_key.as_ref();
    let before = place.as_ref().and_then(|place| Entered::stored(&stored, key, place));
    let kept = place.as_ref().and_then(|place| Entered::again(&stored, key, place, &form.sealed)).or(before.clone());
    let credentials = fields::read(kind, &form, kept.as_ref(), &mut errors);
    let Stored { store, .. } = stored;
    let (Some(place), Some(credentials)) = (place, credentials) else {
        let page = ConnectionPage::new(&visit, store, kind, form);
        return refused(&ConnectionPage { errors, is_kept: kept.is_some(), ..page });
    };
    let Some(address) = &place.address else {
        // A file has no secrets, and needs no key.
        return save(&visit, &store.code, &place, Some(String::new()), "connected").await;
    };
    let Some(key) = key else {
        errors.push("", SealError::NoKey);
        return refused(&ConnectionPage { errors, ..ConnectionPage::new(&visit, store, kind, form) });
    };
    let is_stored = |one: &Credentials| before.as_ref().is_some_and(|before| before.is_same(one));
    let target = check::Target { store: &store.code, kind, api_url: address.as_str(), http: &visit.state.http };
    // What is stored already is the job's to renew, and may be renewed by now.
    let may_renew = !is_stored(&credentials);
    let (credentials, checked) = target.check(credentials, may_renew, visit.state.clock.now()).await;
    let sealed = (!is_stored(&credentials)).then(|| key.seal(&store.code, &credentials));
    match checked {
        Ok(()) => save(&visit, &store.code, &place, sealed, "connected").await,
        Err(failure) if may_be_over(&failure) && !form.unchecked.is_empty() => {
            save(&visit, &store.code, &place, sealed, "connected_unchecked").await
        }
        Err(failure) => {
            let may_save_unchecked = may_be_over(&failure);
            errors.push(field_of(kind, &failure), failure);
            let sealed = key.seal(&Entered::bound(&store.code, address), &credentials);
            let page = ConnectionPage::new(&visit, store, kind, ConnectionForm { sealed, ..form });
            refused(&ConnectionPage { errors, is_kept: true, may_save_unchecked, ..page })
        }
    }
}

/// Credentials that were entered before. They count at the place that they were entered for: whoever may change an
/// address must not have the secrets sent elsewhere.
struct Entered;

impl Entered {
    /// Those that are stored.
    fn stored(stored: &Stored, key: Option<&SealKey>, place: &Place) -> Option<Credentials> {
        stored.credentials(key, place.kind).filter(|_| place.address.as_ref().is_some_and(|to| stored.is_at(to)))
    }

    /// Those of the try before, as its page carried them: `sealed`.
    fn again(stored: &Stored, key: Option<&SealKey>, place: &Place, sealed: &str) -> Option<Credentials> {
        let bound = Self::bound(&stored.store.code, place.address.as_ref()?);
        key?.open(&bound, sealed).ok().filter(|credentials| credentials.kind() == place.kind)
    }

    /// What they are sealed for between two tries: not a store alone, but a store at a place.
    fn bound(store: &StoreCode, address: &ApiAddress) -> StoreCode {
        StoreCode::trusted(format!("{store} at {}", address.origin()))
    }
}

/// Whether a failure of the test call says nothing against what was entered.
fn may_be_over(failure: &Failure) -> bool {
    match failure.class {
        FailureClass::Temporary | FailureClass::Throttled => true,
        FailureClass::Credentials | FailureClass::Mapping | FailureClass::Locked => false,
    }
}

/// The field that a failure is about.
fn field_of(kind: ConnectorKind, failure: &Failure) -> &'static str {
    match failure.class {
        FailureClass::Credentials => fields::of(kind).first().map_or("", |field| field.name),
        FailureClass::Temporary | FailureClass::Throttled | FailureClass::Mapping | FailureClass::Locked => "api_url",
    }
}

/// Saves the connection; without `credentials` those that are stored stay.
async fn save(
    visit: &Visit,
    store: &StoreCode,
    place: &Place,
    credentials: Option<String>,
    notice: &str,
) -> PageResult {
    let api_url = place.address.as_ref().map_or_else(String::new, |address| address.as_str().to_owned());
    let input = ConnectionInput { store: store.clone(), kind: place.kind, api_url, credentials, rate: place.rate };
    let cause = visit.cause("");
    match visit.database().write(move |conn| connect_store::run(conn, &cause, input.clone())).await {
        Ok(()) => Ok(see_other(&format!("{}?notice={notice}", path_of(store)))),
        Err(Failed::Refused(ConnectRefusal::UnknownStore(_))) => Err(PageError::NotFound),
        // Somebody disconnected it while the form was on its way.
        Err(Failed::Refused(ConnectRefusal::NoCredentials)) => Ok(see_other(&format!("{}/connection", path_of(store)))),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
