//! The address that our pages have for people: whether a form comes from them, and whether they are reached by https.

use super::state::State;
use actix_web::{HttpRequest, http::header, web};

/// Whether staff reach the program through HTTPS.
pub fn is_secure(req: &HttpRequest) -> bool {
    public_origin(req).is_some_and(|origin| origin.starts_with("https://"))
}

/// Whether `origin` is that of our pages: the public origin of the settings, or else the requested host. Not
/// [`HttpRequest::connection_info`], which trusts headers that any client can set.
pub fn is_own_origin(req: &HttpRequest, origin: &str) -> bool {
    match public_origin(req) {
        Some(public) => public == origin,
        None => {
            let asked = req.headers().get(header::HOST).and_then(|value| value.to_str().ok());
            origin.split_once("://").is_some_and(|(_, host)| asked == Some(host))
        }
    }
}

/// The origin of our pages, or without the setting the host that was requested: what [`is_own_origin`] compares with.
pub fn own_origin(req: &HttpRequest) -> String {
    let host = || req.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("no host");
    public_origin(req).unwrap_or_else(host).to_owned()
}

/// The address at which staff reach the program, without a path: the public origin of the settings, or else the host that
/// was requested.
pub fn address(req: &HttpRequest) -> String {
    match public_origin(req) {
        Some(public) => public.to_owned(),
        None => format!("http://{}", own_origin(req)),
    }
}

fn public_origin(req: &HttpRequest) -> Option<&str> {
    req.app_data::<web::Data<State>>().and_then(|state| state.settings.public_origin.as_deref())
}
