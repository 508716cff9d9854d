//! The ledger: every change of stock, of a buffer or of a hold is an entry with who, when and why. Entries are never
//! changed; a correction is a new one, and the entries of a SKU replay to its stored totals.

use super::stock::Stock;
use crate::domain::{
    code::{OrderNumber, SkuCode, StoreCode},
    id::PromotionId,
    moment::Moment,
    words::words,
};

/// What kind of change an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The units on hand when the SKU was created.
    OpeningStock,
    /// The units on hand were counted, or set by an import or the API.
    Stocktake,
    /// The buffer was changed.
    BufferChanged,
    /// A flash sale took a hold.
    HoldTaken,
    /// The quantity of a hold was raised while its sale ran.
    HoldRaised,
    /// It was lowered; what it does not keep any more is shared again.
    HoldLowered,
    /// The end of a hold was moved with that of its sale.
    HoldEndMoved,
    /// A product was taken out of a running sale; what its hold still kept is shared again.
    HoldRemoved,
    /// A flash sale was ended by staff; what its hold still kept is shared again.
    HoldEndedEarly,
    /// An order came in.
    OrderTaken,
    /// An order was cancelled; what it took went back to where it came from.
    OrderCancelled,
    /// An order left the warehouse.
    OrderShipped,
}

words!(EntryKind {
    OpeningStock => "opening_stock", "Opening stock";
    Stocktake => "stocktake", "Stocktake";
    BufferChanged => "buffer_changed", "Buffer changed";
    HoldTaken => "hold_taken", "Hold taken";
    HoldRaised => "hold_raised", "Hold raised";
    HoldLowered => "hold_lowered", "Hold lowered";
    HoldEndMoved => "hold_end_moved", "End of hold moved";
    HoldRemoved => "hold_removed", "Hold removed";
    HoldEndedEarly => "hold_ended_early", "Hold ended early";
    OrderTaken => "order_taken", "Order taken";
    OrderCancelled => "order_cancelled", "Order cancelled";
    OrderShipped => "order_shipped", "Order shipped";
});

/// Who did something, when, and why: on every entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Who: an e-mail address of staff, or `token NAME`, or `command line`.
    pub actor: String,
    /// When.
    pub at: Moment,
    /// Why, in words; may be empty.
    pub reason: String,
}

/// One change of a SKU's totals or of a hold on it, in units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The SKU.
    pub sku: SkuCode,
    /// What kind of change.
    pub kind: EntryKind,
    /// The store whose hold changed, or whose order it was.
    pub store: Option<StoreCode>,
    /// The promotion whose hold changed, or that the order belongs to.
    pub promotion: Option<PromotionId>,
    /// The order.
    pub order: Option<OrderNumber>,
    /// The change of each stored total.
    pub change: Stock,
    /// The change of the hold's quantity.
    pub held_change: i64,
    /// The change of what was sold from the hold.
    pub sold_change: i64,
}

impl Entry {
    /// An entry that changes nothing yet; callers set what does.
    #[must_use]
    pub fn new(sku: SkuCode, kind: EntryKind) -> Self {
        Self {
            sku,
            kind,
            store: None,
            promotion: None,
            order: None,
            change: Stock::default(),
            held_change: 0,
            sold_change: 0,
        }
    }

    /// An entry about the hold of `promotion` for `store`.
    #[must_use]
    pub fn of_hold(sku: SkuCode, kind: EntryKind, promotion: PromotionId, store: StoreCode) -> Self {
        Self { store: Some(store), promotion: Some(promotion), ..Self::new(sku, kind) }
    }

    /// The entry that sets the units on hand from `before` to `after`; `None` when they are the same.
    #[must_use]
    pub fn stocktake(sku: &SkuCode, before: i64, after: i64) -> Option<Self> {
        let change = Stock { on_hand: after - before, ..Stock::default() };
        (before != after).then(|| Self { change, ..Self::new(sku.clone(), EntryKind::Stocktake) })
    }

    /// The entry that sets the buffer from `before` to `after`; `None` when they are the same.
    #[must_use]
    pub fn buffer(sku: &SkuCode, before: i64, after: i64) -> Option<Self> {
        let change = Stock { buffer: after - before, ..Stock::default() };
        (before != after).then(|| Self { change, ..Self::new(sku.clone(), EntryKind::BufferChanged) })
    }
}

impl std::ops::AddAssign for Stock {
    fn add_assign(&mut self, change: Self) {
        let Self { on_hand, committed, oversold, buffer } = change;
        self.on_hand += on_hand;
        self.committed += committed;
        self.oversold += oversold;
        self.buffer += buffer;
    }
}
