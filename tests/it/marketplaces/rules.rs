//! The rules of the domain with the facts of each marketplace.

use flashsale::{
    domain::{
        code::SkuCode,
        stores::{
            api_address::{
                ApiAddress,
                ApiAddressRefusal::{Missing, NotAnAddress, NotHttps, With},
            },
            connection::ConnectorKind,
            mapping::{IdField, ListingIds},
        },
    },
    marketplaces::{file, lazada, shopee, webhook, zalora},
};

fn parse(kind: ConnectorKind, typed: [&str; 3]) -> Result<ListingIds, Vec<(IdField, String)>> {
    let sku = SkuCode::parse("P1").expect("a code");
    ListingIds::parse(kind, &sku, typed)
        .map_err(|problems| problems.into_iter().map(|(field, refusal)| (field, refusal.to_string())).collect())
}

fn ids(seller_sku: &str, item: &str, variant: &str) -> ListingIds {
    let id = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ListingIds { seller_sku: seller_sku.to_owned(), item_id: id(item), variant_id: id(variant) }
}

#[test]
fn ids_are_read_as_their_marketplace_needs_them() {
    for (kind, typed, read) in [
        (lazada::KIND, [" A ", " 1 ", "2"], ids("A", "1", "2")),
        (lazada::KIND, ["", "", ""], ids("P1", "", "")),
        (shopee::KIND, ["A", "1", ""], ids("A", "1", "")),
        (shopee::KIND, ["A", "007", "0030"], ids("A", "7", "30")),
        (shopee::KIND, ["007", "1", "0"], ids("007", "1", "")),
        (shopee::KIND, ["A", "1", "00"], ids("A", "1", "")),
        (shopee::KIND, ["A", "0", "5"], ids("A", "0", "5")),
        (zalora::KIND, ["A", "1", ""], ids("A", "1", "")),
        (zalora::KIND, ["A", "01", "kept-0"], ids("A", "1", "kept-0")),
        (lazada::KIND, ["A", "01", "0"], ids("A", "1", "0")),
        (webhook::KIND, ["A", "", ""], ids("A", "", "")),
        (file::KIND, ["A", "kept", ""], ids("A", "kept", "")),
    ] {
        assert_eq!(parse(kind, typed), Ok(read), "{kind:?} {typed:?}");
    }
}

#[test]
fn what_is_missing_or_no_number_is_said_at_its_field() {
    let long = "x".repeat(101);
    for (kind, typed, field, words) in [
        (
            lazada::KIND,
            ["", "1", ""],
            IdField::Variant,
            "Enter the SkuId too: Lazada needs it together with the ItemId.",
        ),
        (lazada::KIND, ["", "", "2"], IdField::Item, "Enter the ItemId too: Lazada needs it together with the SkuId."),
        (
            shopee::KIND,
            ["", "", "2"],
            IdField::Item,
            "Enter the item_id too: Shopee needs it together with the model_id.",
        ),
        (shopee::KIND, ["", "x", ""], IdField::Item, "Enter the item_id in digits: Shopee uses numbers."),
        (shopee::KIND, ["", "+5", ""], IdField::Item, "Enter the item_id in digits: Shopee uses numbers."),
        (shopee::KIND, ["", "5", "+0"], IdField::Variant, "Enter the model_id in digits: Shopee uses numbers."),
        (shopee::KIND, ["", "٥", ""], IdField::Item, "Enter the item_id in digits: Shopee uses numbers."),
        (
            shopee::KIND,
            ["", "18446744073709551616", ""],
            IdField::Item,
            "Enter the item_id in digits: Shopee uses numbers.",
        ),
        (zalora::KIND, ["", "-1", ""], IdField::Item, "Enter the productId in digits: Zalora uses numbers."),
        (
            webhook::KIND,
            [&long, "", ""],
            IdField::SellerSku,
            "Shorten the seller SKU to 100 characters or fewer: it has 101.",
        ),
    ] {
        assert_eq!(parse(kind, typed), Err(vec![(field, words.to_owned())]), "{kind:?} {typed:?}");
    }
}

#[test]
fn two_listings_are_one_product_by_the_ids_that_their_marketplace_tells_apart() {
    for (kind, one, other, is_same) in [
        (lazada::KIND, ids("A", "1", "2"), ids("B", "1", "2"), true),
        (lazada::KIND, ids("A", "1", "2"), ids("A", "1", "3"), false),
        (lazada::KIND, ids("A", "1", "2"), ids("A", "01", "2"), true),
        (lazada::KIND, ids("A", "1", "0"), ids("A", "1", ""), false),
        (shopee::KIND, ids("A", "1", ""), ids("B", "1", ""), true),
        (shopee::KIND, ids("A", "1", "2"), ids("B", "1", ""), false),
        (zalora::KIND, ids("A", "1", "2"), ids("B", "1", ""), true),
    ] {
        let (one, other) = (one.product(kind).expect("a product"), other.product(kind).expect("a product"));
        assert_eq!(one == other, is_same, "{kind:?} {one:?} {other:?}");
    }
}

#[test]
fn what_was_stored_in_another_form_is_the_same_product() {
    for (kind, stored, typed) in [
        (shopee::KIND, ids("A", "05", "7"), ["A", "5", "07"]),
        (shopee::KIND, ids("A", "+5", "+7"), ["A", "5", "7"]),
        (shopee::KIND, ids("A", "5", "0"), ["A", "5", ""]),
        (shopee::KIND, ids("A", "5", ""), ["A", "005", "0"]),
        (zalora::KIND, ids("A", "00", ""), ["A", "0", ""]),
    ] {
        assert_eq!(stored.product(kind), parse(kind, typed).expect("ids").product(kind), "{kind:?} {stored:?}");
    }
}

#[test]
fn what_is_not_mapped_or_known_by_its_seller_sku_is_no_product() {
    for (kind, unmapped) in
        [(lazada::KIND, ids("A", "", "")), (webhook::KIND, ids("A", "1", "")), (file::KIND, ids("A", "1", "2"))]
    {
        assert_eq!(unmapped.product(kind), None, "{kind:?}");
    }
}

#[test]
fn an_address_is_reached_with_https_or_is_this_machine() {
    let not_an_address = || Err(NotAnAddress { example: "https://api.lazada.sg/rest" });
    for (typed, found) in [
        ("", Err(Missing)),
        (" https://API.lazada.sg/rest ", Ok("https://api.lazada.sg/rest")),
        ("https://api.lazada.sg:8443", Ok("https://api.lazada.sg:8443/")),
        ("http://127.0.0.1:9000/rest", Ok("http://127.0.0.1:9000/rest")),
        ("http://127.9.9.9", Ok("http://127.9.9.9/")),
        ("http://localhost:9000", Ok("http://localhost:9000/")),
        ("http://[::1]:9000", Ok("http://[::1]:9000/")),
        ("http://api.lazada.sg/rest", Err(NotHttps)),
        ("http://localhost.evil.example", Err(NotHttps)),
        ("http://10.0.0.1", Err(NotHttps)),
        ("https://user:secret@api.lazada.sg", Err(With("a user name and a password"))),
        ("https://api.lazada.sg/#rest", Err(With("#"))),
        ("https://api.lazada.sg/rest?x=1", Err(With("? and what follows it"))),
        ("ftp://api.lazada.sg", not_an_address()),
        ("file:///etc/passwd", not_an_address()),
        ("api.lazada.sg/rest", not_an_address()),
        ("https://", not_an_address()),
    ] {
        let parsed = ApiAddress::parse(lazada::KIND, typed);
        assert_eq!(parsed.as_ref().map(ApiAddress::as_str).map_err(Clone::clone), found, "{typed}");
    }
    let hook = ApiAddress::parse(webhook::KIND, "https://shop.example/hook?shop=1").expect("a webhook");
    assert_eq!((hook.as_str(), &*hook.origin()), ("https://shop.example/hook?shop=1", "https://shop.example"));
    assert!(ApiAddress::parse(webhook::KIND, &format!("https://{}", "x".repeat(500))).is_err());
}

#[test]
fn a_listing_is_mapped_by_the_ids_that_its_marketplace_needs() {
    for (kind, without, with_item, with_both) in [
        (lazada::KIND, false, false, true),
        (shopee::KIND, false, true, true),
        (zalora::KIND, false, true, true),
        (webhook::KIND, true, true, true),
        (file::KIND, true, true, true),
    ] {
        let found = [(None, None), (Some("1"), None), (Some("1"), Some("2"))];
        assert_eq!(found.map(|(item, variant)| kind.is_mapped(item, variant)), [without, with_item, with_both]);
    }
}
