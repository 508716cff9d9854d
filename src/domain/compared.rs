//! A value of a form that someone else may have changed since its page was loaded.

/// The three values of a field when its form is submitted.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'a, T: ?Sized> {
    /// The value that the page showed.
    pub shown: &'a T,
    /// The submitted value.
    pub typed: &'a T,
    /// The value that is stored now.
    pub now: &'a T,
}

impl<'a, T: PartialEq + ?Sized> Compared<'a, T> {
    /// Whether the stored value has changed since the page was loaded.
    pub fn was_changed(&self) -> bool {
        self.now != self.shown
    }

    /// Whether the submitted value differs from the one that was shown.
    pub fn was_typed(&self) -> bool {
        self.typed != self.shown
    }

    /// Whether saving the form would overwrite the stored value.
    pub fn replaces(&self) -> bool {
        self.was_typed() && self.typed != self.now
    }

    /// The value that the form shows next: the typed one if it was changed, otherwise the stored one.
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
