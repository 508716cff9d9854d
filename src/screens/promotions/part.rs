//! The part of a form's products that its page shows: those that a search finds, a page of them at a time, or those with
//! errors. The form changes only what its page shows, so the others keep what was typed for them.

use super::picking::{quantity_id, term};
use crate::{
    domain::text::{counted, folded},
    web::{form::FormErrors, kept_forms::Kept, lists::PAGE_ROWS, query::href},
};
use serde::Deserialize;

/// Which part is asked for, by an address or by the fields of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PartFields {
    /// The words to find in the products of the form.
    pub find: String,
    /// The words whose result the page showed.
    find_shown: String,
    /// The number of the page, from 1, or `last`.
    page: String,
}

/// Instead of the number of the last page.
const LAST: &str = "last";

impl PartFields {
    pub fn of_kept(kept: &Kept) -> Self {
        let field = |name| kept.all(name).into_iter().next().unwrap_or_default();
        Self { find: field("find"), find_shown: field("find_shown"), page: field("page") }
    }

    /// The part that the page of a form showed: its fields are on no other page.
    #[must_use]
    pub fn shown(self) -> Self {
        Self { find: self.find_shown.clone(), ..self }
    }

    /// The part after a form was sent by the button `press`: other words begin with their first page.
    #[must_use]
    pub fn after(&self, press: &str) -> Self {
        let page = match press {
            _ if self.is_changed() => 1,
            "next" => self.page().saturating_add(1),
            "previous" => self.page().saturating_sub(1),
            _ => self.page(),
        };
        Self { find: self.find.clone(), find_shown: self.find.clone(), page: page.to_string() }
    }

    /// The last page: products that are added come last.
    #[must_use]
    pub fn last(self) -> Self {
        Self { page: LAST.to_owned(), ..self }
    }

    /// Whether other words were typed than those whose result the page showed.
    pub fn is_changed(&self) -> bool {
        self.find.trim() != self.find_shown.trim()
    }

    fn page(&self) -> usize {
        if self.page == LAST { usize::MAX } else { self.page.trim().parse().unwrap_or(1).max(1) }
    }

    /// The address of the form at `path` with this part, and with the products that are offered for the search `q`.
    pub fn address(&self, path: &str, q: &str) -> String {
        let page = match self.page() {
            1 => String::new(),
            usize::MAX => LAST.to_owned(),
            page => page.to_string(),
        };
        href(path, &[("q", &term(q)), ("find", &term(self.find.trim())), ("page", &page)])
    }
}

/// The products that a page shows.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub find: String,
    /// From 1.
    pub page: usize,
    /// The indexes of the products that are shown, among all.
    pub shown: Vec<usize>,
    /// Which of them they are, in words; empty where all are shown and none was looked for.
    pub summary: String,
    pub has_previous: bool,
    pub has_next: bool,
    /// Whether products of the form are not on the page.
    pub is_cut: bool,
}

impl Part {
    /// The part of `products`, of which each has a code and a name, that `asked` is for. Where not all of them fit on a
    /// page and some have errors, those are shown instead, and `errors` keeps the errors of those.
    pub fn of<'a>(
        products: impl Iterator<Item = (&'a str, &'a str)>,
        asked: &PartFields,
        errors: &mut FormErrors,
    ) -> Self {
        let words: Vec<String> = asked.find.split_whitespace().map(folded).collect();
        let mut total = 0;
        let mut found = Vec::new();
        for (nth, (code, name)) in products.enumerate() {
            total += 1;
            let has = |word: &String| folded(code).contains(word) || folded(name).contains(word);
            if words.iter().all(has) {
                found.push(nth);
            }
        }
        let refused: Vec<usize> = (0..total).filter(|nth| !errors.at(&quantity_id(*nth)).is_empty()).collect();
        if total > PAGE_ROWS && !refused.is_empty() {
            return Self::with_errors(total, refused, errors);
        }
        let pages = found.len().div_ceil(PAGE_ROWS).max(1);
        let page = asked.page().min(pages);
        let first = (page - 1) * PAGE_ROWS;
        let shown: Vec<usize> = found.iter().skip(first).take(PAGE_ROWS).copied().collect();
        let summary = match (shown.len(), words.is_empty()) {
            (all, _) if all == total => String::new(),
            (0, _) => format!("None of the {} has “{}”.", counted(total, "product"), asked.find.trim()),
            (some, true) => format!("Products {} to {} of {total}.", first + 1, first + some),
            (some, false) => {
                let of = found.len();
                let what = asked.find.trim();
                format!("Products {} to {} of the {of} with “{what}”; {total} in all.", first + 1, first + some)
            }
        };
        Self {
            find: asked.find.clone(),
            page,
            has_previous: page > 1,
            has_next: page < pages,
            is_cut: shown.len() < total,
            shown,
            summary,
        }
    }

    /// The first products with errors. The errors of the others are left out: their fields are not on the page.
    fn with_errors(total: usize, refused: Vec<usize>, errors: &mut FormErrors) -> Self {
        let (shown, later) = refused.split_at(refused.len().min(PAGE_ROWS));
        for nth in later {
            errors.forget(&quantity_id(*nth));
        }
        if !later.is_empty() {
            let more = counted(later.len(), "more product");
            errors.push("", format!("{more} cannot stay as they are: you will see them once these are corrected."));
        }
        let summary = match later {
            [] => format!("Only what has to be corrected is shown: {} of {total}.", counted(shown.len(), "product")),
            _ => format!("The first {} of {} that have to be corrected are shown.", shown.len(), refused.len()),
        };
        Self {
            find: String::new(),
            page: 1,
            shown: shown.to_vec(),
            summary,
            has_previous: false,
            has_next: false,
            is_cut: true,
        }
    }

    /// Whether the page needs its search.
    pub fn is_searched(&self) -> bool {
        self.is_cut || !self.find.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(find: &str, find_shown: &str, page: &str) -> PartFields {
        PartFields { find: find.to_owned(), find_shown: find_shown.to_owned(), page: page.to_owned() }
    }

    #[test]
    fn buttons_turn_the_pages_and_other_words_begin_with_the_first() {
        for (find, shown, page, press, then) in [
            ("", "", "", "save", 1),
            ("", "", "2", "save", 2),
            ("", "", "2", "next", 3),
            ("", "", "2", "previous", 1),
            ("", "", "1", "previous", 1),
            ("", "", "soon", "next", 2),
            ("tee", "", "4", "next", 1),
            ("tee", "tee ", "4", "next", 5),
        ] {
            let after = asked(find, shown, page).after(press);
            assert_eq!((after.page(), after.is_changed()), (then, false), "{find} {page} {press}");
        }
        assert_eq!(asked("tee s", "", "3").address("/edit", "mug"), "/edit?q=mug&find=tee+s&page=3");
        assert_eq!(asked("", "", "1").address("/edit", ""), "/edit");
        assert_eq!(asked("", "", "3").last().address("/edit", ""), "/edit?page=last");
    }

    #[test]
    fn a_page_has_fifty_of_the_products_that_are_found() {
        let codes: Vec<String> = (0..120).map(|nth| format!("SKU-{nth:03}")).collect();
        let part = |find: &str, page: &str| {
            let products = codes.iter().map(|code| (code.as_str(), "Shirt"));
            Part::of(products, &asked(find, find, page), &mut FormErrors::default())
        };
        let third = part("", "3");
        assert_eq!((third.shown[0], third.shown.len(), third.has_previous, third.has_next), (100, 20, true, false));
        assert_eq!(third.summary, "Products 101 to 120 of 120.");
        assert_eq!(part("", "9").shown, third.shown, "a page that is no more is the last");
        let found = part("sku-1 shirt", "1");
        assert_eq!((found.shown.len(), found.has_next), (20, false));
        assert_eq!(found.summary, "Products 1 to 20 of the 20 with “sku-1 shirt”; 120 in all.");
        let none = part("mug", "1");
        assert_eq!((none.shown.len(), none.summary.as_str()), (0, "None of the 120 products has “mug”."));
        assert!(none.is_cut && none.is_searched());
    }

    #[test]
    fn products_with_errors_are_shown_wherever_they_are() {
        let codes: Vec<String> = (0..120).map(|nth| format!("SKU-{nth:03}")).collect();
        let part = |wrong: std::ops::Range<usize>| {
            let mut errors = FormErrors::default();
            for nth in wrong {
                errors.push(quantity_id(nth), "Enter 1 or more.");
            }
            let products = codes.iter().map(|code| (code.as_str(), ""));
            (Part::of(products, &PartFields::default(), &mut errors), errors.iter().count())
        };
        let (one, errors) = part(99..100);
        assert_eq!((one.shown, errors), (vec![99], 1));
        let (many, errors) = part(10..120);
        assert_eq!((many.shown.len(), many.shown[0], errors), (50, 10, 51), "and one error for the 60 others");
        assert_eq!(many.summary, "The first 50 of 110 that have to be corrected are shown.");
    }
}
