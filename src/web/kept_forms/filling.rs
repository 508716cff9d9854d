//! Fills the form of a page with the fields of a kept form, in the HTML of the page: so every form can be shown again,
//! and no screen has to know about it.
//!
//! Fields with the same name are filled in their order. In a table whose rows have a hidden field with the attribute
//! `data-key`, a row is filled with what was typed in the row with that key, wherever it is now.

use super::{Kept, SECRET_FIELD};
use crate::web::csrf;
use chrono::{NaiveDate, NaiveDateTime};
use lol_html::{
    RewriteStrSettings, element, end_tag,
    errors::RewritingError,
    html_content::{ContentType, Element},
    rewrite_str, text,
};
use std::{cell::RefCell, collections::HashMap, rc::Rc};

/// Whether the reader of a page is inside the form that is filled.
struct Scope {
    action: String,
    is_inside: bool,
    is_found: bool,
}

type SharedScope = Rc<RefCell<Scope>>;

impl Scope {
    fn new(action: &str) -> SharedScope {
        Rc::new(RefCell::new(Self { action: action.to_owned(), is_inside: false, is_found: false }))
    }
}

/// Enters a form that is sent to the action of the kept one.
fn enter(scope: &SharedScope, form: &mut Element<'_, '_>) -> lol_html::HandlerResult {
    let action = form.get_attribute("action").unwrap_or_default();
    let is_post = form.get_attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
    let path = action.split(['?', '#']).next().unwrap_or_default();
    let mut now = scope.borrow_mut();
    if now.is_found || !is_post || path != now.action {
        return Ok(());
    }
    now.is_inside = true;
    now.is_found = true;
    let scope = scope.clone();
    form.on_end_tag(end_tag!(move |_| {
        scope.borrow_mut().is_inside = false;
        Ok(())
    }))
}

/// A button of the form: its name and value, and its words, as they are in the HTML.
struct Button {
    name: String,
    value: String,
    label: String,
}

/// What the form of the page has now.
#[derive(Default)]
struct Survey {
    /// How many fields have a name.
    fields: HashMap<String, usize>,
    /// The name of the field whose values are the keys of rows, and the keys, as they are in the HTML.
    key: Option<String>,
    keys: Vec<String>,
    buttons: Vec<Button>,
}

fn attribute(element: &Element<'_, '_>, name: &str) -> String {
    element.get_attribute(name).unwrap_or_default()
}

fn survey(html: &str, action: &str) -> Result<Survey, RewritingError> {
    let scope = Scope::new(action);
    let survey = RefCell::new(Survey::default());
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("form", |form| enter(&scope, form)))
        .append_element_content_handler(element!("input, textarea, select", |field| {
            if scope.borrow().is_inside {
                let mut survey = survey.borrow_mut();
                let name = attribute(field, "name");
                if field.has_attribute("data-key") {
                    survey.keys.push(attribute(field, "value"));
                    survey.key = Some(name.clone());
                }
                *survey.fields.entry(name).or_default() += 1;
            }
            Ok(())
        }))
        .append_element_content_handler(element!("button", |button| {
            let is_seen = !attribute(button, "class").contains("visually-hidden");
            if scope.borrow().is_inside && is_seen {
                let name = attribute(button, "name");
                let value = attribute(button, "value");
                survey.borrow_mut().buttons.push(Button { name, value, label: String::new() });
            }
            Ok(())
        }))
        .append_element_content_handler(text!("button", |words| {
            if let Some(button) = survey.borrow_mut().buttons.last_mut().filter(|_| scope.borrow().is_inside) {
                button.label.push_str(words.as_str());
            }
            Ok(())
        }));
    rewrite_str(html, settings)?;
    Ok(survey.into_inner())
}

/// The values of the kept form, by name, as they are filled into the form of the page.
struct Values {
    sent: HashMap<String, Vec<String>>,
    /// For each row of the page the place of its fields in the kept form.
    rows: Option<Vec<Option<usize>>>,
    /// How many rows the kept form had.
    sent_rows: usize,
    /// How often each name has been met.
    met: HashMap<String, usize>,
    /// What is to be chosen of the list that is being read.
    choice: Option<String>,
}

impl Values {
    fn new(kept: &Kept, survey: &Survey) -> Self {
        let mut sent: HashMap<String, Vec<String>> = HashMap::new();
        for (name, value) in kept.fields() {
            sent.entry(name.to_owned()).or_default().push(value.to_owned());
        }
        let sent_keys = survey.key.as_ref().and_then(|key| sent.get(key)).cloned().unwrap_or_default();
        let mut rows = Vec::new();
        for key in &survey.keys {
            rows.push(sent_keys.iter().position(|sent| escaped(sent) == *key));
        }
        Self {
            rows: survey.key.is_some().then_some(rows),
            sent_rows: sent_keys.len(),
            sent,
            met: HashMap::new(),
            choice: None,
        }
    }

    /// The value for the next field with this name; nothing to leave it as it is.
    fn next(&mut self, name: &str, survey: &Survey) -> Option<String> {
        let met = self.met.entry(name.to_owned()).or_default();
        let nth = *met;
        *met += 1;
        let sent = self.sent.get(name)?;
        let is_of_rows = survey.fields.get(name) == Some(&survey.keys.len()) && sent.len() == self.sent_rows;
        match &self.rows {
            Some(rows) if is_of_rows => rows.get(nth).copied().flatten().and_then(|at| sent.get(at)).cloned(),
            _ => sent.get(nth).cloned(),
        }
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.sent.get(name).is_some_and(|sent| sent.iter().any(|sent| escaped(sent) == value))
    }
}

/// The page `html` with its form filled with what `kept` has, and with words at the top that say so.
pub fn fill(html: &str, kept: &Kept) -> Result<String, RewritingError> {
    let survey = survey(html, kept.action())?;
    let values = RefCell::new(Values::new(kept, &survey));
    let scope = Scope::new(kept.action());
    let notice = notice(kept, &survey);
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("main", |main| {
            main.prepend(&notice, ContentType::Html);
            Ok(())
        }))
        .append_element_content_handler(element!("form", |form| enter(&scope, form)))
        .append_element_content_handler(element!("input", |input| {
            if scope.borrow().is_inside {
                fill_input(input, &mut values.borrow_mut(), &survey)?;
            }
            Ok(())
        }))
        .append_element_content_handler(element!("textarea", |area| {
            if scope.borrow().is_inside
                && let Some(value) = values.borrow_mut().next(&attribute(area, "name"), &survey)
            {
                // Browsers drop the first line break.
                area.set_inner_content(&format!("\n{value}"), ContentType::Text);
            }
            Ok(())
        }))
        .append_element_content_handler(element!("select", |list| {
            if scope.borrow().is_inside {
                let choice = values.borrow_mut().next(&attribute(list, "name"), &survey);
                values.borrow_mut().choice = choice;
            }
            Ok(())
        }))
        .append_element_content_handler(element!("option", |option| {
            let values = values.borrow();
            if let Some(choice) = values.choice.as_ref().filter(|_| scope.borrow().is_inside) {
                set_state(option, "selected", escaped(choice) == attribute(option, "value"))?;
            }
            Ok(())
        }))
        .append_element_content_handler(element!("details", |details| {
            if scope.borrow().is_inside {
                set_state(details, "open", true)?;
            }
            Ok(())
        }));
    rewrite_str(html, settings)
}

fn fill_input(input: &mut Element<'_, '_>, values: &mut Values, survey: &Survey) -> lol_html::HandlerResult {
    let name = attribute(input, "name");
    let kind = attribute(input, "type");
    let is_ours = name == csrf::FIELD || name == SECRET_FIELD || input.has_attribute("data-key");
    match kind.as_str() {
        "checkbox" | "radio" => {
            let is_chosen = values.has(&name, &attribute(input, "value"));
            set_state(input, "checked", is_chosen)?;
        }
        "password" | "file" | "submit" | "button" => {}
        _ if is_ours => {}
        _ => {
            if let Some(value) = values.next(&name, survey) {
                if !can_have(&kind, &value) {
                    // A browser empties a date that is none.
                    input.set_attribute("type", "text")?;
                }
                input.set_attribute("value", &escaped(&value))?;
            }
        }
    }
    Ok(())
}

fn set_state(element: &mut Element<'_, '_>, name: &str, is_on: bool) -> lol_html::HandlerResult {
    if is_on {
        element.set_attribute(name, "")?;
    } else {
        element.remove_attribute(name);
    }
    Ok(())
}

/// Whether a browser shows `value` in an input of this kind.
fn can_have(kind: &str, value: &str) -> bool {
    match kind {
        "datetime-local" => value.is_empty() || NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M").is_ok(),
        "date" => value.is_empty() || NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok(),
        _ => true,
    }
}

fn notice(kept: &Kept, survey: &Survey) -> String {
    let mut pressed = None;
    for button in &survey.buttons {
        let sent = kept.fields().any(|(name, value)| button.name == name && button.value == escaped(value));
        let is_only = button.name.is_empty() && pressed.is_none();
        if sent || is_only {
            pressed = Some(button.label.trim());
        }
    }
    let mut notice = format!("<p>{}</p>", escaped(&kept.words(None)));
    if let Some(label) = pressed {
        // The label is HTML already.
        notice = format!("<p>{}</p>", escaped(&kept.words(Some("\u{0}"))).replace('\u{0}', label));
    }
    if survey.fields.is_empty() {
        notice.push_str("<p>This page has no such form any more. It had:</p><dl class=\"facts\">");
        for (name, value) in kept.fields().filter(|(_, value)| !value.is_empty()) {
            notice.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), escaped(value)));
        }
        notice.push_str("</dl>");
    }
    format!("<div class=\"callout callout-warning notice\" role=\"status\">{notice}</div>")
}

/// `text` as the templates write it.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => html.push_str("&#34;"),
            '&' => html.push_str("&#38;"),
            '\'' => html.push_str("&#39;"),
            '<' => html.push_str("&#60;"),
            '>' => html.push_str("&#62;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::staff::kept_forms::KeptForm,
        domain::{id::UserId, moment::Moment},
        web::kept_forms::KeptFields,
    };

    fn kept(fields: &[(&str, &str)]) -> Kept {
        let form = KeptForm {
            id: String::new(),
            user_id: UserId::from(uuid::Uuid::nil()),
            page: "/p".to_owned(),
            action: "/p".to_owned(),
            fields: String::new(),
            has_expired: false,
            had_file: false,
            had_secret: false,
            kept_at: Moment::from(chrono::DateTime::UNIX_EPOCH),
        };
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Kept(Rc::new(KeptFields { form, fields }))
    }

    fn filled(form: &str, fields: &[(&str, &str)]) -> String {
        let html =
            format!("<main><form method=\"get\" action=\"/p\"><input name=\"q\" value=\"0\"></form>{form}</main>");
        fill(&html, &kept(fields)).expect("filled")
    }

    #[test]
    fn every_kind_of_field_gets_what_was_typed_and_secrets_do_not() {
        let form = "<form method=\"post\" action=\"/p?after=x\"><input type=\"hidden\" name=\"csrf_token\" value=\"new\">\
            <input name=\"q\" type=\"text\" value=\"\"><input type=\"checkbox\" name=\"t\" value=\"a&#38;b\">\
            <input type=\"checkbox\" name=\"t\" value=\"c\" checked><input type=\"password\" name=\"p\">\
            <input type=\"datetime-local\" name=\"end\" value=\"\"><textarea name=\"r\">\n</textarea>\
            <select name=\"s\"><option value=\"1\" selected>One</option><option value=\"2\">Two</option></select>\
            <details><summary>More</summary></details>\
            <button type=\"submit\" name=\"press\" value=\"add\">Add &#38; go</button></form>";
        let html = filled(
            form,
            &[
                ("csrf_token", "old"),
                ("q", "\"<b>&"),
                ("t", "a&b"),
                ("p", "secret"),
                ("end", "9pm"),
                ("r", "A,1\n<"),
                ("s", "2"),
                ("press", "add"),
            ],
        );
        for part in [
            "name=\"csrf_token\" value=\"new\"",
            "<form method=\"get\" action=\"/p\"><input name=\"q\" value=\"0\">",
            "name=\"q\" type=\"text\" value=\"&#34;&#60;b&#62;&#38;\"",
            "value=\"a&#38;b\" checked=\"\"",
            "name=\"t\" value=\"c\">",
            "<input type=\"password\" name=\"p\">",
            "type=\"text\" name=\"end\" value=\"9pm\"",
            ">\nA,1\n&lt;</textarea>",
            "<option value=\"1\">",
            "<option value=\"2\" selected=\"\">",
            "<details open=\"\">",
            "You were signed out: what you typed is here. Look at it and press “Add &#38; go” again.",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("secret"), "{html}");
    }

    #[test]
    fn rows_with_a_key_are_filled_wherever_they_are_now() {
        let row = |key: &str, value: &str| {
            format!(
                "<input type=\"hidden\" name=\"sku\" value=\"{key}\" data-key><input name=\"quantity\" value=\"{value}\">"
            )
        };
        let form =
            format!("<form method=\"post\" action=\"/p\">{}{}{}</form>", row("C", "3"), row("B", ""), row("A", ""));
        let html = filled(&form, &[("sku", "A"), ("quantity", "10"), ("sku", "B"), ("quantity", "20")]);
        for row in [row("C", "3"), row("B", "20"), row("A", "10")] {
            assert!(html.contains(&row), "{row} in {html}");
        }
    }

    #[test]
    fn a_page_without_the_form_lists_what_was_typed() {
        let html = filled("<p>It has ended.</p>", &[("name", "11.11 <sale>"), ("end", "")]);
        assert!(
            html.contains("<dt>name</dt><dd>11.11 &#60;sale&#62;</dd>") && !html.contains("<dt>end</dt>"),
            "{html}"
        );
    }
}
