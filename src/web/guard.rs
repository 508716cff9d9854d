//! Around every request: an id, security headers for browsers, and a response after a panic.

use super::{client, error::PageError, error_page::framed, frame::Frame, origin};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use futures_util::FutureExt;
use std::{collections::BTreeSet, panic::AssertUnwindSafe};
use tracing::Instrument;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// The headers of every response, but for a policy of its own. Pages load our own style sheets and images and nothing else;
/// there are no scripts.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Not `no-referrer`: with it a browser sends `Origin: null` with our own forms.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=()")),
    (header::CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
];

/// Middleware of the whole program: sets the headers, keeps pages out of shared caches, and turns a panic or an error without
/// a page into a page with an id. Errors are returned with their response, because routing needs the request and none can be
/// stored here to respond to.
pub async fn guard(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if req.method() == Method::HEAD {
        // Handled as GET: the server sends only the headers of the response.
        req.head_mut().method = Method::GET;
    }
    let is_secure = origin::is_secure(req.request());
    let frame = Frame::default();
    req.extensions_mut().insert(frame.clone());
    let id = request_id(req.request());
    // Every line that is logged until the answer has the id.
    let span = tracing::info_span!("request", id);
    let answer = async {
        match caught(req, next).await {
            Ok(response) => Ok(response),
            Err(Caught::Panic(fault)) => Err(PageError::Fault(fault).error_response()),
            Err(Caught::Error(error)) if is_answered(&error) => Err(error.error_response()),
            Err(Caught::Error(error)) => Err(of_library(&error).error_response()),
        }
    };
    let answer = answer.instrument(span).await;
    let id = HeaderValue::try_from(id).expect("an id is of visible characters");
    match answer {
        Ok(response) => {
            let (req, response) = response.into_parts();
            let mut response = framed(response, &frame);
            harden(response.headers_mut(), is_secure);
            response.headers_mut().insert(REQUEST_ID, id);
            Ok(ServiceResponse::new(req, response))
        }
        Err(answer) => {
            let mut answer = framed(answer, &frame);
            harden(answer.headers_mut(), is_secure);
            answer.headers_mut().insert(REQUEST_ID, id);
            Err(answered(answer))
        }
    }
}

/// Lets the answers to the forms of a page lead to these origins as well, if there are any: a browser follows them nowhere
/// else.
pub fn let_forms_lead_to<'a>(page: &mut HttpResponse, origins: impl IntoIterator<Item = &'a String>) {
    let origins: Vec<&str> = BTreeSet::from_iter(origins.into_iter().map(String::as_str)).into_iter().collect();
    if origins.is_empty() {
        return;
    }
    let policy = POLICY.replace("form-action 'self'", &format!("form-action 'self' {}", origins.join(" ")));
    if let Ok(policy) = HeaderValue::try_from(policy) {
        page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// The header of the id of a request, by which its lines are found in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most characters of the id that a proxy gave.
const REQUEST_ID_LENGTH: usize = 64;

/// The id that our own proxy gave the request, or else one of ours.
fn request_id(req: &HttpRequest) -> String {
    let given =
        req.headers().get(REQUEST_ID).filter(|_| client::is_behind_our_proxy(req)).and_then(|id| id.to_str().ok());
    let is_usable = |id: &str| {
        (1..=REQUEST_ID_LENGTH).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match given.filter(|id| is_usable(id)) {
        Some(id) => id.to_owned(),
        None => format!("{:016x}", rand::random::<u64>()),
    }
}

/// Why a request has no response.
pub enum Caught {
    Error(actix_web::Error),
    Panic(String),
}

pub async fn caught(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Caught> {
    // The call may panic as well as its future.
    match AssertUnwindSafe(async { next.call(req).await }).catch_unwind().await {
        Ok(Ok(response)) => Ok(response.map_into_boxed_body()),
        Ok(Err(error)) => Err(Caught::Error(error)),
        Err(panic) => {
            let text = panic.downcast_ref::<&'static str>().copied();
            let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            Err(Caught::Panic(format!("a handler panicked: {}", text.unwrap_or("without a message"))))
        }
    }
}

/// Marks an error that carries the response to its request.
#[derive(Debug)]
struct Answered;

impl std::fmt::Display for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("answered")
    }
}

/// An error that carries a response, which an outer guard sends as it is.
pub fn answered(answer: HttpResponse) -> actix_web::Error {
    InternalError::from_response(Answered, answer).into()
}

/// Whether an error is one of ours, or carries a response of ours.
fn is_answered(error: &actix_web::Error) -> bool {
    error.as_error::<PageError>().is_some() || error.as_error::<InternalError<Answered>>().is_some()
}

/// An error of a library as one of ours, so that its words do not reach the client.
pub fn of_library(error: &actix_web::Error) -> PageError {
    let status = error.as_response_error().status_code();
    match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => PageError::NotFound,
        _ if status.is_client_error() => PageError::Unreadable("The request could not be read."),
        _ => PageError::Fault(format!("{error:?}")),
    }
}

fn harden(headers: &mut HeaderMap, is_secure: bool) {
    for (name, value) in HEADERS {
        if name != header::CONTENT_SECURITY_POLICY || !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if is_secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
}

/// Middleware of the style sheets and images: their addresses change with them, so browsers may cache them forever.
pub async fn cacheable(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_versioned = req.query_string().starts_with("v=");
    let mut response = next.call(req).await?.map_into_boxed_body();
    if is_versioned && response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    Ok(response)
}
