//! `POST /stores/{code}/connection`: tries what was entered, and saves it.

use super::{
    ConnectionPage, Stored, check,
    failed::{error_of, may_be_over},
    fields::{self, Before},
    form::ConnectionForm,
    kind_page,
};
use crate::{
    actions::stores::connect_store::{self, ConnectRefusal, ConnectionInput},
    connectors::{
        Credentials,
        seal::{SealError, SealKey},
    },
    db::{Failed, stores::Store},
    domain::{
        code::StoreCode,
        stores::{api_address::ApiAddress, connection::ConnectorKind, failure::Failure},
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
    if !kind.is_pushed() {
        return save(&visit, of_file(stored.store.code, kind), "connected").await;
    }
    let mut errors = FormErrors::default();
    let key = errors.keep("", visit.state.settings.credentials_key.as_ref().ok_or(SealError::NoKey));
    let (address, rate) = (form.parse_address(kind, &mut errors), form.parse_rate(&mut errors));
    let before = entered_before(&stored, key, kind, address.as_ref(), &form.sealed);
    let credentials = fields::read(kind, &form, &before, &mut errors);
    let (Some(key), Some(address), Some(credentials)) = (key, address, credentials) else {
        // A secret that was typed cannot be carried to the next try: no empty field stands for it.
        let lost = form.secrets(kind);
        let is_kept = matches!(before, Before::Here(_) | Before::Undecided) && lost.is_empty();
        for field in lost {
            if errors.at(field.name).is_empty() {
                errors.push(field.name, format!("Enter the {} again: it was not saved.", field.label));
            }
        }
        return refused(&ConnectionPage { errors, is_kept, ..ConnectionPage::new(&visit, stored.store, kind, form) });
    };
    let entered = Entered { stored, key, kind, address, credentials };
    let Some(rate) = rate else {
        let (store, form) = entered.carried_by(form);
        let page = ConnectionPage::new(&visit, store, kind, form);
        return refused(&ConnectionPage { errors, is_kept: true, ..page });
    };
    let (entered, checked) = entered.check(&visit).await;
    match checked {
        Ok(()) => save(&visit, entered.input(rate), "connected").await,
        Err(failure) if may_be_over(&failure) && !form.unchecked.is_empty() => {
            save(&visit, entered.input(rate), "connected_unchecked").await
        }
        Err(failure) => {
            let may_save_unchecked = may_be_over(&failure);
            let (field, words) = error_of(kind, &failure);
            errors.push(field, words);
            let (store, form) = entered.carried_by(form);
            let page = ConnectionPage::new(&visit, store, kind, form);
            refused(&ConnectionPage { errors, is_kept: true, may_save_unchecked, ..page })
        }
    }
}

/// What was entered for `address` before: at the try before, whose page carried it `sealed`, or when the store was
/// connected.
fn entered_before(
    stored: &Stored,
    key: Option<&SealKey>,
    kind: ConnectorKind,
    address: Option<&ApiAddress>,
    sealed: &str,
) -> Before {
    let of_store = stored.credentials(key, kind);
    let is_any = of_store.is_some() || !sealed.is_empty();
    let Some(address) = address else { return if is_any { Before::Undecided } else { Before::Nothing } };
    let again = key.and_then(|key| key.open(&bound(&stored.store.code, address), sealed).ok());
    let again = again.filter(|credentials| credentials.kind() == kind);
    match again.or(of_store.filter(|_| stored.is_at(address))) {
        Some(credentials) => Before::Here(credentials),
        None if is_any => Before::Elsewhere,
        None => Before::Nothing,
    }
}

/// What credentials are sealed for between two tries: not a store alone, but a store at a place.
fn bound(store: &StoreCode, address: &ApiAddress) -> StoreCode {
    StoreCode::trusted(format!("{store} at {}", address.origin()))
}

/// How a store is to be reached, as the form says.
struct Entered<'a> {
    stored: Stored,
    key: &'a SealKey,
    kind: ConnectorKind,
    address: ApiAddress,
    credentials: Credentials,
}

impl Entered<'_> {
    /// Makes the test call, which may renew the credentials.
    async fn check(self, visit: &Visit) -> (Self, Result<(), Failure>) {
        // What is stored already is the job's to renew, and may be renewed by now.
        let may_renew = !self.is_stored();
        let (store, api_url) = (&self.stored.store.code, self.address.as_str());
        let target = check::Target { store, kind: self.kind, api_url, http: &visit.state.http };
        let (credentials, checked) = target.check(self.credentials.clone(), may_renew, visit.state.clock.now()).await;
        (Self { credentials, ..self }, checked)
    }

    fn is_stored(&self) -> bool {
        let stored = self.stored.credentials(Some(self.key), self.kind).filter(|_| self.stored.is_at(&self.address));
        stored.is_some_and(|stored| stored.is_same(&self.credentials))
    }

    /// The store and the form, which carries what is not stored to the next try.
    fn carried_by(self, form: ConnectionForm) -> (Store, ConnectionForm) {
        let is_stored = self.is_stored();
        let Self { stored: Stored { store, .. }, key, address, credentials, .. } = self;
        let sealed = if is_stored { String::new() } else { key.seal(&bound(&store.code, &address), &credentials) };
        (store, ConnectionForm { sealed, ..form })
    }

    /// What is to be saved; credentials that are stored stay as they are.
    fn input(self, rate: i64) -> ConnectionInput {
        let store = self.stored.store.code.clone();
        let credentials = (!self.is_stored()).then(|| self.key.seal(&store, &self.credentials));
        ConnectionInput { store, kind: self.kind, api_url: self.address.as_str().to_owned(), credentials, rate }
    }
}

/// A file has no address and no secrets, and needs no key.
fn of_file(store: StoreCode, kind: ConnectorKind) -> ConnectionInput {
    let rate = kind.default_rate().get().into();
    ConnectionInput { store, kind, api_url: String::new(), credentials: Some(String::new()), rate }
}

/// Saves the connection.
async fn save(visit: &Visit, input: ConnectionInput, notice: &str) -> PageResult {
    let (path, cause) = (path_of(&input.store), visit.cause(""));
    match visit.database().write(move |conn| connect_store::run(conn, &cause, input.clone())).await {
        Ok(()) => Ok(see_other(&format!("{path}?notice={notice}"))),
        Err(Failed::Refused(ConnectRefusal::UnknownStore(_))) => Err(PageError::NotFound),
        // Somebody disconnected it while the form was on its way.
        Err(Failed::Refused(ConnectRefusal::NoCredentials)) => Ok(see_other(&format!("{path}/connection"))),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
