//! What the body of a response of 2xx acknowledges: every row except those that it lists as failed. A row is acknowledged
//! only if nothing in the response may be about it.

use crate::{
    domain::stores::failure::Failure,
    marketplaces::{loose, target::Target},
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Reply {
    #[serde(default, deserialize_with = "loose::list")]
    failed: Vec<Failed>,
}

/// A row that the receiver refuses, by our SKU or by the seller's.
#[derive(Deserialize)]
pub(super) struct Failed {
    #[serde(default, deserialize_with = "loose::text")]
    sku: String,
    #[serde(default, deserialize_with = "loose::text")]
    seller_sku: String,
    #[serde(default)]
    reason: Value,
}

/// The rows that the body lists; `None` if `failed` is no list of rows. Anything but nothing at all or a JSON object may be the
/// page of a proxy.
pub(super) fn read(body: &[u8]) -> Result<Option<Vec<Failed>>, Failure> {
    let body = body.trim_ascii();
    if body.is_empty() {
        return Ok(Some(Vec::new()));
    }
    // Without this, an empty list would be read as an object without fields.
    if !body.starts_with(b"{") || serde_json::from_slice::<Value>(body).is_err() {
        return Err(Failure::unavailable("The webhook sent an answer that is not a JSON object."));
    }
    Ok(serde_json::from_slice(body).ok().map(|reply: Reply| reply.failed))
}

pub(super) fn not_a_list() -> Failure {
    Failure::temporary("“failed” in the webhook’s answer is not a list of rows.")
}

/// The failure of each row; `None` for those that are acknowledged. If a name is not of a row that was sent, it may be that of
/// any row in another spelling. The rows fail one by one, so that they are not sent again in halves at once.
pub(super) fn failures(
    failed: Option<&[Failed]>,
    rows: &[&Target],
    quote: impl Fn(&str) -> String,
) -> Vec<Option<Failure>> {
    let Some(failed) = failed else { return vec![Some(not_a_list()); rows.len()] };
    let mut failures = vec![None; rows.len()];
    let mut unknown = None;
    for refused in failed {
        let mut is_known = false;
        for (row, failure) in rows.iter().zip(&mut failures) {
            if refused.is_about(row, rows) {
                is_known = true;
                *failure = Some(Failure::mapping(quote(&format!("The webhook refused it: {}", refused.reason()))));
            }
        }
        if !is_known {
            unknown = Some(refused);
        }
    }
    if let Some(refused) = unknown {
        let message = quote(&format!("The webhook refused “{}”, which was not sent.", refused.name()));
        for failure in &mut failures {
            failure.get_or_insert_with(|| Failure::temporary(&*message));
        }
    }
    failures
}

impl Failed {
    /// Whether one of its names is one of the row. In `sku`, what is no SKU of the request may be a seller SKU.
    fn is_about(&self, row: &Target, rows: &[&Target]) -> bool {
        let names = |row: &Target| row.sku.as_ref().is_some_and(|sku| sku.as_str() == self.sku);
        let names_a_sku = rows.iter().any(|row| names(row));
        let is_seller_sku = |name: &str| !name.is_empty() && row.seller_sku == name;
        names(row) || is_seller_sku(&self.seller_sku) || (!names_a_sku && is_seller_sku(&self.sku))
    }

    fn name(&self) -> &str {
        if self.sku.is_empty() { &self.seller_sku } else { &self.sku }
    }

    fn reason(&self) -> String {
        match &self.reason {
            Value::Null => "without a reason.".to_owned(),
            Value::String(reason) => reason.clone(),
            other => other.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{code::SkuCode, stores::failure::FailureClass};

    fn target(sku: &str, seller_sku: &str) -> Target {
        Target {
            sku: Some(SkuCode::parse(sku).expect("a code")),
            seller_sku: seller_sku.to_owned(),
            item_id: None,
            variant_id: None,
            quantity: 1,
            at_most: None,
            sequence: 1,
            seen: None,
        }
    }

    /// The classes of the rows A (a-1), B (b-1) and 7 (seven); a dash for an acknowledged one.
    fn outcome(body: &str) -> Result<[&'static str; 3], FailureClass> {
        let targets = [target("A", "a-1"), target("B", "b-1"), target("7", "seven")];
        let rows: Vec<&Target> = targets.iter().collect();
        let failed = read(body.as_bytes()).map_err(|failure| failure.class)?;
        let failures = failures(failed.as_deref(), &rows, str::to_owned);
        let words: Vec<&str> =
            failures.iter().map(|failure| failure.as_ref().map_or("-", |f| f.class.as_str())).collect();
        Ok(words.try_into().expect("three rows"))
    }

    #[test]
    fn nothing_that_a_response_may_refuse_is_acknowledged() {
        let all_but = |sku: &str| format!(r#"{{"failed":[{{"sku":{sku},"reason":"no such product"}}]}}"#);
        let (ok, no, later) = ("-", "mapping", "temporary");
        for (body, rows) in [
            ("", [ok, ok, ok]),
            (" \r\n", [ok, ok, ok]),
            ("{}", [ok, ok, ok]),
            (r#"{"status":"ok"}"#, [ok, ok, ok]),
            (r#"{"failed":[]}"#, [ok, ok, ok]),
            (r#"{"failed":null}"#, [ok, ok, ok]),
            (&all_but("\"A\""), [no, ok, ok]),
            (&all_but("7"), [ok, ok, no]),
            (&all_but("\"b-1\""), [ok, no, ok]),
            (&all_but("\"a\""), [later, later, later]),
            (&all_but("\"GONE\""), [later, later, later]),
            (r#"{"failed":[{"seller_sku":"a-1","reason":"no"}]}"#, [no, ok, ok]),
            (r#"{"failed":[{"seller_sku":"A1","reason":"no"}]}"#, [later, later, later]),
            (r#"{"failed":[{"sku":"B","seller_sku":"a-1"}]}"#, [no, no, ok]),
            (r#"{"failed":[{"sku":"B","seller_sku":"another"}]}"#, [ok, no, ok]),
            (r#"{"failed":[{"sku":"another","seller_sku":"a-1"}]}"#, [no, ok, ok]),
            (r#"{"failed":[{"sku":"B"},{"sku":"C"}]}"#, [later, no, later]),
            (r#"{"failed":[{"reason":"all of it"}]}"#, [later, later, later]),
            (r#"{"failed":[{"sku":"A","reason":{"code":4}}]}"#, [no, ok, ok]),
        ] {
            assert_eq!(outcome(body), Ok(rows), "{body}");
        }
    }

    #[test]
    fn what_is_of_the_wrong_type_acknowledges_nothing() {
        for body in [
            r#"{"failed":"A"}"#,
            r#"{"failed":true}"#,
            r#"{"failed":{"sku":"A"}}"#,
            r#"{"failed":["A"]}"#,
            r#"{"failed":[{"sku":["A"]}]}"#,
            r#"{"failed":[null]}"#,
            r#"{"failed":[],"failed":[{"sku":"A"}]}"#,
        ] {
            assert_eq!(outcome(body), Ok(["temporary"; 3]), "{body}");
        }
        for body in ["[]", "null", "\"ok\"", "ok", "true", "<html></html>", r#"{"failed":[{"sku":"A""#, "\u{0}"] {
            assert_eq!(outcome(body), Err(FailureClass::Unavailable), "{body}");
        }
    }

    #[test]
    fn a_seller_sku_that_several_listings_share_fails_all_of_them() {
        let targets = [target("A", "same"), target("B", "same"), target("C", "c-1")];
        let rows: Vec<&Target> = targets.iter().collect();
        let failed = read(br#"{"failed":[{"seller_sku":"same"}]}"#).expect("readable");
        let failures = failures(failed.as_deref(), &rows, str::to_owned);
        assert_eq!(failures.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
    }
}
