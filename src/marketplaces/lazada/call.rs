//! Requests to Lazada Open Platform: their signature (documents 108068 and 108069), and what every answer has.

use super::{
    Lazada,
    detail::Detail,
    refusal::{Refusal, class_of, class_of_renewal},
    zone::{Zones, last_moment},
};
use crate::{
    domain::{
        moment::Moment,
        stores::failure::{Failure, FailureClass, Lock},
    },
    marketplaces::{
        http::{HttpAnswer, request_id},
        loose,
        signature::hmac_sha256,
    },
};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The parameters of a call, in the order that they are signed in.
pub(super) type Parameters = BTreeMap<&'static str, String>;

/// Most answers are small. Those with products are not: see [`super::products`].
pub(super) const ANSWER_BYTES: usize = 1 << 20;

/// Longer codes are cut.
const CODE_CHARACTERS: usize = 40;

/// What every answer has. The content is read apart from it, and only if there is no error: a flattened one would be
/// copied as a whole first.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(default, deserialize_with = "loose::text")]
    code: String,
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    kind: String,
    #[serde(default, deserialize_with = "loose::text")]
    message: String,
    #[serde(default, deserialize_with = "loose::text")]
    request_id: String,
    /// There may be some although the code is 0. It is not copied, however long it is.
    #[serde(default, borrow)]
    detail: Option<&'a RawValue>,
}

/// An answer without an error, unless it has details.
pub(super) struct Accepted<T> {
    pub(super) content: T,
    pub(super) details: Vec<Detail>,
    pub(super) request_id: Option<String>,
}

/// A call that failed.
pub(super) struct Refused {
    pub(super) failure: Box<Failure>,
    pub(super) details: Vec<Detail>,
    /// Whether a request for less may succeed.
    pub(super) is_too_much: bool,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure: Box::new(failure), details: Vec::new(), is_too_much: false }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        *refused.failure
    }
}

impl Lazada {
    /// Sends a request in the seller's name, whose answer has at most so many bytes.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &'static str,
        mut parameters: Parameters,
        most_bytes: usize,
    ) -> Result<Accepted<T>, Refused> {
        let access = self.keys.access().map_or("", |access| access.secret.expose_secret());
        parameters.insert("access_token", access.to_owned());
        let request = |now| {
            let parameters = self.signed(path, parameters, now);
            let request = self.api.request(method.clone(), path);
            if method == Method::GET { request.query(&parameters) } else { request.form(&parameters) }
        };
        let Some(answer) = self.api.send_for_up_to(most_bytes, request).await? else {
            return Err(Refused { is_too_much: true, ..self.api.too_large(most_bytes).into() });
        };
        self.accepted(&answer, class_of)
    }

    /// Sends a request for tokens to `auth_url`, which carries no token.
    pub(super) async fn ask_for_tokens<T: DeserializeOwned>(
        &self,
        auth_url: &str,
        path: &'static str,
        parameters: Parameters,
    ) -> Result<T, Failure> {
        let url = format!("{auth_url}{path}");
        let request = |now| self.api.request_to(Method::POST, &url).form(&self.signed(path, parameters, now));
        let answer = self.api.send(request).await?;
        let accepted = self.accepted(&answer, class_of_renewal);
        // No renewal can help a renewal.
        Ok(accepted.map_err(|refused| Failure { token_ended: false, ..*refused.failure })?.content)
    }

    /// Adds the parameters that every request has, and the signature.
    pub(super) fn signed(&self, path: &str, mut parameters: Parameters, now: Moment) -> Parameters {
        parameters.insert("app_key", self.keys.id("app_key").to_owned());
        parameters.insert("sign_method", "sha256".to_owned());
        parameters.insert("timestamp", now.utc().timestamp_millis().to_string());
        let signature =
            sign(self.keys.value("app_secret"), path, parameters.iter().map(|(key, value)| (*key, value.as_str())));
        parameters.insert("sign", signature);
        parameters
    }

    /// The content of an answer, or why it has none.
    pub(super) fn accepted<T: DeserializeOwned>(
        &self,
        answer: &HttpAnswer,
        class: impl FnOnce(&Refusal<'_>) -> FailureClass,
    ) -> Result<Accepted<T>, Refused> {
        let head: Head<'_> = answer.json(self.api.name())?;
        let details = Detail::list(head.detail, &head.code, &head.kind);
        let request_id = request_id(&head.request_id);
        if head.code == "0" {
            let content = answer.json(self.api.name())?;
            return Ok(Accepted { content, details, request_id });
        }
        if head.code.is_empty() {
            return Err(answer.not_of_api(self.api.name(), "Lazada answered without a code.").into());
        }
        let refusal = Refusal { code: &head.code, kind: &head.kind, message: &head.message, detail: details.first() };
        // Every answer of Lazada has an id. A proxy's may have a code as well, which says nothing about the seller.
        if request_id.is_none() && refusal.is_unknown() {
            return Err(answer.not_of_api(self.api.name(), "Lazada answered without the id of a request.").into());
        }
        let is_too_much = refusal.is_too_much();
        let mut failure = self.failure(&refusal, class(&refusal));
        failure.retry_after = answer.retry_after.or(failure.retry_after);
        failure.request_id = request_id;
        Err(Refused { failure: Box::new(failure), details, is_too_much })
    }

    /// The refusal of a row inside an answer. It says nothing about the store, whatever its code is.
    pub(super) fn row_failure(&self, detail: &Detail, request_id: Option<String>) -> Failure {
        let refusal = Refusal { code: "", kind: &detail.kind, message: "", detail: Some(detail) };
        Failure { request_id, ..self.failure(&refusal, class_of(&refusal)) }
    }

    fn failure(&self, refusal: &Refusal<'_>, class: FailureClass) -> Failure {
        let (code, said) = refusal.reason();
        let code: String = self.api.quote(code).chars().take(CODE_CHARACTERS).collect();
        let said = self.api.quote(said);
        if refusal.is_unknown() {
            tracing::warn!(code, said, "Lazada refused a request for a reason that is not in our table");
        }
        let begin = match class {
            FailureClass::PermissionEnded => "The seller has to connect Lazada again",
            FailureClass::NotWritable => "Lazada does not let sellers set this stock",
            FailureClass::Throttled if refusal.is_switched_off() => {
                "Lazada has switched this API off for a while, as it does in its mega campaigns"
            }
            _ => "Lazada refused it",
        };
        let mut failure = Failure::new(class, format!("{begin}: {said} ({code})"));
        failure.token_ended = class == FailureClass::Credentials && refusal.is_of_token();
        failure.retry_after = if class == FailureClass::Throttled { refusal.wait() } else { None };
        // The refusal of a mega campaign (4170) says when it ends. How much it locks is not in it.
        if class == FailureClass::Locked
            && let Some(until) = last_moment(&said, Zones::of(self.api.url()))
        {
            failure.lock = Some(Lock { quantity: None, until: Some(until) });
        }
        failure
    }
}

/// The signature of a request: of the path, then of every parameter that is not empty, in the order of the names (108068).
pub(crate) fn sign<'a>(
    app_secret: &SecretString,
    path: &str,
    sorted: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut message = path.to_owned();
    for (key, value) in sorted.filter(|(key, value)| *key != "sign" && !value.is_empty()) {
        message.push_str(key);
        message.push_str(value);
    }
    hmac_sha256(app_secret, &[message.as_bytes()]).to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the document about signing (108069).
    #[test]
    fn the_signature_is_the_published_one() {
        let parameters = Parameters::from([
            ("access_token", "test".to_owned()),
            ("app_key", "123456".to_owned()),
            ("order_id", "1234".to_owned()),
            ("sign_method", "sha256".to_owned()),
            ("timestamp", "1517820392000".to_owned()),
            ("empty", String::new()),
        ]);
        let sorted = parameters.iter().map(|(key, value)| (*key, value.as_str()));
        assert_eq!(
            sign(&"helloworld".into(), "/order/get", sorted),
            "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
        );
    }
}
