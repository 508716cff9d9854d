//! Who may use each call. It is declared beside the handlers in [`super`], and the extractor of the caller checks it.

use crate::domain::staff::permission::Access;
use actix_web::{HttpRequest, dev::HttpServiceFactory};
use utoipa::openapi::PathItem;
use utoipa_actix_web::{OpenApiFactory, service_config::ServiceConfig};

/// Where the API is.
pub const ROOT: &str = "/api/v1";

#[derive(Debug, Clone)]
pub struct CallAccess {
    pub method: &'static str,
    /// The pattern of its path below [`ROOT`].
    pub path: String,
    pub access: Access,
}

/// Registers calls and collects who may use each.
pub struct Calls<'a, 'b> {
    config: &'a mut ServiceConfig<'b>,
    noted: Vec<CallAccess>,
}

impl<'a, 'b> Calls<'a, 'b> {
    pub fn new(config: &'a mut ServiceConfig<'b>) -> Self {
        Self { config, noted: Vec::new() }
    }

    #[must_use]
    pub fn call<F>(mut self, access: impl Into<Access>, handler: F) -> Self
    where
        F: HttpServiceFactory + OpenApiFactory + 'static,
    {
        let access = access.into();
        for (path, item) in handler.paths().paths {
            for method in methods(&item) {
                self.noted.push(CallAccess { method, path: path.clone(), access });
            }
        }
        self.config.service(handler);
        self
    }

    pub fn noted(self) -> AccessTable {
        AccessTable(self.noted)
    }
}

/// In the data of the API's requests.
pub struct AccessTable(pub Vec<CallAccess>);

/// Who may use the call that `req` matched; `None` for one that is not in the table.
pub fn access_to(req: &HttpRequest) -> Option<Access> {
    let AccessTable(calls) = req.app_data()?;
    let pattern = req.match_pattern()?;
    let path = pattern.strip_prefix(ROOT)?;
    let found = calls.iter().find(|call| call.path == path && call.method == req.method().as_str());
    found.map(|call| call.access)
}

/// The methods of a path in the document.
pub fn methods(item: &PathItem) -> Vec<&'static str> {
    let PathItem { get, put, post, delete, .. } = item;
    let mut methods = Vec::new();
    for (method, call) in [("GET", get), ("PUT", put), ("POST", post), ("DELETE", delete)] {
        if call.is_some() {
            methods.push(method);
        }
    }
    methods
}
