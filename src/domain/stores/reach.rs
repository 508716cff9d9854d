//! Whether the quantities of a flash sale reach a store by themselves, or somebody has to type them there.

use crate::domain::text::counted;

/// How quantities get to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// They are sent to it.
    Sent,
    /// Somebody downloads them as a file and uploads it there.
    File,
    /// Nobody has connected the store.
    NotConnected,
    /// Nothing is sent to it until somebody resumes it, for this reason.
    Paused(String),
}

/// How the quantities of some products get to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The name of the store.
    pub store: String,
    /// How quantities get to it.
    pub way: Way,
    /// How many of the products it lists.
    pub listed: usize,
    /// How many of these it does not know by its own ids.
    pub not_mapped: usize,
}

impl Reach {
    /// Whether every quantity gets there by itself.
    pub fn is_complete(&self) -> bool {
        self.way == Way::Sent && self.not_mapped == 0
    }

    /// What somebody has to do; nothing if every quantity gets there by itself.
    pub fn warning(&self) -> Option<String> {
        let Self { store, way, listed, not_mapped } = self;
        let words = match way {
            Way::NotConnected => {
                format!("{store} is not connected: type these quantities there yourself, or connect it.")
            }
            Way::File => format!("{store} takes its quantities as a file: download them, and upload them there."),
            Way::Paused(reason) => {
                let reason = reason.trim_end_matches('.');
                let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
                format!("{store} is paused{why}: type these quantities there yourself, or resume it.")
            }
            Way::Sent if *not_mapped == 0 => return None,
            Way::Sent => format!(
                "{not_mapped} of {} not mapped on {store}: type their quantities there yourself, or map them.",
                if *listed == 1 { "1 product is".to_owned() } else { format!("{} are", counted(listed, "product")) }
            ),
        };
        Some(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_quantities_do_not_reach_says_what_to_do() {
        let reach = |way, not_mapped| Reach { store: "Lazada SG".to_owned(), way, listed: 40, not_mapped };
        for (reach, words) in [
            (reach(Way::Sent, 0), None),
            (
                reach(Way::Sent, 7),
                Some(
                    "7 of 40 products are not mapped on Lazada SG: type their quantities there yourself, or map them.",
                ),
            ),
            (
                reach(Way::NotConnected, 0),
                Some("Lazada SG is not connected: type these quantities there yourself, or connect it."),
            ),
            (
                reach(Way::Paused("It is not tested yet".to_owned()), 3),
                Some("Lazada SG is paused (It is not tested yet): type these quantities there yourself, or resume it."),
            ),
            (
                reach(Way::File, 0),
                Some("Lazada SG takes its quantities as a file: download them, and upload them there."),
            ),
        ] {
            assert_eq!(reach.warning().as_deref(), words);
            assert_eq!(reach.is_complete(), words.is_none());
        }
    }
}
