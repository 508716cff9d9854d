//! The seller: profile, warehouses and tokens.

use super::{
    ACCESS_LIFETIME, MAIN_WAREHOUSE,
    answer::{Refused, accepted},
    new_tokens,
};
use crate::{
    demo::marketplace::{
        call::Call,
        shop::{NewTokens, Shop, Warehouse, World},
    },
    domain::moment::Moment,
    marketplaces::lazada,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// Page of GetSeller.
pub(super) fn profile(code: &str, shop: &Shop) -> Value {
    let name = shop.name(code);
    accepted(json!({"data": {
        "name_company": name,
        "name": name,
        "seller_id": shop.seller_id,
        "short_code": format!("{}{}", shop.country, shop.seller_id),
        "logo_url": "",
        "email": "seller@example.com",
        "cb": false,
        "location": "Singapore",
        "status": "ACTIVE",
        "verified": true,
        "marketplaceEaseMode": false,
    }}))
}

/// The seller's warehouses, the main one first.
pub(super) fn list(shop: &Shop) -> Vec<Warehouse> {
    if shop.warehouses.is_empty() {
        return vec![Warehouse { code: MAIN_WAREHOUSE.to_owned(), name: "Main warehouse".to_owned() }];
    }
    shop.warehouses.clone()
}

/// GetMultiWarehouseBySeller, whose answer is in the sample of page 121233, "Determine by API". That page calls the
/// parameter `["warehouse"]` required, with "inaccurate results" without it: that such a call is refused is a guess.
pub(super) fn warehouses(shop: &Shop, call: &Call) -> Result<Value, Refused> {
    let types = call.parameter("addressTypes");
    if types.is_empty() {
        return Err(Refused::missing("addressTypes"));
    }
    let is_wanted =
        serde_json::from_str::<Vec<String>>(types).is_ok_and(|types| types.iter().any(|it| it == "warehouse"));
    let mut module = Vec::new();
    for (position, warehouse) in list(shop).into_iter().enumerate() {
        if is_wanted {
            module.push(json!({
                "code": warehouse.code,
                "name": warehouse.name,
                "detailAddress": format!("{} Bedok North Street 1", position + 1),
                "needToUpdate": false,
                "defaultAddress": position == 0,
                "status": "ACTIVE",
            }));
        }
    }
    Ok(accepted(json!({"result": {
        "success": true,
        "module": module,
        "error_code": {},
    }})))
}

/// Page of RefreshAccessToken. The new access token lives as long as the first one did. The new refresh token ends when
/// the old one would have: "the refresh token itself can not be refreshed" (page 108260). That the old one is refused
/// afterwards is a guess.
pub(super) fn refresh(world: &mut World, shop: &str, call: &Call, now: Moment) -> Result<Value, Refused> {
    let given = call.parameter("refresh_token");
    if given.is_empty() {
        return Err(Refused::missing("refresh_token"));
    }
    let illegal = || Refused::new("IllegalRefreshToken", "ISV", "The specified refresh token is invalid or expired");
    let found = world.shops.get_mut(shop).expect("the caller found the shop");
    let ends_at = found.credentials.refresh().and_then(|token| token.expires_at);
    if ends_at.is_some_and(|end| end <= now) {
        return Err(illegal());
    }
    let mut tokens = new_tokens(now);
    tokens.refresh.expires_at = ends_at.or(tokens.refresh.expires_at);
    let tokens = found.renew(given, tokens).ok_or_else(illegal)?;
    share(world, shop, given, &tokens);
    let refresh_expires_in = tokens.refresh.expires_at.map_or(0, |end| end.since(now).num_seconds());
    Ok(accepted(json!({
        "access_token": tokens.access.secret.expose_secret(),
        "refresh_token": tokens.refresh.secret.expose_secret(),
        "expires_in": ACCESS_LIFETIME.num_seconds(),
        "refresh_expires_in": refresh_expires_in,
        "account": "seller@example.com",
        "account_id": null,
        "account_platform": "seller_center",
        "country": country_of(world, &[shop.to_owned()]),
        "country_user_info_list": sites(world, &[shop.to_owned()]),
    })))
}

/// The other sites of a cross-border seller have the same token: each gets the new ones.
fn share(world: &mut World, shop: &str, given: &str, tokens: &NewTokens) {
    for other in world.shops_of(lazada::KIND, &world.shops[shop].account.clone()) {
        let found = world.shops.get_mut(&other).expect("it was listed just now");
        if found.credentials.refresh().is_some_and(|refresh| refresh.secret.expose_secret() == given) {
            found.credentials = tokens.clone().put_into(found.credentials.clone());
        }
    }
}

/// `cb` is that of a seller who sells in several countries.
pub(super) fn country_of(world: &World, shops: &[String]) -> String {
    match shops {
        [one] => world.shops[one].country.to_lowercase(),
        _ => "cb".to_owned(),
    }
}

/// The sites of a seller, as in the sample of the page of GenerateAccessToken.
pub(super) fn sites(world: &World, shops: &[String]) -> Value {
    let mut sites = Vec::new();
    for code in shops {
        let Shop { country, seller_id, .. } = &world.shops[code];
        sites.push(json!({
            "country": country.to_lowercase(),
            "seller_id": seller_id.to_string(),
            "user_id": format!("{seller_id}01"),
            "short_code": format!("{country}{seller_id}"),
        }));
    }
    sites.into()
}
