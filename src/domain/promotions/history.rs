//! The history of a flash sale as a list of changes, which its page shows.

use crate::domain::{code::SkuCode, moment::Moment};

/// One change of a flash sale, with the values before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The sale was created.
    Created {
        /// Its scheduled end.
        ends_at: Moment,
    },
    /// Its name was changed.
    Renamed {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// Its end was moved, later or sooner.
    EndMoved {
        /// The end before.
        from: Moment,
        /// The end after.
        to: Moment,
    },
    /// A product was added, possibly one that had been removed before.
    ProductAdded {
        /// The product's SKU.
        sku: SkuCode,
        /// The quantity of its hold, including units that were sold before an earlier removal.
        quantity: i64,
    },
    /// The quantity of a product's hold was changed.
    QuantityChanged {
        /// The product's SKU.
        sku: SkuCode,
        /// The quantity before, in units.
        from: i64,
        /// The quantity after, in units.
        to: i64,
    },
    /// A product was removed. Its sold units stay in the records.
    ProductRemoved {
        /// The product's SKU.
        sku: SkuCode,
        /// The quantity of its hold before, in units.
        quantity: i64,
        /// The units of the hold that orders had taken.
        sold: i64,
    },
    /// Staff ended the sale before its scheduled end.
    EndedEarly {
        /// The scheduled end.
        scheduled: Moment,
        /// The actual end.
        at: Moment,
    },
}
