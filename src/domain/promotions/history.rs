//! The history of a flash sale as a list of changes, which its page shows.

use crate::domain::{code::SkuCode, moment::Moment};

/// One change of a flash sale, with the values before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "most names say it")]
pub enum Change {
    Created {
        ends_at: Moment,
    },
    Renamed {
        from: String,
        to: String,
    },
    /// Its end was moved, later or sooner.
    EndMoved {
        from: Moment,
        to: Moment,
    },
    /// A product was added, possibly one that had been removed before.
    ProductAdded {
        sku: SkuCode,
        /// The quantity of its hold, including units that were sold before an earlier removal.
        quantity: i64,
    },
    QuantityChanged {
        sku: SkuCode,
        from: i64,
        to: i64,
    },
    /// A product was removed. Its sold units stay in the records.
    ProductRemoved {
        sku: SkuCode,
        quantity: i64,
        /// The units of the hold that orders had taken.
        sold: i64,
    },
    /// Staff ended the sale before its scheduled end.
    EndedEarly {
        scheduled: Moment,
        at: Moment,
    },
}
