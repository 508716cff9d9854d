//! Finds what is in several rows of a file although one is meant: the last of them wins, and the others are without effect.

use super::{import_components, import_orders::hash_of};
use crate::{
    csv_file::{Header, Row},
    domain::{
        code::{SkuCode, StoreCode},
        imports::import::ImportKind,
        stores::mapping::parse_seller_sku,
    },
};
use std::collections::{BTreeMap, HashMap};

/// What is named one by one.
const NAMED: usize = 10;

/// The lines of one thing that are named.
const NAMED_LINES: usize = 5;

/// What was read of a file.
#[derive(Default)]
pub(super) struct SeveralRows {
    /// The first line of each thing, by a hash, so that the file can be large.
    first: HashMap<u64, u32>,
    /// The lines of what is in several, by its name.
    again: BTreeMap<String, Vec<u32>>,
    /// Lines of others that are in several.
    unnamed: usize,
}

impl SeveralRows {
    pub(super) fn add(&mut self, kind: ImportKind, header: &Header, row: &Row) {
        let Some(name) = name_of(kind, header, row) else { return };
        let line = u32::try_from(row.line).unwrap_or(u32::MAX);
        let first = *self.first.entry(hash_of(&name)).or_insert(line);
        if first == line {
            return;
        }
        if let Some(lines) = self.again.get_mut(&name) {
            lines.push(line);
        } else if self.again.len() < NAMED {
            self.again.insert(name, vec![first, line]);
        } else {
            self.unnamed += 1;
        }
    }

    /// A sentence for each of them.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::with_capacity(self.again.len() + 1);
        for (name, lines) in &self.again {
            let mut named: Vec<String> = lines.iter().take(NAMED_LINES).map(u32::to_string).collect();
            let last = match lines.len().saturating_sub(NAMED_LINES) {
                0 => named.pop().expect("two lines or more"),
                more => format!("{more} more"),
            };
            notes.push(format!("{name} is in lines {} and {last}: the last good one counts.", named.join(", ")));
        }
        if self.unnamed > 0 {
            notes.push(format!("Lines with more like these: {}.", self.unnamed));
        }
        notes
    }
}

/// What a row is about. Orders have lines, and changes of stock add up: those may be in several rows.
fn name_of(kind: ImportKind, header: &Header, row: &Row) -> Option<String> {
    let sku = || SkuCode::parse(header.cell(row, "sku")).ok();
    match kind {
        ImportKind::Catalogue => Some(format!("“{}”", sku()?)),
        ImportKind::Listings => {
            let store = StoreCode::parse(header.cell(row, "store")).ok()?;
            let seller_sku = || parse_seller_sku(header.cell(row, "seller_sku")).ok();
            let is_made_of = header.position("components").is_some() && !import_components::is_mapping(header, row);
            let name = if is_made_of { seller_sku()? } else { sku()?.to_string() };
            Some(format!("“{name}” on {store}"))
        }
        ImportKind::Orders | ImportKind::StockChanges => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv_file::Table;

    fn notes(kind: ImportKind, file: &str) -> Vec<String> {
        let mut table = Table::open(file.as_bytes()).unwrap();
        let mut rows = table.rows().unwrap();
        let mut several = SeveralRows::default();
        while let Some(row) = rows.row().unwrap() {
            several.add(kind, rows.header(), &row);
        }
        several.notes()
    }

    #[test]
    fn what_is_in_several_lines_is_named_with_all_of_them() {
        let file = "sku,on_hand\nTEE,1\nMUG,2\n\nTEE ,3\ntee,4\nMUG,5\nMUG,6\n,7\n,8\n";
        let named = [
            "“MUG” is in lines 3, 7 and 8: the last good one counts.",
            "“TEE” is in lines 2 and 5: the last good one counts.",
        ];
        assert_eq!(notes(ImportKind::Catalogue, file), named);
        let file = "store,sku,item_id\na,TEE,1\nb,TEE,2\na,TEE,3\n";
        assert_eq!(notes(ImportKind::Listings, file), ["“TEE” on a is in lines 2 and 4: the last good one counts."]);
        let file = "store,seller_sku,components\na,SET,MUG*2\na,SET,MUG*3\nb,SET,MUG*2\n";
        assert_eq!(notes(ImportKind::Listings, file), ["“SET” on a is in lines 2 and 3: the last good one counts."]);
        assert!(notes(ImportKind::StockChanges, "sku,change\nTEE,1\nTEE,1\n").is_empty());
        let many: String = (0..24).map(|row| format!("S{},1\n", row % 12)).collect();
        let found = notes(ImportKind::Catalogue, &format!("sku,on_hand\n{many}"));
        assert_eq!((found.len(), found[10].as_str()), (11, "Lines with more like these: 2."));
        let often = "TEE,1\n".repeat(9);
        assert_eq!(
            notes(ImportKind::Catalogue, &format!("sku,on_hand\n{often}")),
            ["“TEE” is in lines 2, 3, 4, 5, 6 and 4 more: the last good one counts."]
        );
    }
}
