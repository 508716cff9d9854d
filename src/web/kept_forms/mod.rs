//! Forms that could not be accepted, because the session of their sender had ended or their token had expired, are kept
//! for a short time. After a sign-in the page of the form is shown again, filled with what was typed; nothing is executed
//! until somebody presses a button. Only the person whose page the form came from sees it. Passwords and the credentials
//! of stores are never kept: the form names those fields itself ([`SECRET_FIELD`]).

mod filling;

use super::{
    csrf,
    error::{PageError, SentForm},
    form::{Files, Sent},
    query::href,
    secrets::random_secret,
    sessions::SignedIn,
    state::State,
};
use crate::{
    db::staff::{
        kept_forms::{self, KeptForm},
        users,
    },
    domain::{id::UserId, moment::Moment},
};
use actix_web::{
    HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    web::Data,
};
use std::rc::Rc;

/// The name of a hidden field whose value is the name of a field with a secret.
pub const SECRET_FIELD: &str = "secret_field";

/// The field of a page's query that has the id of the kept form.
const QUERY_FIELD: &str = "kept";

/// The most bytes of a form that are kept: a thousand rows have fewer.
const LIMIT_BYTES: usize = 1 << 19;

/// The most forms that are kept for one person.
const FORMS_OF_PERSON: usize = 5;

/// Where a form was sent to, and which page has it: paths, and the query that both have.
pub struct Place<'a> {
    pub page: &'a str,
    pub action: &'a str,
    pub query: &'a str,
}

impl Place<'_> {
    /// The address of the page.
    fn address(&self) -> String {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(self.query.as_bytes()).into_owned().collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        href(self.page, &pairs)
    }
}

/// The address of a page that shows the kept form with this id.
pub fn showing(address: &str, id: &str) -> String {
    if id.is_empty() {
        return address.to_owned();
    }
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{}", href("", &[(QUERY_FIELD, id)]).trim_start_matches('?'))
}

/// A form that is kept, and shown again by the page that is being answered.
#[derive(Debug, Clone)]
pub struct Kept(Rc<KeptFields>);

#[derive(Debug)]
struct KeptFields {
    form: KeptForm,
    fields: Vec<(String, String)>,
}

impl Kept {
    /// The form of the page that `req` asks for.
    pub fn of(req: &HttpRequest) -> Option<Self> {
        req.extensions().get::<Self>().cloned()
    }

    /// The values of a field, in the order of the form.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.fields().filter(|(field, _)| *field == name).map(|(_, value)| value.to_owned()).collect()
    }

    fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn action(&self) -> &str {
        &self.0.form.action
    }

    /// What happened, and what to do; `button` is the one that was pressed.
    fn words(&self, button: Option<&str>) -> String {
        let form = &self.0.form;
        let why = if form.has_expired { "The form had expired" } else { "You were signed out" };
        let again = match button {
            Some(label) => format!("press “{label}” again"),
            None => "send it again".to_owned(),
        };
        let mut words = format!("{why}: what you typed is here. Look at it and {again}.");
        if form.had_file {
            words.push_str(" Choose the file again: files are not kept.");
        }
        if form.had_secret {
            words.push_str(" Enter passwords and secrets again: they are not kept.");
        }
        words
    }
}

/// Keeps the form that `req` sends although nobody is signed in, and returns the address of its page and the form's id.
/// It is not kept if it is too large, or if no page of this browser had it.
pub async fn keep_signed_out(req: &mut ServiceRequest, place: &Place<'_>) -> Result<SentForm, PageError> {
    let page = place.address();
    let http = req.request().clone();
    let Ok(sent) = Sent::read(&http, req.take_payload(), Files::Skipped).await else {
        return Ok(SentForm { page, kept: None });
    };
    let token = sent.token();
    let state = state_of(&http);
    let mut sender = None;
    if csrf::Token::of(&http).may_be_of(&token) {
        let users = state.database.read(users::all).await?;
        sender = users.into_iter().find(|user| user.disabled_at.is_none() && csrf::was_shown_to(&token, user.id));
    }
    let kept = match sender {
        Some(user) => keep(&state, user.id, &sent, place, false).await?,
        None => None,
    };
    Ok(SentForm { page, kept })
}

/// Keeps a form whose token had expired, if the response to it says so. Returns the response that leads to the form.
pub async fn keep_expired(
    response: ServiceResponse<BoxBody>,
    place: &Place<'_>,
) -> Result<ServiceResponse<BoxBody>, PageError> {
    let http = response.request().clone();
    let refused = http.extensions_mut().remove::<Sent>();
    let Some((sent, who)) = refused.zip(SignedIn::of(&http)) else { return Ok(response) };
    let Some(id) = keep(&state_of(&http), who.user_id, &sent, place, true).await? else { return Ok(response) };
    let again = showing(&place.address(), &id);
    let is_lost = csrf::Token::of(&http).is_new;
    Ok(response.error_response(PageError::ExpiredForm { again, is_lost }))
}

/// Returns the id of the kept form, or nothing if it is too large to be kept.
async fn keep(
    state: &State,
    user_id: UserId,
    sent: &Sent,
    place: &Place<'_>,
    has_expired: bool,
) -> Result<Option<String>, PageError> {
    let (fields, had_secret) = sent.without_secrets();
    if fields.len() > LIMIT_BYTES {
        return Ok(None);
    }
    let form = KeptForm {
        id: random_secret(),
        user_id,
        page: place.page.to_owned(),
        action: place.action.to_owned(),
        fields,
        has_expired,
        had_file: sent.had_file,
        had_secret,
        kept_at: state.clock.now(),
    };
    let id = form.id.clone();
    state.database.at_any_time().write(move |conn| kept_forms::insert(conn, &form, FORMS_OF_PERSON)).await?;
    Ok(Some(id))
}

/// The kept form that the query of a page asks for, if it is of this page and of `user`.
pub async fn find(req: &ServiceRequest, user: UserId) -> Result<Option<Kept>, PageError> {
    if !req.method().is_safe() || !req.query_string().contains(QUERY_FIELD) {
        return Ok(None);
    }
    let query = form_urlencoded::parse(req.query_string().as_bytes());
    let Some((_, id)) = query.into_owned().find(|(name, _)| name == QUERY_FIELD) else { return Ok(None) };
    let state = state_of(req.request());
    let now: Moment = state.clock.now();
    let id = id.replace('\0', "");
    let found = state.database.read(move |conn| kept_forms::find(conn, &id, user, now)).await?;
    let Some(form) = found.filter(|form| form.page == req.path()) else { return Ok(None) };
    let fields = form_urlencoded::parse(form.fields.as_bytes()).into_owned().collect();
    Ok(Some(Kept(Rc::new(KeptFields { form, fields }))))
}

/// The page with its form filled. A page that leads elsewhere is not changed.
pub fn show(response: ServiceResponse<BoxBody>, kept: &Kept) -> Result<ServiceResponse<BoxBody>, PageError> {
    if response.status() != StatusCode::OK {
        return Ok(response);
    }
    let (req, response) = response.into_parts();
    let (response, body) = response.into_parts();
    let fault = |what: String| PageError::Fault(format!("a kept form could not be shown: {what}"));
    let body = body.try_into_bytes().map_err(|_| fault("its page is a stream".to_owned()))?;
    let html = std::str::from_utf8(&body).map_err(|error| fault(error.to_string()))?;
    let filled = filling::fill(html, kept).map_err(|error| fault(error.to_string()))?;
    Ok(ServiceResponse::new(req, response.set_body(BoxBody::new(filled))))
}

fn state_of(req: &HttpRequest) -> Data<State> {
    req.app_data::<Data<State>>().expect("the program's state is always there").clone()
}
