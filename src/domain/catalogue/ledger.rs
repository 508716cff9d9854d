//! The ledger: every change of stock, of a buffer or of a hold is an entry with the actor, the time and a reason. Entries
//! are never changed: a correction is a new entry. The sum of a SKU's entries is its stored totals.

use super::stock::Stock;
use crate::domain::{
    code::{OrderNumber, SkuCode, StoreCode},
    id::PromotionId,
    moment::Moment,
    words::words,
};

/// The kind of change that an entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The units on hand when the SKU was created.
    OpeningStock,
    /// The units on hand were counted, or set by an import or the API.
    Stocktake,
    /// Units came in from a supplier.
    Received,
    /// Units came back from a customer, or went back to a supplier.
    Returned,
    /// Units broke or were lost.
    Damaged,
    /// The units on hand were wrong and were changed by the difference.
    Corrected,
    /// The buffer was changed.
    BufferChanged,
    /// A flash sale took a hold, or a product was added to a running one.
    HoldTaken,
    /// The quantity of a hold was raised while its sale ran.
    HoldRaised,
    /// The quantity of a hold was lowered while its sale ran; the difference is shared again.
    HoldLowered,
    /// The end of a sale was moved, and with it the end of this hold.
    HoldEndMoved,
    /// A product was removed from a running sale; the unsold units of its hold are shared again.
    HoldRemoved,
    /// Staff ended a flash sale; the unsold units of its hold are shared again.
    HoldEndedEarly,
    /// An order was recorded.
    OrderTaken,
    /// An order was cancelled; its units went back to the hold or the shared stock they came from.
    OrderCancelled,
    /// An order was shipped; its units left the warehouse.
    OrderShipped,
    /// An order that was recorded before became another: its units are the difference.
    OrderChanged,
    /// Units of a shipped order came back and were put back to stock.
    ReturnRestocked,
    /// Units of a shipped order came back and were written off. No stock changes.
    ReturnWrittenOff,
    /// A person took a listing off without setting it to 0: the store may go on showing what it showed.
    ListingLeft,
    /// The SKU got another code. Its entries have the new one; the reason has both.
    Renamed,
    /// The SKU was archived: it is not in the catalogue, and no store lists it.
    Archived,
    /// The SKU was brought back from the archive.
    Restored,
    /// The stock of another SKU, which was the same thing, came to this one.
    MergedHere,
    /// The stock went to the SKU that this one was merged into.
    MergedAway,
    /// A line of an open order came from a SKU that was merged into this one.
    OrderMovedHere,
    /// A line of an open order went to the SKU that this one was merged into.
    OrderMovedAway,
}

words!(EntryKind {
    OpeningStock => "opening_stock", "Opening stock";
    Stocktake => "stocktake", "Stocktake";
    Received => "received", "Received";
    Returned => "returned", "Returned";
    Damaged => "damaged", "Damaged";
    Corrected => "correction", "Correction";
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
    OrderChanged => "order_changed", "Order changed";
    ReturnRestocked => "return_restocked", "Return put back to stock";
    ReturnWrittenOff => "return_written_off", "Return written off";
    ListingLeft => "listing_left", "Listing left as it was";
    Renamed => "renamed", "Renamed";
    Archived => "archived", "Archived";
    Restored => "restored", "Brought back";
    MergedHere => "merged_here", "Merged into this SKU";
    MergedAway => "merged_away", "Merged into another SKU";
    OrderMovedHere => "order_moved_here", "Order moved to this SKU";
    OrderMovedAway => "order_moved_away", "Order moved to another SKU";
});

/// The actor, time and reason of a change: stored with every entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The e-mail address of a member of staff, `token NAME`, or `command line`.
    pub actor: String,
    /// The time of the request.
    pub at: Moment,
    /// Free text; may be empty.
    pub reason: String,
}

/// One change of a SKU's totals or of a hold on it. All numbers are units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The SKU.
    pub sku: SkuCode,
    /// The kind of change.
    pub kind: EntryKind,
    /// The store of the hold or of the order.
    pub store: Option<StoreCode>,
    /// The promotion of the hold or of the order.
    pub promotion: Option<PromotionId>,
    /// The order, if one caused the change.
    pub order: Option<OrderNumber>,
    /// The change of each stored total of the SKU.
    pub change: Stock,
    /// The change of the hold's quantity.
    pub held_change: i64,
    /// The change of the units sold from the hold.
    pub sold_change: i64,
}

impl Entry {
    /// An entry without any change: the base for `..Entry::new(…)`.
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
    pub fn of_hold(sku: SkuCode, kind: EntryKind, promotion: PromotionId, store: StoreCode) -> Self {
        Self { store: Some(store), promotion: Some(promotion), ..Self::new(sku, kind) }
    }

    /// The entry that sets the units on hand from `before` to `after`; `None` if they are equal.
    pub fn stocktake(sku: &SkuCode, before: i64, after: i64) -> Option<Self> {
        let change = Stock { on_hand: after - before, ..Stock::default() };
        (before != after).then(|| Self { change, ..Self::new(sku.clone(), EntryKind::Stocktake) })
    }

    /// The entry that sets the buffer from `before` to `after`; `None` if they are equal.
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
