//! A value of a form that others may have changed since its page was loaded.

/// A value as its page showed it, as it came back, and as it is stored now.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a, T: ?Sized> {
    /// What the page showed.
    pub shown: &'a T,
    /// What came back.
    pub typed: &'a T,
    /// What is stored now.
    pub now: &'a T,
}

impl<'a, T: PartialEq + ?Sized> Compared<'a, T> {
    /// Whether others changed it meanwhile.
    #[must_use]
    pub fn was_changed(&self) -> bool {
        self.now != self.shown
    }

    /// Whether something else was typed than was shown.
    #[must_use]
    pub fn was_typed(&self) -> bool {
        self.typed != self.shown
    }

    /// Whether saving what was typed would replace what is stored by something else.
    #[must_use]
    pub fn replaces(&self) -> bool {
        self.was_typed() && self.typed != self.now
    }

    /// What the form shows next: what was typed, or else what is stored.
    #[must_use]
    pub fn merged(&self) -> &'a T {
        if self.was_typed() { self.typed } else { self.now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_and_what_was_not_is_as_it_is_stored() {
        // Shown, typed, now; then changed, typed, replaces, merged.
        for (values, changed, typed, replaces, merged) in [
            (["a", "a", "a"], false, false, false, "a"),
            (["a", "b", "a"], false, true, true, "b"),
            (["a", "a", "c"], true, false, false, "c"),
            (["a", "b", "c"], true, true, true, "b"),
            (["a", "b", "b"], true, true, false, "b"),
        ] {
            let [shown, came_back, now] = values;
            let compared = Compared { shown, typed: came_back, now };
            assert_eq!(
                (compared.was_changed(), compared.was_typed(), compared.replaces(), compared.merged()),
                (changed, typed, replaces, merged),
                "{values:?}"
            );
        }
    }
}
