//! The life of a flash sale, change by change: what its page tells of it.

use crate::domain::{code::SkuCode, moment::Moment};

/// One change of a flash sale, with what was before and what is after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was created, until this moment.
    Created {
        /// The end of its schedule.
        ends_at: Moment,
    },
    /// It was given another name.
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
    /// A product was added; or added again, after it had been removed.
    ProductAdded {
        /// The product.
        sku: SkuCode,
        /// Units that are held of it, with those that it sold before it was removed.
        quantity: i64,
    },
    /// More or fewer units are held of a product.
    QuantityChanged {
        /// The product.
        sku: SkuCode,
        /// Units before.
        from: i64,
        /// Units after.
        to: i64,
    },
    /// A product was removed. What it sold stays on record.
    ProductRemoved {
        /// The product.
        sku: SkuCode,
        /// Units that were held of it.
        quantity: i64,
        /// Units that orders took of them.
        sold: i64,
    },
    /// Staff ended it before its time.
    EndedEarly {
        /// The end of its schedule.
        scheduled: Moment,
        /// When it was ended.
        at: Moment,
    },
}
