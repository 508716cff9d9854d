//! The warehouses of the seller: `GetMultiWarehouseBySeller` (document 121233).

use super::{
    Lazada,
    call::{ANSWER_BYTES, Parameters},
};
use crate::{
    domain::stores::{
        failure::{Failure, FailureClass},
        warehouse::Warehouse,
    },
    marketplaces::loose,
};
use reqwest::Method;
use serde::Deserialize;

const WAREHOUSES: &str = "/seller/warehouse/get";

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    result: Option<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    /// `false` for a failure that has code 0.
    #[serde(default)]
    success: Option<bool>,
    #[serde(default, deserialize_with = "loose::list")]
    module: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "loose::text")]
    code: String,
    #[serde(default, deserialize_with = "loose::text")]
    name: String,
    #[serde(default, deserialize_with = "loose::text")]
    status: String,
}

impl Lazada {
    pub(super) async fn read_warehouses(&self) -> Result<Vec<Warehouse>, Failure> {
        // Without it the answer may be incomplete, the document says.
        let parameters = Parameters::from([("addressTypes", r#"["warehouse"]"#.to_owned())]);
        let answer = match self.call::<Answer>(Method::GET, WAREHOUSES, parameters, ANSWER_BYTES).await {
            Ok(accepted) => accepted.content,
            // Sellers in Marketplace Ease Mode cannot ask (Mp3SellerApiLimit), and no document gives them several.
            Err(refused) if refused.failure.class == FailureClass::NotWritable => return Ok(Vec::new()),
            Err(refused) => return Err(*refused.failure),
        };
        answer.warehouses().ok_or_else(|| Failure::temporary("Lazada did not list the warehouses."))
    }
}

impl Answer {
    fn warehouses(self) -> Option<Vec<Warehouse>> {
        let outcome = self.result.filter(|outcome| outcome.success != Some(false))?;
        let mut warehouses = Vec::new();
        for Listed { code, name, status } in outcome.module {
            // The only documented status is ACTIVE.
            let is_active = status.is_empty() || status.eq_ignore_ascii_case("active");
            if is_active && !code.is_empty() {
                warehouses.push(Warehouse { code, name: name.trim().to_owned() });
            }
        }
        Some(warehouses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample of the document (121233).
    #[test]
    fn the_warehouses_of_the_sample_are_listed() {
        let text = r#"{"result":{"success":true,"module":[
            {"code":"dropshipping","name":"MultiWH","detailAddress":"20230308 test0011","needToUpdate":false,
            "defaultAddress":true,"status":"ACTIVE"},
            {"code":"MY10RV7-WH-10002","name":"ceshis ","detailAddress":"Kp. Bojong","needToUpdate":false,
            "defaultAddress":false,"status":"ACTIVE"},{"code":"old","name":"closed","status":"INACTIVE"}],
            "error_code":{}},"code":"0","request_id":"2101069616800787642261910"}"#;
        let answer: Answer = serde_json::from_str(text).expect("an answer");
        let warehouses = answer.warehouses().expect("warehouses");
        let named: Vec<_> =
            warehouses.iter().map(|warehouse| (warehouse.code.as_str(), warehouse.name.as_str())).collect();
        assert_eq!(named, [("dropshipping", "MultiWH"), ("MY10RV7-WH-10002", "ceshis")]);
        for failed in [r#"{"result":{"success":false,"module":null,"error_code":"SYS"}}"#, "{}"] {
            let answer: Answer = serde_json::from_str(failed).expect("an answer");
            assert!(answer.warehouses().is_none(), "{failed}");
        }
    }
}
