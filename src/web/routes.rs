//! The routes of the pages, as a table that registers the handlers and that tests can read.

use super::{
    error::PageError,
    form::{FileLimit, OfStaff},
    kept_forms::{self, Place},
    notices,
    page::OWN_PASSWORD_PAGE,
    security_log::{self, Event},
    sessions::SignedIn,
};
use crate::domain::staff::permission::Access;
use actix_web::{
    FromRequest, Handler, HttpMessage, Responder, Route,
    body::BoxBody,
    dev::{ServiceRequest, ServiceResponse},
    http::Method,
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};

pub struct PageRoute {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    /// The pattern of the path of the page whose form is sent here. After an expired session it is shown again once the
    /// member of staff has signed in: also instead of a page that is shown only once.
    pub form_page: &'static str,
    /// How much of each of its files a form is stored; the setting decides where there is none.
    file_limit: Option<FileLimit>,
    route: Route,
}

pub fn get<F, Args>(path: &'static str, access: impl Into<Access>, handler: F) -> PageRoute
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = web::get().to(handler);
    PageRoute { method: Method::GET, path, access: access.into(), form_page: path, file_limit: None, route }
}

/// The route of a form on a page with the same path.
pub fn post<F, Args>(path: &'static str, access: impl Into<Access>, handler: F) -> PageRoute
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = web::post().to(handler);
    PageRoute { method: Method::POST, path, access: access.into(), form_page: path, file_limit: None, route }
}

impl PageRoute {
    /// For a form on another page. Names in the path of that page have the same values as in the path of the route.
    #[must_use]
    pub fn of_form_on(self, form_page: &'static str) -> Self {
        Self { form_page, ..self }
    }

    /// For a form with a file of which no more than so many bytes are wanted. The rest of a longer one is not stored.
    #[must_use]
    pub fn with_file_of_up_to(self, bytes: usize) -> Self {
        Self { file_limit: Some(FileLimit(bytes)), ..self }
    }

    pub fn register(self, to: &mut ServiceConfig) {
        let Self { path, access, form_page, file_limit, route, .. } = self;
        let check = move |req: ServiceRequest, next: Next<BoxBody>| {
            if let Some(limit) = file_limit {
                req.extensions_mut().insert(limit);
            }
            check(access, path, form_page, req, next)
        };
        to.route(path, route.wrap(from_fn(check)));
    }
}

async fn check(
    access: Access,
    path: &'static str,
    form_page: &'static str,
    mut req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if access == Access::Public {
        return next.call(req).await;
    }
    let is_form = !req.method().is_safe();
    let action = req.path().to_owned();
    let page = filled(form_page, path, &action);
    let query = req.query_string().to_owned();
    let place = Place { page: &page, action: &action, query: &query };
    match SignedIn::of(req.request()) {
        Some(who) if who.password_is_given && action != OWN_PASSWORD_PAGE => {
            Ok(req.error_response(PageError::OwnPasswordFirst))
        }
        Some(who) if access.allows(who.permissions) && is_form => {
            req.extensions_mut().insert(OfStaff);
            let mut answer = kept_forms::keep_expired(next.call(req).await?, &place).await?;
            notices::remember(&mut answer)?;
            Ok(answer)
        }
        Some(who) if access.allows(who.permissions) => {
            let is_first = notices::take(&req);
            let mut response = match kept_forms::find(&req, who.user_id).await? {
                None => next.call(req).await?,
                Some(kept) => {
                    req.extensions_mut().insert(kept.clone());
                    kept_forms::show(next.call(req).await?, &kept)?
                }
            };
            if is_first {
                notices::forget(&mut response)?;
            }
            // A page that cannot be shown any more leads to one that says why.
            notices::remember(&mut response)?;
            Ok(response)
        }
        Some(who) => {
            security_log::note_request(Event::PermissionRefused, req.request(), who.user_id);
            Ok(req.error_response(PageError::Forbidden))
        }
        None if is_form => {
            let sent = kept_forms::keep_signed_out(&mut req, &place).await?;
            Ok(req.error_response(PageError::SignInAgain(sent)))
        }
        None => {
            let next = match form_page == path {
                true => req.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
                false => page,
            };
            Ok(req.error_response(PageError::SignInFirst { next }))
        }
    }
}

/// The path of the pattern `page`. Its names have the values that they have in `path`, which matches `pattern`.
fn filled(page: &str, pattern: &str, path: &str) -> String {
    let mut segments = Vec::new();
    for segment in page.split('/') {
        let mut named = pattern.split('/').zip(path.split('/')).filter(|(name, _)| *name == segment);
        match named.next() {
            Some((_, value)) if segment.starts_with('{') => segments.push(value),
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::UserId,
        staff::permission::{Permission, Permissions},
    };
    use actix_web::{App, HttpMessage, http::StatusCode, test as app_test};

    #[test]
    fn the_page_of_a_form_has_the_names_of_the_path_it_was_sent_to() {
        for (page, pattern, path, filled_page) in [
            ("/stores/new", "/stores", "/stores", "/stores/new"),
            ("/stores/{code}", "/stores/{code}/push", "/stores/a%2Fb/push", "/stores/a%2Fb"),
            ("/orders/{s}/{n}/{c}", "/orders/{s}/{n}/{c}", "/orders/a/1/ship", "/orders/a/1/ship"),
            ("/drafts/{id}/details", "/drafts/{id}/discard", "/drafts/1/discard", "/drafts/1/details"),
        ] {
            assert_eq!(filled(page, pattern, path), filled_page);
        }
    }

    #[actix_web::test]
    async fn a_route_calls_its_handler_only_for_those_who_have_its_permission() {
        let staff = |permissions| SignedIn {
            user_id: UserId::from(uuid::Uuid::nil()),
            email: String::new(),
            key_hash: String::new(),
            permissions,
            password_is_given: false,
            organization: String::new(),
            zone: chrono_tz::Tz::UTC,
        };
        let orders_only = Permissions::of(&[Permission::ManageOrders]);
        for (access, who, status) in [
            (Access::Public, None, StatusCode::OK),
            (Permission::Import.into(), None, StatusCode::SEE_OTHER),
            (Permission::Import.into(), Some(orders_only), StatusCode::FORBIDDEN),
            (Permission::ManageOrders.into(), Some(orders_only), StatusCode::OK),
            (Permission::Import.into(), Some(Permissions::ALL), StatusCode::OK),
        ] {
            let handler = || async { "a page" };
            let app = App::new().configure(|to| get("/page", access, handler).register(to));
            let app = app_test::init_service(app).await;
            let request = app_test::TestRequest::with_uri("/page").to_request();
            if let Some(permissions) = who {
                request.extensions_mut().insert(staff(permissions));
            }
            assert_eq!(app_test::call_service(&app, request).await.status(), status, "{access:?} {who:?}");
        }
    }
}
