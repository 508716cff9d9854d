//! The catalogue: the list with what each store should show, and the page of each SKU.

pub mod create;
pub mod edit;
pub mod export;
pub mod list;
mod sentence;
pub mod show;
pub mod stocktake;

use crate::{
    db::stores::Store,
    domain::code::{SkuCode, StoreCode},
    web::{form::SelectOption, page::encoded},
};

/// What stands before a code that a path could not carry as it is.
const MARK: char = '~';

/// The address of a SKU's page. Codes may hold any character, and be what a path has another meaning for: `new` is the
/// form, and browsers resolve `.` and `..` themselves. Those stand behind a mark, and so does what begins with it.
#[must_use]
pub fn path_of(code: &SkuCode) -> String {
    let code = code.as_str();
    let mark = if matches!(code, "new" | "." | "..") || code.starts_with(MARK) { "~" } else { "" };
    format!("/catalogue/{mark}{}", encoded(code))
}

/// The code that a segment of a path names, if it can be one.
#[must_use]
pub fn code_in(segment: &str) -> Option<SkuCode> {
    SkuCode::parse(segment.strip_prefix(MARK).unwrap_or(segment)).ok()
}

/// The stores as boxes to tick.
fn store_choices(stores: &[Store], is_ticked: impl Fn(&str) -> bool) -> Vec<SelectOption> {
    let choice = |store: &Store| {
        let (value, label) = (store.code.to_string(), store.name.clone());
        SelectOption { selected: is_ticked(&value), value, label }
    };
    stores.iter().map(choice).collect()
}

/// The stores that were ticked.
fn parse_stores(ticked: &[String]) -> Result<Vec<StoreCode>, &'static str> {
    let codes = ticked.iter().map(|code| StoreCode::parse(code)).collect::<Result<_, _>>();
    codes.map_err(|_| "Choose stores of this list.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_address_of_its_own() {
        for (code, path) in [
            ("TEE-BLK-M", "/catalogue/TEE%2DBLK%2DM"),
            ("a/b?c=%41 ü", "/catalogue/a%2Fb%3Fc%3D%2541%20%C3%BC"),
            ("new", "/catalogue/~new"),
            ("..", "/catalogue/~%2E%2E"),
            ("~new", "/catalogue/~%7Enew"),
        ] {
            let code = SkuCode::parse(code).expect("a code");
            assert_eq!(path_of(&code), path);
            let segment = percent_encoding::percent_decode_str(&path["/catalogue/".len()..]).decode_utf8_lossy();
            assert_eq!(code_in(&segment), Some(code));
        }
    }
}
