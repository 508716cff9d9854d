//! A program that uses the API. Whatever it is answered is held against the document of the API: the status, the
//! content type, the code and every member of the body.

use crate::support::{NOON, TestApp, moment};
use flashsale::{
    actions::staff::add_token::{self, NewToken},
    web::tokens::new_secret,
};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// A program with a token.
pub struct Api {
    address: String,
    token: Option<String>,
    agent: ureq::Agent,
}

/// What it was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The code of a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_else(|| panic!("no problem: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where the first wrong field is.
    pub fn pointer(&self) -> &str {
        self.body["errors"][0]["pointer"].as_str().unwrap_or_else(|| panic!("no field: {self:?}"))
    }

    /// The answer, which has to have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:#}", self.body);
        self
    }
}

impl Api {
    /// The header that shows its token.
    pub fn authorization(&self) -> String {
        format!("Authorization: Bearer {}", self.token.as_deref().expect("a token"))
    }
}

impl TestApp {
    /// A program with a token of its own.
    pub fn api(&self) -> Api {
        let secret = new_secret();
        let name = format!("program {}", &secret.hash[..8]);
        self.write(|conn| {
            let new = NewToken { name: name.clone(), hash: secret.hash.clone(), created_by: "test".to_owned() };
            add_token::run(conn, new, moment(NOON)).expect("a token of a test");
        });
        self.stranger(Some(secret.token))
    }

    /// A program with this token, or none.
    pub fn stranger(&self, token: Option<String>) -> Api {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        Api { address: self.address.clone(), token, agent: config.into() }
    }
}

impl Api {
    /// A program with a token of the server at `address`.
    pub fn new(address: &str, token: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        Self { address: address.to_owned(), token: Some(token.to_owned()), agent: config.into() }
    }

    /// The same program, asking the server at another address.
    pub fn at(self, address: String) -> Self {
        Self { address, ..self }
    }

    /// The same token at another server.
    pub fn also_at(&self, address: String) -> Self {
        Self { address, token: self.token.clone(), agent: self.agent.clone() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[JSON], Some(body.to_string().as_bytes()))
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, &[JSON], Some(body.to_string().as_bytes()))
    }

    /// The same with an Idempotency-Key.
    pub fn post_once(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[JSON, ("idempotency-key", key)], Some(body.to_string().as_bytes()))
    }

    /// Sends anything, and holds the answer against the document.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        let answer = self.send_unchecked(method, path, headers, body);
        self.check(method, path, &answer);
        answer
    }

    /// Sends JSON where very many are sent, without holding each answer against the document. Nothing if the server was
    /// gone before it had answered.
    pub fn post_quickly(&self, path: &str, body: &Value) -> Option<Answer> {
        self.try_send("POST", path, &[JSON], Some(body.to_string().as_bytes())).ok()
    }

    /// The same with an Idempotency-Key.
    pub fn post_once_quickly(&self, key: &str, path: &str, body: &Value) -> Option<Answer> {
        self.try_send("POST", path, &[JSON, ("idempotency-key", key)], Some(body.to_string().as_bytes())).ok()
    }

    fn send_unchecked(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        self.try_send(method, path, headers, body).expect("an answer")
    }

    fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}/api/v1{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = match body {
            Some(body) => self.agent.run(request.body(body).expect("a request"))?,
            None => self.agent.run(request.body(()).expect("a request"))?,
        };
        let text = response.body_mut().with_config().limit(64 << 20).read_to_string()?;
        let is_file = response.headers().get("content-type").is_some_and(|kind| kind == CSV);
        let json =
            |text: &str| serde_json::from_str(text).unwrap_or_else(|error| panic!("{method} {path}: {error}: {text}"));
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: if is_file { Value::String(text) } else { json(&text) },
        })
    }

    /// The document of the API.
    pub fn document(&self) -> &'static Value {
        static DOCUMENT: OnceLock<Value> = OnceLock::new();
        DOCUMENT.get_or_init(|| self.send_unchecked("GET", "/openapi.json", &[], None).body)
    }

    fn check(&self, method: &str, path: &str, answer: &Answer) {
        let document = self.document();
        let asked = format!("{method} {path} → {} {}", answer.status, answer.body);
        let is_problem = answer.status >= 400;
        let content_type = if is_problem { "application/problem+json" } else { "application/json" };
        let is_file = path.ends_with(".csv") && !is_problem;
        let is_said = |kind: Option<&str>| kind == Some(if is_file { CSV } else { content_type });
        assert!(is_said(answer.header("content-type")), "{asked}");
        let content_type = if is_file { "text/csv" } else { content_type };
        let schema = match operation(document, method, path) {
            Some(operation) => {
                let described = &operation["responses"][answer.status.to_string()];
                assert!(described.is_object(), "not in the document: {asked}");
                &described["content"][content_type]["schema"]
            }
            // What the document says of every other address and method.
            None => {
                assert!(matches!(answer.code(), "not_found" | "method_not_allowed"), "{asked}");
                &json!({"$ref": "#/components/schemas/Problem"})
            }
        };
        let whole = json!({"allOf": [schema], "components": document["components"]});
        let validator = jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("{error}: {schema}"));
        let errors: Vec<String> = validator.iter_errors(&answer.body).map(|error| error.to_string()).collect();
        assert!(schema.is_object() && errors.is_empty(), "{errors:?}: {asked}");
        if is_problem {
            assert_eq!(answer.body["status"], answer.status, "{asked}");
        }
    }
}

/// The content type of bodies.
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// The content type of files.
const CSV: &str = "text/csv; charset=utf-8";

/// The part of the document about a call.
pub fn operation<'a>(document: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let path = format!("/api/v1{}", path.split('?').next().unwrap_or_default());
    let asked: Vec<&str> = path.split('/').collect();
    let paths = document["paths"].as_object().expect("paths");
    let (_, item) = paths.iter().find(|(template, _)| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == asked.len()
            && parts.iter().zip(&asked).all(|(part, asked)| part.starts_with('{') || part == asked)
    })?;
    item.get(method.to_lowercase())
}
