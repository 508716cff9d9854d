//! Which SKU a found listing is of: by its seller SKU, which sellers keep the same as the code of the SKU.

use crate::domain::{code::SkuCode, words::words};

/// What is to be done about a found listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FoundState {
    /// Its seller SKU is the code of a SKU: accepting it lists that SKU.
    Matched,
    /// Its seller SKU resembles the code of a SKU.
    Suggested,
    /// There is more than one answer: two found listings have the same seller SKU, or it resembles several codes.
    Ambiguous,
    /// It has no seller SKU, or one that resembles no code.
    Unmatched,
    /// It is one of our listings.
    Listed,
    /// A person has said that it is not ours to sell.
    Ignored,
    /// The marketplace does not list it any more.
    Gone,
}

words!(FoundState {
    Matched => "matched", "Matched";
    Suggested => "suggested", "Suggested";
    Ambiguous => "ambiguous", "Ambiguous";
    Unmatched => "unmatched", "Unmatched";
    Listed => "listed", "Listed";
    Ignored => "ignored", "Ignored";
    Gone => "gone", "Gone";
});

/// What is known of a found listing.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// Its seller SKU, as the marketplace has it.
    pub seller_sku: &'a str,
    /// Whether the marketplace does not list it any more.
    pub is_gone: bool,
    /// Whether a person has ignored it.
    pub is_ignored: bool,
    /// Whether one of our listings has its ids.
    pub is_listed: bool,
    /// Whether another found listing has the same seller SKU.
    pub is_shared: bool,
    /// Our listing with its seller SKU and other ids, or none yet.
    pub ours: Option<Ours<'a>>,
    /// The SKU whose code is the seller SKU.
    pub exact: Option<&'a SkuCode>,
    /// The SKUs whose codes resemble the seller SKU.
    pub alike: &'a [SkuCode],
}

/// A listing of ours.
#[derive(Debug, Clone, Copy)]
pub struct Ours<'a> {
    /// Its SKU; `None` for a kit.
    pub sku: Option<&'a SkuCode>,
    /// Whether it has the marketplace's ids: those of another product.
    pub has_ids: bool,
}

/// The state of a found listing, and the SKU that it is matched with or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// See [`FoundState`].
    pub state: FoundState,
    /// `None` where there is none, or for a kit.
    pub sku: Option<SkuCode>,
}

/// Decides what a found listing is.
pub fn decide(facts: &Facts<'_>) -> Match {
    let is = |state, sku: Option<&SkuCode>| Match { state, sku: sku.cloned() };
    let suggested = facts.exact.or(match facts.alike {
        [only] => Some(only),
        _ => None,
    });
    match facts {
        Facts { is_gone: true, .. } => is(FoundState::Gone, None),
        Facts { is_listed: true, .. } => is(FoundState::Listed, None),
        Facts { is_ignored: true, .. } => is(FoundState::Ignored, None),
        Facts { is_shared: true, .. } => is(FoundState::Ambiguous, suggested),
        // The product was listed again under the same seller SKU: a person decides whether it is the same.
        Facts { ours: Some(Ours { sku, has_ids: true }), .. } => is(FoundState::Suggested, *sku),
        Facts { ours: Some(Ours { sku, has_ids: false }), .. } => is(FoundState::Matched, *sku),
        Facts { exact: Some(sku), .. } => is(FoundState::Matched, Some(sku)),
        Facts { alike: [only], .. } => is(FoundState::Suggested, Some(only)),
        Facts { alike: [], .. } => is(FoundState::Unmatched, None),
        Facts { .. } => is(FoundState::Ambiguous, None),
    }
}

/// The SKU code that a seller SKU is, by the rules for codes: without spaces around it, in the Unicode form NFC. `None` if no
/// SKU can have it.
pub fn code_of(seller_sku: &str) -> Option<SkuCode> {
    SkuCode::parse(seller_sku).ok()
}

/// What is left out of a code to find those that resemble it. The index of the SKUs leaves out the same.
pub const LEFT_OUT: [char; 7] = [' ', '-', '_', '.', '/', ':', '#'];

/// The part of a code by which it resembles others: two codes that differ in the case of the letters A to Z, in spaces or in
/// punctuation have the same. `None` if nothing is left of it.
pub fn likeness(code: &str) -> Option<String> {
    let left: String = code.to_ascii_lowercase().chars().filter(|c| !LEFT_OUT.contains(c)).collect();
    Some(left).filter(|left| !left.is_empty())
}

/// The code that a new SKU gets which is made of a found listing: its seller SKU, or else the marketplace's ids.
pub fn new_code(seller_sku: &str, item_id: &str, variant_id: Option<&str>) -> Option<SkuCode> {
    code_of(seller_sku).or_else(|| match variant_id {
        Some(variant_id) => code_of(&format!("{item_id}-{variant_id}")),
        None => code_of(item_id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> SkuCode {
        SkuCode::parse(text).expect("a code")
    }

    #[test]
    fn a_found_listing_is_matched_by_its_seller_sku() {
        let skus: Vec<SkuCode> =
            ["MUG-01", "mug-02", "MUG 02", "Tee/Red", "é", "A.1"].iter().map(|text| code(text)).collect();
        for (seller_sku, state, sku) in [
            ("MUG-01", FoundState::Matched, Some("MUG-01")),
            (" MUG-01 ", FoundState::Matched, Some("MUG-01")),
            ("e\u{301}", FoundState::Matched, Some("é")),
            ("mug-01", FoundState::Suggested, Some("MUG-01")),
            ("MUG01", FoundState::Suggested, Some("MUG-01")),
            ("mug_01", FoundState::Suggested, Some("MUG-01")),
            ("mug\u{a0}02", FoundState::Ambiguous, None),
            ("MUG 02", FoundState::Matched, Some("MUG 02")),
            ("TEE RED", FoundState::Suggested, Some("Tee/Red")),
            ("a1", FoundState::Suggested, Some("A.1")),
            ("MUG-011", FoundState::Unmatched, None),
            ("", FoundState::Unmatched, None),
            ("  ", FoundState::Unmatched, None),
            ("---", FoundState::Unmatched, None),
            ("MUG-01\u{200b}", FoundState::Unmatched, None),
        ] {
            let parsed = code_of(seller_sku);
            let exact = skus.iter().find(|sku| parsed.as_ref() == Some(sku));
            let of_text = parsed.as_ref().and_then(|parsed| likeness(parsed.as_str()));
            let is_alike = |sku: &&SkuCode| of_text.is_some() && likeness(sku.as_str()) == of_text;
            let alike: Vec<SkuCode> = skus.iter().filter(is_alike).cloned().collect();
            let found = decide(&Facts { seller_sku, exact, alike: &alike, ..Facts::default() });
            assert_eq!(found, Match { state, sku: sku.map(code) }, "{seller_sku:?}");
        }
    }

    #[test]
    fn what_is_known_of_a_found_listing_decides_before_its_seller_sku_does() {
        let sku = code("MUG");
        let matched = Facts { seller_sku: "MUG", exact: Some(&sku), ..Facts::default() };
        let ours = |has_ids, sku| Some(Ours { sku, has_ids });
        for (facts, state, of) in [
            (Facts { is_gone: true, is_listed: true, ..matched.clone() }, FoundState::Gone, None),
            (Facts { is_listed: true, is_ignored: true, is_shared: true, ..matched.clone() }, FoundState::Listed, None),
            (Facts { is_ignored: true, is_shared: true, ..matched.clone() }, FoundState::Ignored, None),
            (Facts { is_shared: true, ..matched.clone() }, FoundState::Ambiguous, Some(&sku)),
            (Facts { ours: ours(true, Some(&sku)), ..matched.clone() }, FoundState::Suggested, Some(&sku)),
            (Facts { ours: ours(false, Some(&sku)), exact: None, ..matched.clone() }, FoundState::Matched, Some(&sku)),
            (Facts { ours: ours(false, None), ..matched.clone() }, FoundState::Matched, None),
        ] {
            assert_eq!(decide(&facts), Match { state, sku: of.cloned() }, "{facts:?}");
        }
    }

    #[test]
    fn a_new_sku_has_the_seller_sku_as_its_code_or_the_ids() {
        for (seller_sku, item, variant, expected) in [
            (" MUG ", "7", Some("8"), Some("MUG")),
            ("", "7", Some("8"), Some("7-8")),
            ("", "7", None, Some("7")),
            ("a\u{200b}", "7", None, Some("7")),
            ("", "", None, None),
        ] {
            assert_eq!(new_code(seller_sku, item, variant), expected.map(code), "{seller_sku:?}");
        }
    }
}
