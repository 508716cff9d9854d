//! Which oversold units the stock that has come in covers, and which are still missing (design: "The arithmetic"). A debt
//! is paid by units that no order has taken and that back no hold: those of the buffer too, because that is what it is
//! for. The oldest order comes first. This is computed when it is needed and never stored.

use crate::domain::catalogue::quantity::Position;

impl Position<'_> {
    /// The oversold units that stock covers.
    pub fn covered(&self) -> i64 {
        let backed: i64 = self.backed().map(|(_, backed)| backed).sum();
        (self.stock.uncommitted() - backed).clamp(0, self.stock.oversold)
    }
}

/// The oversold units of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Units that are oversold.
    pub owed: i64,
    /// The part of them that stock covers.
    pub covered: i64,
}

impl Coverage {
    /// Units that are still missing.
    pub fn short(self) -> i64 {
        self.owed - self.covered
    }

    /// Whether something is oversold, and stock covers all of it.
    pub fn is_covered(self) -> bool {
        self.owed > 0 && self.short() == 0
    }
}

impl std::ops::AddAssign for Coverage {
    fn add_assign(&mut self, other: Self) {
        self.owed += other.owed;
        self.covered += other.covered;
    }
}

/// Divides the `covered` units of a SKU among the orders that are owed units of it, oldest first.
pub fn divide(covered: i64, owed: impl IntoIterator<Item = i64>) -> Vec<Coverage> {
    let mut left = covered;
    let mut divided = Vec::new();
    for owed in owed {
        let covered = owed.min(left);
        left -= covered;
        divided.push(Coverage { owed, covered });
    }
    divided
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalogue::stock::Stock,
        promotions::promotion::FlashSaleType::StockAllocation,
        testing::{LAZADA, hold},
    };

    #[test]
    fn stock_that_comes_in_covers_what_is_oversold_and_never_takes_from_a_hold() {
        // on hand, committed, oversold, buffer, held and sold of it; covered
        for (case, stock, held, covered) in [
            ("design 10: nothing came in", [100, 40, 5, 0], 60, 0),
            ("design 11: ten came in", [110, 40, 5, 0], 60, 5),
            ("three came in", [103, 40, 5, 0], 60, 3),
            ("the buffer is for debts", [103, 40, 5, 10], 60, 3),
            ("the hold has ended", [100, 40, 5, 0], 0, 5),
            ("the hold itself is short", [90, 40, 5, 0], 60, 0),
            ("a stocktake found fewer than are committed", [30, 40, 5, 0], 0, 0),
            ("nothing is oversold", [100, 40, 0, 0], 0, 0),
        ] {
            let [on_hand, committed, oversold, buffer] = stock;
            let holds = vec![hold(LAZADA, StockAllocation, held, 0)];
            let position = Position {
                stock: Stock { on_hand, committed, oversold, buffer },
                holds: if held > 0 { &holds } else { &[] },
            };
            assert_eq!(position.covered(), covered, "{case}");
        }
    }

    #[test]
    fn the_oldest_order_is_covered_first() {
        for (covered, owed, each) in [
            (0, vec![3, 4], vec![0, 0]),
            (3, vec![3, 4], vec![3, 0]),
            (5, vec![3, 4], vec![3, 2]),
            (7, vec![3, 4], vec![3, 4]),
            (9, vec![3, 4], vec![3, 4]),
            (2, vec![], vec![]),
        ] {
            let divided = divide(covered, owed.clone());
            assert_eq!(divided.iter().map(|one| one.covered).collect::<Vec<_>>(), each, "{covered} of {owed:?}");
        }
        let one = Coverage { owed: 3, covered: 2 };
        assert_eq!((one.short(), one.is_covered(), Coverage::default().is_covered()), (1, false, false));
    }
}
