//! The ledger: every change of stock, of a buffer or of a hold is an entry with who, when and why. Entries are never
//! changed; a correction is a new one, and the entries of a SKU replay to its stored totals.

use super::stock::Stock;
use crate::domain::{
    code::{OrderNumber, SkuCode, StoreCode},
    id::PromotionId,
    moment::Moment,
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

impl EntryKind {
    /// All kinds, in the order filters offer them.
    pub const ALL: [Self; 12] = [
        Self::OpeningStock,
        Self::Stocktake,
        Self::BufferChanged,
        Self::HoldTaken,
        Self::HoldRaised,
        Self::HoldLowered,
        Self::HoldEndMoved,
        Self::HoldRemoved,
        Self::HoldEndedEarly,
        Self::OrderTaken,
        Self::OrderCancelled,
        Self::OrderShipped,
    ];

    /// The word that the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpeningStock => "opening_stock",
            Self::Stocktake => "stocktake",
            Self::BufferChanged => "buffer_changed",
            Self::HoldTaken => "hold_taken",
            Self::HoldRaised => "hold_raised",
            Self::HoldLowered => "hold_lowered",
            Self::HoldEndMoved => "hold_end_moved",
            Self::HoldRemoved => "hold_removed",
            Self::HoldEndedEarly => "hold_ended_early",
            Self::OrderTaken => "order_taken",
            Self::OrderCancelled => "order_cancelled",
            Self::OrderShipped => "order_shipped",
        }
    }

    /// What people read.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::OpeningStock => "Opening stock",
            Self::Stocktake => "Stocktake",
            Self::BufferChanged => "Buffer changed",
            Self::HoldTaken => "Hold taken",
            Self::HoldRaised => "Hold raised",
            Self::HoldLowered => "Hold lowered",
            Self::HoldEndMoved => "End of hold moved",
            Self::HoldRemoved => "Hold removed",
            Self::HoldEndedEarly => "Hold ended early",
            Self::OrderTaken => "Order taken",
            Self::OrderCancelled => "Order cancelled",
            Self::OrderShipped => "Order shipped",
        }
    }

    /// The kind that `text` (see [`Self::as_str`]) names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

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
