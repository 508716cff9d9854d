//! A page by keyboard alone: nothing here clicks, and nothing sets the focus.

use serde_json::Value;
use thirtyfour::{Key, TypingData};

use crate::{
    failure::{Failure, Outcome, ensure},
    page::Page,
};

/// More stops than any page has.
const MOST_STOPS: usize = 300;
/// More options than any choice has.
const MOST_OPTIONS: usize = 100;

/// The keyboard of someone who has no mouse.
pub struct Keyboard<'a> {
    page: &'a Page,
}

/// What has the focus.
#[derive(Debug)]
struct Focus {
    name: String,
    row: String,
    kind: String,
    holds: String,
    checked: bool,
    in_content: bool,
    visible: bool,
}

impl Focus {
    fn is_link(&self) -> bool {
        self.kind == "a"
    }

    fn is_button(&self) -> bool {
        self.kind == "submit" || self.kind == "button"
    }

    fn is_field(&self) -> bool {
        !self.is_link() && !self.is_button()
    }

    fn is_called(&self, name: &str) -> bool {
        self.name.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    }

    fn is_near(&self, word: &str) -> bool {
        let is_of_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let has = |text: &str| text.split(|c| !is_of_word(c)).any(|part| part == word);
        word.is_empty() || has(&self.name) || has(&self.row)
    }
}

impl<'a> Keyboard<'a> {
    /// The keyboard in front of this page.
    pub fn of(page: &'a Page) -> Self {
        Self { page }
    }

    /// Tabs to the field with this label and replaces what it holds.
    pub async fn fill(&self, label: &str, text: &str) -> Outcome {
        self.fill_near(label, "", text).await
    }

    /// Tabs to the field with this label whose name or row contains `word`, and replaces what it holds.
    pub async fn fill_near(&self, label: &str, word: &str, text: &str) -> Outcome {
        let fits = |focus: &Focus| focus.is_field() && focus.is_called(label) && focus.is_near(word);
        let focus = self.tab_until(label, fits).await?;
        if focus.kind == "datetime-local" {
            return self.type_time(label, text).await;
        }
        let everything = self.page.browser().action_chain().key_down(Key::Control).send_keys("a").key_up(Key::Control);
        everything.perform().await?;
        self.type_keys(text).await?;
        self.expect_held(label, text).await
    }

    /// Tabs to the group of radios and moves to the one with this label.
    pub async fn pick_radio(&self, label: &str) -> Outcome {
        let mut focus = self.tab_until(label, |focus| focus.kind == "radio").await?;
        for _ in 0..MOST_OPTIONS {
            if focus.is_called(label) {
                if !focus.checked {
                    self.type_keys(" ").await?;
                    focus = self.focus().await?;
                }
                return ensure(focus.checked, || format!("{label:?} is not picked"));
            }
            self.type_keys(Key::Down).await?;
            focus = self.focus().await?;
        }
        Err(Failure::new(format!("the arrows do not lead to the radio {label:?}")))
    }

    /// Tabs to the checkbox whose name or row contains `word`, and ticks it.
    pub async fn tick(&self, word: &str) -> Outcome {
        self.tab_until(word, |focus| focus.kind == "checkbox" && focus.is_near(word)).await?;
        self.type_keys(" ").await?;
        let focus = self.focus().await?;
        ensure(focus.checked, || format!("the space bar does not tick {word:?}"))
    }

    /// Tabs to the choice with this label and moves to the option.
    pub async fn choose(&self, label: &str, option: &str) -> Outcome {
        self.tab_until(label, |focus| focus.is_field() && focus.is_called(label)).await?;
        self.type_keys(Key::Home).await?;
        for _ in 0..MOST_OPTIONS {
            if self.focus().await?.holds.starts_with(option) {
                return Ok(());
            }
            self.type_keys(Key::Down).await?;
        }
        Err(Failure::new(format!("the arrows do not lead to the option {option:?} of {label:?}")))
    }

    /// Tabs to the button or the link in the page's content, presses Enter, and waits for the page that comes.
    pub async fn press(&self, text: &str) -> Outcome {
        let fits = |focus: &Focus| !focus.is_field() && focus.in_content && focus.is_called(text);
        self.tab_until(text, fits).await?;
        self.enter(text).await
    }

    /// Tabs to the link anywhere on the page, presses Enter, and waits for the page that comes.
    pub async fn follow(&self, text: &str) -> Outcome {
        self.tab_until(text, |focus| focus.is_link() && focus.is_called(text)).await?;
        self.enter(text).await
    }

    /// Presses Enter where the focus is, and waits for the page that comes.
    pub async fn enter(&self, what: &str) -> Outcome {
        let before = self.page.document().await?;
        self.type_keys(Key::Enter).await?;
        self.page.wait_for_another_document(before, what).await
    }

    /// Types a time like 2026-11-25T17:42 into the parts of the browser's own field, in the American order.
    async fn type_time(&self, label: &str, time: &str) -> Outcome {
        let unreadable = || Failure::new(format!("{time:?} is no time for {label:?}"));
        let parsed = chrono::NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M").map_err(|_| unreadable())?;
        self.type_keys(parsed.format("%m%d%Y").to_string()).await?;
        // A year may have six digits, so the field waits for more.
        self.type_keys(Key::Right).await?;
        self.type_keys(parsed.format("%I%M%p").to_string()).await?;
        self.expect_held(label, time).await
    }

    async fn expect_held(&self, label: &str, text: &str) -> Outcome {
        let holds = self.focus().await?.holds;
        ensure(holds == text, || format!("{text:?} was typed into {label:?}, and it holds {holds:?}"))
    }

    async fn tab_until(&self, what: &str, fits: impl Fn(&Focus) -> bool) -> Outcome<Focus> {
        let mut seen = Vec::new();
        for _ in 0..MOST_STOPS {
            self.type_keys(Key::Tab).await?;
            let Some(focus) = self.focus_if_any().await? else { continue };
            if fits(&focus) {
                ensure(focus.visible, || format!("the focus of {:?} is not visible", focus.name))?;
                return Ok(focus);
            }
            let stop = format!("{} ({})", focus.name, focus.kind);
            if !seen.contains(&stop) {
                seen.push(stop);
            }
        }
        Err(Failure::new(format!("Tab does not lead to {what:?}; it leads to {seen:?}")))
    }

    async fn focus(&self) -> Outcome<Focus> {
        self.focus_if_any().await?.ok_or_else(|| Failure::new("the focus is lost"))
    }

    async fn focus_if_any(&self) -> Outcome<Option<Focus>> {
        let script = concat!(include_str!("scripts/names.js"), include_str!("scripts/focus.js"));
        let answer = self.page.run(script, vec![]).await?;
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        let flag = |key: &str| answer[key] == Value::Bool(true);
        Ok(answer.is_object().then(|| Focus {
            name: text("name"),
            row: text("row"),
            kind: text("type"),
            holds: text("holds"),
            checked: flag("checked"),
            in_content: flag("inContent"),
            visible: flag("visible"),
        }))
    }

    async fn type_keys(&self, keys: impl Into<TypingData>) -> Outcome {
        Ok(self.page.browser().action_chain().send_keys(keys).perform().await?)
    }
}
