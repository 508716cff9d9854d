//! `PUT /api/v1/skus`
#![warn(missing_docs)]

use crate::{
    actions::catalogue::{
        alike_codes::{self, Alike},
        save_skus::{self, Missing, Saved, SkuInput, SkuRefusal},
    },
    api::{
        call::Call,
        fields::{FieldErrors, Items, check_count, units},
        problem::Problem,
        refusals::refusals,
    },
    db,
    domain::code::{SkuCode, StoreCode},
};
use actix_web::{HttpResponse, put};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

/// SKUs, up to 1,000.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkusInput {
    /// Each SKU once.
    #[schema(value_type = Vec<SkuFields>, max_items = 1000)]
    skus: Items<SkuFields>,
}

/// What a SKU is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SkuInput)]
#[serde(deny_unknown_fields)]
pub struct SkuFields {
    /// Any visible characters, up to 64; upper and lower case differ.
    #[schema(min_length = 1, example = "Product1")]
    code: String,
    /// What staff call it, up to 200 characters. A new SKU needs it; left as it is without it.
    #[schema(min_length = 1, example = "Product1")]
    name: Option<String>,
    /// Units in the warehouse: what was counted, not the difference. A new SKU needs it; left as it is without it.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000, example = 100)]
    on_hand: Option<Number>,
    /// Units kept back from every store; left as it is without it (0 for a new SKU).
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000)]
    buffer: Option<Number>,
    /// The codes of every store that lists it plainly; left as it is without it. Kits with it stay as they are.
    #[schema(max_items = 1000, example = json!(["lazada-sg", "shopee-sg"]))]
    listings: Option<Vec<String>>,
}

impl SkuFields {
    fn parse(self) -> Result<SkuInput, FieldErrors> {
        let mut errors = FieldErrors::default();
        let code = errors.keep("/code", SkuCode::parse(&self.code));
        let name = errors.keep("/name", self.name.as_deref().map(save_skus::parse_name).transpose());
        let on_hand = self.on_hand.map(|on_hand| units(&on_hand, 0)).transpose();
        let on_hand = errors.keep("/on_hand", on_hand.map_err(|words| format!("On hand: {words}")));
        let buffer = self.buffer.map(|buffer| units(&buffer, 0)).transpose();
        let buffer = errors.keep("/buffer", buffer.map_err(|words| format!("Buffer: {words}")));
        let listings = errors.keep("/listings", self.listings.as_deref().map(parse_listings).transpose());
        match (code, name, on_hand, buffer, listings) {
            (Some(code), Some(name), Some(on_hand), Some(buffer), Some(listings)) => {
                Ok(SkuInput { code, name, on_hand, buffer, listings })
            }
            _ => Err(errors),
        }
    }
}

fn parse_listings(codes: &[String]) -> Result<Vec<StoreCode>, String> {
    check_count("stores", codes.len()).map_err(|problem| problem.detail)?;
    codes.iter().map(|code| StoreCode::parse(code).map_err(|refusal| refusal.to_string())).collect()
}

/// What was done.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct SavedSkus {
    /// SKUs that are new.
    created: usize,
    /// SKUs that there were.
    updated: usize,
    /// Items that were not applied, in their order. The others were.
    failed: Vec<FailedSku>,
    /// Items that were applied and that somebody should look at; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<SkuWarning>,
}

/// What somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkuWarning {
    /// Which item, counted from 0.
    index: usize,
    /// What programs tell warnings apart by.
    code: SkuWarningCode,
    /// What people read.
    detail: String,
}

/// `spelled_alike`: the code is new, and differs from that of another SKU only in upper and lower case.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum SkuWarningCode {
    SpelledAlike,
}

/// An item that was not applied.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailedSku {
    /// Which item, counted from 0.
    index: usize,
    /// What programs tell reasons apart by.
    code: FailedSkuCode,
    /// What to do.
    detail: String,
    /// The first of its fields that are wrong: a JSON pointer (RFC 6901) into the body.
    pointer: String,
}

impl FailedSku {
    fn unreadable(index: usize, errors: &FieldErrors) -> Self {
        let pointer = format!("/skus/{index}{}", errors.first_pointer().unwrap_or_default());
        Self { index, code: FailedSkuCode::BadField, detail: errors.in_words(), pointer }
    }

    fn refused(index: usize, refusal: &SkuRefusal) -> Self {
        let field = match refusal {
            SkuRefusal::Twice(_) | SkuRefusal::Archived(_) | SkuRefusal::FormerCode { .. } => "code",
            SkuRefusal::UnknownStore(_) | SkuRefusal::HeldThere { .. } | SkuRefusal::SellerSkuTaken { .. } => {
                "listings"
            }
            SkuRefusal::Incomplete { missing: Missing::OnHand, .. } => "on_hand",
            SkuRefusal::Incomplete { missing: Missing::Name | Missing::NameAndOnHand, .. } => "name",
        };
        let pointer = format!("/skus/{index}/{field}");
        Self { index, code: refusal.into(), detail: refusal.to_string(), pointer }
    }
}

/// Why an item was not applied: a field is missing or has a value that is not allowed, a code is in the request twice, a store of `listings` does
/// not exist, a flash sale holds the SKU on a store that `listings` leaves out, another SKU has its code as seller
/// SKU there, the SKU is archived, or the code is a former one of a SKU.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum FailedSkuCode {
    BadField,
    DuplicateSku,
    UnknownStore,
    HeldThere,
    SellerSkuTaken,
    Archived,
    FormerCode,
}

impl From<&SkuRefusal> for FailedSkuCode {
    fn from(refusal: &SkuRefusal) -> Self {
        match refusal {
            SkuRefusal::Twice(_) => Self::DuplicateSku,
            SkuRefusal::UnknownStore(_) => Self::UnknownStore,
            SkuRefusal::HeldThere { .. } => Self::HeldThere,
            SkuRefusal::SellerSkuTaken { .. } => Self::SellerSkuTaken,
            SkuRefusal::Archived(_) => Self::Archived,
            SkuRefusal::FormerCode { .. } => Self::FormerCode,
            SkuRefusal::Incomplete { .. } => Self::BadField,
        }
    }
}

impl SkuWarning {
    fn spelled_alike(index: usize, alike: &Alike) -> Self {
        Self { index, code: SkuWarningCode::SpelledAlike, detail: alike.to_string() }
    }
}

refusals!(SaveRefusals: BadJson Unreadable TooLarge UnsupportedEncoding UnsupportedMediaType BadField TooManyItems);

/// Add SKUs, or bring them up to date
///
/// Every item is tried; the good ones count.
#[utoipa::path(
    operation_id = "saveSkus",
    tag = "skus",
    request_body = SkusInput,
    responses((status = 200, description = "The result of each item.", body = SavedSkus), SaveRefusals),
)]
#[put("/skus")]
pub async fn save(call: Call<SkusInput>) -> Result<HttpResponse, Problem> {
    let items = call.body.skus;
    check_count("SKUs", items.count)?;
    let mut answer = SavedSkus::default();
    let (parsed, unreadable) = items.parsed(SkuFields::parse);
    answer.failed.extend(unreadable.iter().map(|(index, errors)| FailedSku::unreadable(*index, errors)));
    let (indices, inputs): (Vec<usize>, Vec<SkuInput>) = parsed.into_iter().unzip();
    let cause = call.caller.cause("");
    let work = move |conn: &mut db::Conn| {
        let codes: Vec<SkuCode> = inputs.iter().map(|input| input.code.clone()).collect();
        let alike = alike_codes::run(conn, &codes)?;
        Ok::<_, db::Error>((save_skus::run(conn, &cause, inputs.clone())?, alike, codes))
    };
    let (results, alike, codes) = call.caller.database().write(work).await?;
    for ((index, result), code) in indices.into_iter().zip(results).zip(codes) {
        if result == Ok(Saved::Created) {
            let alike = alike.iter().filter(|alike| alike.new == code);
            answer.warnings.extend(alike.map(|alike| SkuWarning::spelled_alike(index, alike)));
        }
        match result {
            Ok(Saved::Created) => answer.created += 1,
            Ok(Saved::Updated | Saved::Unchanged) => answer.updated += 1,
            Err(refusal) => answer.failed.push(FailedSku::refused(index, &refusal)),
        }
    }
    answer.failed.sort_by_key(|failed| failed.index);
    Ok(HttpResponse::Ok().json(answer))
}
