//! What the quantities of some SKUs follow from, at one moment.

use crate::{
    db::{Conn, catalogue::skus, promotions::holds},
    domain::{
        catalogue::{
            quantity::{Position, Quantity},
            stock::Stock,
        },
        code::{SkuCode, StoreCode},
        moment::Moment,
        promotions::hold::Hold,
    },
};
use diesel::prelude::*;
use std::collections::HashMap;

/// The stock of SKUs and the holds that are live on them.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    stock: HashMap<SkuCode, Stock>,
    live: HashMap<SkuCode, Vec<Hold>>,
}

impl Positions {
    /// Those of `codes` at `now`.
    ///
    /// The SKUs are read on their own: joined to whatever names them, PostgreSQL walks through all of them up to those.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read<'a>(
        conn: &mut Conn,
        codes: impl IntoIterator<Item = &'a SkuCode> + Clone,
        now: Moment,
    ) -> QueryResult<Self> {
        let live = holds::live_on(conn, codes.clone(), now)?;
        let stock = skus::find_all(conn, codes)?.into_iter().map(|sku| (sku.code.clone(), sku.stock())).collect();
        Ok(Self { stock, live })
    }

    /// The position of a SKU.
    ///
    /// # Panics
    /// When it was not asked for, or there is no such SKU: listings and pushes are of SKUs that exist.
    #[must_use]
    pub fn of(&self, sku: &SkuCode) -> Position<'_> {
        let stock = *self.stock.get(sku).unwrap_or_else(|| panic!("there is no SKU {sku} among those that were read"));
        Position { stock, holds: self.live.get(sku).map_or(&[], Vec::as_slice) }
    }

    /// What `store` should show for a SKU that it lists.
    ///
    /// # Panics
    /// As [`Self::of`].
    #[must_use]
    pub fn quantity(&self, sku: &SkuCode, store: &StoreCode) -> Quantity {
        self.of(sku).quantity_for(store)
    }
}
