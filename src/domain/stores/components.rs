//! What a listing is made of: some units of one or more SKUs (design §2, "Listings"). One unit of one SKU is a plain
//! listing; everything else is a kit.

use crate::domain::{
    catalogue::stock::plain_number,
    code::SkuCode,
    number::{grouped, is_digits},
    text::{TextRefusal, counted},
};

/// The most units of one SKU in a listing.
pub const MAX_COMPONENT_UNITS: i64 = 10_000;

/// The most components of a listing.
pub const MAX_COMPONENTS: usize = 50;

/// Some units of one SKU in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Component {
    /// The SKU.
    pub sku: SkuCode,
    /// How many units of it one sold listing takes, at least 1.
    pub units: i64,
}

/// The components of a listing: at least one, by SKU, and no SKU twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Components(Vec<Component>);

/// Why the components of a listing were refused. Forms, files and the API show these messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum ComponentsRefusal {
    #[error("Enter at least one component.")]
    Empty,
    #[error("Enter {MAX_COMPONENTS} components or fewer: there are {count}.")]
    TooMany { count: usize },
    #[error("Name “{sku}” once, with all its units: it is there twice.")]
    SameSku { sku: SkuCode },
    #[error("Enter 1 to {} units of “{sku}”: there are {}.", limit(), units_text(*units))]
    Units { sku: SkuCode, units: i64 },
    /// A code may have a `*` in it: `T*SHIRT*1`.
    #[error("Write components as MUG*2|PLATE*1: “{text}” has no number after its last “*”.")]
    NoNumber { text: String },
    #[error(transparent)]
    Code(TextRefusal),
    /// People would read the code as the SKU, and programs as the kit.
    #[error("Enter another seller SKU: “{sku}” is the code of a component, and a kit cannot be made of itself.")]
    Itself { sku: SkuCode },
}

fn limit() -> String {
    grouped(&MAX_COMPONENT_UNITS.to_string())
}

fn units_text(units: i64) -> String {
    if units < 0 { units.to_string() } else { grouped(&units.to_string()) }
}

impl Components {
    /// The components of a plain listing.
    pub fn plain(sku: SkuCode) -> Self {
        Self(vec![Component { sku, units: 1 }])
    }

    /// Checks components that were read from a request or from the database.
    pub fn new(mut components: Vec<Component>) -> Result<Self, ComponentsRefusal> {
        if components.is_empty() {
            return Err(ComponentsRefusal::Empty);
        }
        if components.len() > MAX_COMPONENTS {
            return Err(ComponentsRefusal::TooMany { count: components.len() });
        }
        if let Some(Component { sku, units }) =
            components.iter().find(|component| !(1..=MAX_COMPONENT_UNITS).contains(&component.units))
        {
            return Err(ComponentsRefusal::Units { sku: sku.clone(), units: *units });
        }
        components.sort_by(|one, other| one.sku.cmp(&other.sku));
        if let Some(pair) = components.windows(2).find(|pair| pair[0].sku == pair[1].sku) {
            return Err(ComponentsRefusal::SameSku { sku: pair[0].sku.clone() });
        }
        Ok(Self(components))
    }

    /// Parses what people type and files have: `MUG*2|PLATE*1`. A SKU without a number is one unit; a `|` in a code is
    /// written `\|`. Spaces around codes and numbers do not count.
    pub fn parse(text: &str) -> Result<Self, ComponentsRefusal> {
        if text.trim().is_empty() {
            return Err(ComponentsRefusal::Empty);
        }
        let mut components = Vec::new();
        for part in parts(text) {
            components.push(parse_component(&part)?);
        }
        Self::new(components)
    }

    /// Checks the seller SKU of a listing of these components: that of a kit is not the code of one of its components.
    pub fn check_seller_sku(&self, seller_sku: &str) -> Result<(), ComponentsRefusal> {
        if self.as_plain().is_some() {
            return Ok(());
        }
        match self.iter().find(|component| component.sku.as_str() == seller_sku) {
            Some(component) => Err(ComponentsRefusal::Itself { sku: component.sku.clone() }),
            None => Ok(()),
        }
    }

    /// The SKU of a plain listing; `None` for a kit.
    pub fn as_plain(&self) -> Option<&SkuCode> {
        match &self.0[..] {
            [Component { sku, units: 1 }] => Some(sku),
            _ => None,
        }
    }

    /// The components, by SKU.
    pub fn iter(&self) -> impl Iterator<Item = &Component> {
        self.0.iter()
    }

    /// How many listings can be made of what `of` returns for each SKU.
    pub fn quantity(&self, of: impl Fn(&SkuCode) -> i64) -> i64 {
        self.limiting(&of).allows(of)
    }

    /// The component that limits [`Self::quantity`]: the first of those that allow fewest.
    pub fn limiting(&self, of: impl Fn(&SkuCode) -> i64) -> &Component {
        self.iter().min_by_key(|component| component.allows(&of)).expect("a listing has components")
    }

    /// The sum behind [`Self::quantity`], which names the component that limits it.
    pub fn sum_in_words(&self, of: impl Fn(&SkuCode) -> i64) -> String {
        let limiting = self.limiting(&of);
        let sets = counted(limiting.allows(&of), "set");
        let mut words = format!("{sets}: {} limits it ({} / {})", limiting.sku, of(&limiting.sku), limiting.units);
        for component in self.iter().filter(|component| *component != limiting) {
            words.push_str(&format!("; {} would allow {}", component.sku, component.allows(&of)));
        }
        words
    }

    /// The units of each SKU in `count` listings.
    pub fn units_of(&self, count: i64) -> impl Iterator<Item = (SkuCode, i64)> {
        self.iter().map(move |Component { sku, units }| {
            let units = units.checked_mul(count).unwrap_or_else(|| panic!("{count} listings of {units} {sku}"));
            (sku.clone(), units)
        })
    }
}

impl Component {
    /// How many listings this component allows, with what `of` returns for its SKU.
    pub fn allows(&self, of: impl Fn(&SkuCode) -> i64) -> i64 {
        of(&self.sku).div_euclid(self.units)
    }
}

impl std::fmt::Display for Components {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (nth, component) in self.iter().enumerate() {
            if nth > 0 {
                f.write_str("|")?;
            }
            write!(f, "{}*{}", component.sku.as_str().replace('|', r"\|"), component.units)?;
        }
        Ok(())
    }
}

/// The texts between the `|`, with those of codes in place of `\|`.
fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let part = parts.last_mut().expect("there is one from the beginning");
        match character {
            '\\' if characters.peek() == Some(&'|') => part.extend(characters.next()),
            '|' => parts.push(String::new()),
            _ => part.push(character),
        }
    }
    parts
}

fn parse_component(text: &str) -> Result<Component, ComponentsRefusal> {
    let (code, units) = text.rsplit_once('*').unwrap_or((text, "1"));
    let sku = SkuCode::parse(code).map_err(ComponentsRefusal::Code)?;
    let number = plain_number(units);
    if !is_digits(number.strip_prefix('-').unwrap_or(&number)) {
        return Err(ComponentsRefusal::NoNumber { text: text.trim().to_owned() });
    }
    // Digits that are no i64 are too many.
    Ok(Component { sku, units: number.parse().unwrap_or(i64::MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        catalogue::{quantity::Position, stock::Stock},
        promotions::{hold::Hold, promotion::FlashSaleType::StockAllocation},
        testing::{LAZADA, SHOPEE, hold, store},
    };

    fn sku(code: &str) -> SkuCode {
        SkuCode::parse(code).expect("a code")
    }

    fn component(code: &str, units: i64) -> Component {
        Component { sku: sku(code), units }
    }

    fn set() -> Components {
        Components::parse("MUG*2|PLATE*1").expect("components")
    }

    /// One row of the design's table: the case; of MUG and of PLATE what is committed and what is allocated to Lazada; and
    /// what Lazada shows of MUG and of SET, and what Shopee does.
    type Row = (&'static str, [(i64, i64); 2], [i64; 4]);

    #[rustfmt::skip]
    const TABLE_L: [Row; 4] = [
        ("L1 no sale",                            [(0,  0), (0,  0)], [100, 30, 100, 30]),
        ("L2 allocation of 60 MUG to Lazada",     [(0, 60), (0,  0)], [ 60, 30,  40, 20]),
        ("L3 then Shopee sells one SET",          [(2, 60), (1,  0)], [ 60, 29,  38, 19]),
        ("L4 allocation of 10 SET to Lazada",     [(0, 20), (0, 10)], [ 20, 10,  80, 20]),
    ];

    #[test]
    fn every_row_of_table_l_shows_what_the_design_says() {
        for (case, [mug, plate], shown) in TABLE_L {
            let hold_of = |(_, held): (i64, i64)| match held {
                0 => Vec::new(),
                _ => vec![hold(LAZADA, StockAllocation, held, 0)],
            };
            let (mug_holds, plate_holds): (Vec<Hold>, Vec<Hold>) = (hold_of(mug), hold_of(plate));
            let stock = |on_hand, committed| Stock { on_hand, committed, ..Stock::default() };
            let mug = Position { stock: stock(100, mug.0), holds: &mug_holds };
            let plate = Position { stock: stock(30, plate.0), holds: &plate_holds };
            let mut shows = Vec::new();
            for at in [LAZADA, SHOPEE].map(store) {
                let of = |code: &SkuCode| {
                    let position = if code.as_str() == "MUG" { mug } else { plate };
                    position.quantity_for(&at).total()
                };
                shows.push(Components::plain(sku("MUG")).quantity(of));
                shows.push(set().quantity(of));
            }
            assert_eq!(shows, shown, "{case}");
        }
    }

    #[test]
    fn a_hold_on_a_kit_is_a_hold_on_its_components() {
        let held: Vec<(SkuCode, i64)> = set().units_of(10).collect();
        assert_eq!(held, [(sku("MUG"), 20), (sku("PLATE"), 10)]);
    }

    #[test]
    fn the_component_that_limits_a_kit_is_the_first_that_allows_fewest() {
        for (mug, plate, quantity, limiting) in [
            (100, 30, 30, "PLATE"),
            (40, 30, 20, "MUG"),
            (61, 30, 30, "MUG"),
            (60, 30, 30, "MUG"),
            (1, 30, 0, "MUG"),
            (0, 0, 0, "MUG"),
        ] {
            let of = |code: &SkuCode| if code.as_str() == "MUG" { mug } else { plate };
            assert_eq!((set().quantity(of), set().limiting(of).sku.as_str()), (quantity, limiting), "{mug}, {plate}");
        }
    }

    #[test]
    fn the_sum_behind_a_kit_names_the_component_that_limits_it() {
        let of = |code: &SkuCode| if code.as_str() == "MUG" { 100 } else { 30 };
        assert_eq!(set().sum_in_words(of), "30 sets: PLATE limits it (30 / 1); MUG would allow 50");
        let pair = Components::parse("MUG*2").expect("components");
        assert_eq!(pair.sum_in_words(|_| 3), "1 set: MUG limits it (3 / 2)");
    }

    #[test]
    fn components_are_read_and_written_by_sku() {
        for (text, written) in [
            ("MUG*2|PLATE*1", "MUG*2|PLATE*1"),
            (" PLATE | MUG * 2 ", "MUG*2|PLATE*1"),
            ("MUG", "MUG*1"),
            ("MUG*1", "MUG*1"),
            ("MUG*1,000", "MUG*1000"),
            ("MUG*２", "MUG*2"),
            ("T*SHIRT*1", "T*SHIRT*1"),
            (r"A\|B*2|C", r"A\|B*2|C*1"),
            (r"A\B", r"A\B*1"),
            (r"A\\|B*1", r"A\\|B*1"),
        ] {
            let components = Components::parse(text).expect("components");
            assert_eq!(components.to_string(), written, "{text}");
            assert_eq!(Components::parse(written), Ok(components), "{text}");
        }
        let codes = |text| Components::parse(text).expect("components").0.into_iter().map(|c| c.sku.to_string());
        assert_eq!(codes(r"A\|B*2|C").collect::<Vec<_>>(), ["A|B", "C"]);
    }

    #[test]
    fn one_unit_of_one_sku_is_plain_and_everything_else_a_kit() {
        assert_eq!(Components::parse("MUG").expect("components"), Components::plain(sku("MUG")));
        assert_eq!(Components::plain(sku("MUG")).as_plain(), Some(&sku("MUG")));
        assert_eq!(Components::parse("MUG*2").expect("components").as_plain(), None);
        assert_eq!(set().as_plain(), None);
    }

    #[test]
    fn components_that_cannot_be_are_refused_with_what_to_do() {
        for (text, words) in [
            ("", "Enter at least one component."),
            ("MUG||PLATE", "Enter a SKU code."),
            ("*2", "Enter a SKU code."),
            ("MUG*2|MUG", "Name “MUG” once, with all its units: it is there twice."),
            ("MUG*0", "Enter 1 to 10,000 units of “MUG”: there are 0."),
            ("MUG*-2", "Enter 1 to 10,000 units of “MUG”: there are -2."),
            ("MUG*10001", "Enter 1 to 10,000 units of “MUG”: there are 10,001."),
            ("MUG*two", "Write components as MUG*2|PLATE*1: “MUG*two” has no number after its last “*”."),
            ("MUG*", "Write components as MUG*2|PLATE*1: “MUG*” has no number after its last “*”."),
            ("MUG*1.5", "Write components as MUG*2|PLATE*1: “MUG*1.5” has no number after its last “*”."),
        ] {
            assert_eq!(Components::parse(text).expect_err(text).to_string(), words, "{text}");
        }
        let many = (0..51).map(|nth| component(&format!("S{nth}"), 1)).collect();
        assert_eq!(
            Components::new(many).expect_err("too many").to_string(),
            "Enter 50 components or fewer: there are 51."
        );
        assert!(matches!(Components::parse("MUG*99999999999999999999"), Err(ComponentsRefusal::Units { .. })));
        assert_eq!(Components::new(Vec::new()), Err(ComponentsRefusal::Empty));
    }

    #[test]
    fn a_kit_is_not_named_like_its_component() {
        let pair = Components::parse("MUG*2").expect("components");
        assert_eq!(pair.check_seller_sku("MUG"), Err(ComponentsRefusal::Itself { sku: sku("MUG") }));
        assert_eq!(pair.check_seller_sku("MUG-2"), Ok(()));
        assert_eq!(Components::plain(sku("MUG")).check_seller_sku("MUG"), Ok(()));
    }
}
