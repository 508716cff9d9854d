//! Which of the lines that are known of an order is which of those that its store says it has now. The store's id of a line
//! decides, where both have one. A line that came without an id is found by what it names, and then by its position.

use super::state::{Part, WantedPart};
use crate::domain::code::{LineId, SellerSku, SkuCode};
use std::collections::{HashMap, VecDeque};

/// A known part and a wanted one, by their positions. Each is in one pair: a known part that is not wanted any more, and a
/// wanted one that is new, are alone.
pub type Pair = (Option<usize>, Option<usize>);

/// What two parts must have in common to be the same.
type Key<'a> = (Option<&'a LineId>, &'a SkuCode, Option<&'a SellerSku>, i64);

/// One rule after the other, the surest first. Each gives the key of a part, or `None` if it does not apply to it.
type Rule = (for<'a> fn(&'a Part) -> Option<Key<'a>>, for<'a> fn(&'a WantedPart) -> Option<Key<'a>>);

const RULES: [Rule; 6] = [
    // The same id and the same name.
    (
        |known| Some((Some(known.id.as_ref()?), &known.sku, known.seller_sku.as_ref(), 0)),
        |wanted| Some((Some(wanted.id.as_ref()?), &wanted.sku, wanted.seller_sku.as_ref(), 0)),
    ),
    // The same id; the line names its SKU in another way.
    (
        |known| Some((Some(known.id.as_ref()?), &known.sku, None, 0)),
        |wanted| Some((Some(wanted.id.as_ref()?), &wanted.sku, None, 0)),
    ),
    // A known part without an id: the same name and units, then the same name, then the same SKU.
    (
        |known| without_id(known).then_some((None, &known.sku, known.seller_sku.as_ref(), known.quantity)),
        |wanted| Some((None, &wanted.sku, wanted.seller_sku.as_ref(), wanted.units)),
    ),
    (
        |known| without_id(known).then_some((None, &known.sku, known.seller_sku.as_ref(), 0)),
        |wanted| Some((None, &wanted.sku, wanted.seller_sku.as_ref(), 0)),
    ),
    (|known| without_id(known).then_some((None, &known.sku, None, 0)), |wanted| Some((None, &wanted.sku, None, 0))),
    // A wanted part without an id: the same SKU.
    (|known| Some((None, &known.sku, None, 0)), |wanted| wanted.id.is_none().then_some((None, &wanted.sku, None, 0))),
];

fn without_id(known: &Part) -> bool {
    known.id.is_none()
}

/// The pairs of `known` and `wanted` parts: those that are known first, then those that are new.
pub fn pairs(known: &[Part], wanted: &[WantedPart]) -> Vec<Pair> {
    // A part that takes something comes before one that was cancelled.
    let mut open: Vec<usize> = (0..known.len()).collect();
    open.sort_by_key(|place| known[*place].is_cancelled());
    let mut of_known: Vec<Option<usize>> = vec![None; known.len()];
    let mut left: Vec<usize> = (0..wanted.len()).collect();
    for (key_of_known, key_of_wanted) in RULES {
        if left.is_empty() {
            break;
        }
        let mut by_key: HashMap<Key<'_>, VecDeque<usize>> = HashMap::new();
        for place in open.iter().copied().filter(|place| of_known[*place].is_none()) {
            if let Some(key) = key_of_known(&known[place]) {
                by_key.entry(key).or_default().push_back(place);
            }
        }
        left.retain(|nth| {
            let key = key_of_wanted(&wanted[*nth]);
            let found = key.and_then(|key| by_key.get_mut(&key)).and_then(VecDeque::pop_front);
            match found {
                Some(place) => {
                    of_known[place] = Some(*nth);
                    false
                }
                None => true,
            }
        });
    }
    let mut pairs: Vec<Pair> = of_known.into_iter().enumerate().map(|(place, nth)| (Some(place), nth)).collect();
    pairs.extend(left.into_iter().map(|nth| (None, Some(nth))));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::orders::{fulfilment::Taken, order::OrderStatus};

    /// `id/seller SKU/SKU/units`, with `-` for none; `!` at the end is one that was cancelled.
    fn parts(text: &str) -> Vec<Part> {
        text.split_whitespace()
            .map(|part| {
                let is_cancelled = part.ends_with('!');
                let fields: Vec<&str> = part.trim_end_matches('!').split('/').collect();
                let given = |nth: usize| Some(fields[nth].to_owned()).filter(|field| field != "-");
                Part {
                    id: given(0).map(LineId::trusted),
                    seller_sku: given(1).map(SellerSku::trusted),
                    sku: SkuCode::trusted(fields[2].to_owned()),
                    per_unit: 1,
                    quantity: fields[3].parse().expect("units"),
                    status: if is_cancelled { OrderStatus::Cancelled } else { OrderStatus::Open },
                    returned: 0,
                    decided: 0,
                    unit_price_minor: None,
                    taken: Taken::default(),
                }
            })
            .collect()
    }

    fn wanted(text: &str) -> Vec<WantedPart> {
        let wanted = |part: Part| WantedPart {
            id: part.id,
            seller_sku: part.seller_sku,
            sku: part.sku,
            per_unit: 1,
            units: part.quantity,
            status: part.status,
            returned: 0,
            unit_price_minor: None,
        };
        parts(text).into_iter().map(wanted).collect()
    }

    #[test]
    fn a_line_is_found_by_its_id_then_by_its_name_then_by_its_position() {
        for (case, known, now, expected) in [
            ("by id", "1/-/A/2 2/-/A/3", "2/-/A/3 1/-/A/2", vec![(Some(0), Some(1)), (Some(1), Some(0))]),
            ("the name changed and the SKU did not", "1/-/A/2", "1/S/A/2", vec![(Some(0), Some(0))]),
            ("another SKU is another part", "1/-/A/2", "1/-/B/2", vec![(Some(0), None), (None, Some(0))]),
            ("the SKU of before comes back", "1/-/A/2! 1/-/B/2", "1/-/A/2", vec![(Some(0), Some(0)), (Some(1), None)]),
            (
                "one of a first message, by units",
                "-/-/A/2 -/-/A/3",
                "x/-/A/3 y/-/A/2",
                vec![(Some(0), Some(1)), (Some(1), Some(0))],
            ),
            (
                "by position, if units do not help",
                "-/-/A/2 -/-/A/3",
                "x/-/A/5 y/-/A/6",
                vec![(Some(0), Some(0)), (Some(1), Some(1))],
            ),
            (
                "by seller SKU before SKU",
                "-/-/A/2 -/S/A/2",
                "x/S/A/2 y/-/A/2",
                vec![(Some(0), Some(1)), (Some(1), Some(0))],
            ),
            ("the first message named the SKU", "-/-/A/2", "x/S/A/2", vec![(Some(0), Some(0))]),
            ("no ids at all", "1/-/A/2 2/-/B/1", "-/-/B/1 -/-/A/2", vec![(Some(0), Some(1)), (Some(1), Some(0))]),
            ("what was cancelled comes last", "1/-/A/2! 2/-/A/2", "-/-/A/2", vec![(Some(0), None), (Some(1), Some(0))]),
            ("ids that differ are different lines", "1/-/A/2", "2/-/A/2", vec![(Some(0), None), (None, Some(0))]),
            ("nothing is wanted any more", "1/-/A/2", "", vec![(Some(0), None)]),
        ] {
            assert_eq!(pairs(&parts(known), &wanted(now)), expected, "{case}");
        }
    }
}
