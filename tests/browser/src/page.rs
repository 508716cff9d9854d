//! A page as a person sees it: fields by their labels, buttons by their texts, rows by their headers.

use std::{
    cell::Cell,
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use thirtyfour::{By, WebDriver, WebElement};

use crate::{
    app::Demo,
    failure::{Failure, Outcome, ensure},
    names::{self, button, field, path},
};

/// How long a page may take. A debug build on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(20);
/// The interval between two checks of a condition.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// One window of a browser, on the demo's pages.
pub struct Page {
    browser: WebDriver,
    address: String,
    clicks: Cell<usize>,
}

/// An entry of the list of errors at the top of a refused form.
pub struct ListedError {
    /// What it says.
    pub text: String,
    /// Whether its link leads to an element of the page.
    pub leads_to_a_field: bool,
    /// What is said at that field.
    pub said_at_the_field: String,
}

/// The row of a table: what stands under each header.
#[derive(Debug)]
pub struct Row(BTreeMap<String, String>);

impl Row {
    /// The number that begins the cell under `header`. Headers may say more, and be shown in capitals.
    pub fn number(&self, header: &str) -> Outcome<i64> {
        let wanted = header.to_lowercase();
        let is_wanted = |shown: &str| {
            shown.to_lowercase().strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let cell = self.0.iter().find(|(shown, _)| is_wanted(shown)).map(|(_, cell)| cell);
        let cell = cell.ok_or_else(|| Failure::new(format!("no column {header:?} in {:?}", self.0)))?;
        leading_number(cell).ok_or_else(|| Failure::new(format!("no number under {header:?}: {cell:?}")))
    }
}

fn leading_number(text: &str) -> Option<i64> {
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == ',').filter(|c| *c != ',').collect();
    digits.parse().ok()
}

impl Page {
    /// A window that has not visited anything yet.
    pub fn new(browser: WebDriver, address: &str) -> Self {
        Self { browser, address: address.to_owned(), clicks: Cell::new(0) }
    }

    /// Opens a path of the application.
    pub async fn visit(&self, path: &str) -> Outcome {
        Ok(self.browser.goto(format!("{}{path}", self.address)).await?)
    }

    /// Opens any address.
    pub async fn visit_address(&self, address: &str) -> Outcome {
        Ok(self.browser.goto(address).await?)
    }

    /// Opens the sign-in form and signs in.
    pub async fn sign_in(&self, demo: &Demo) -> Outcome {
        self.visit(path::SIGN_IN).await?;
        self.fill(field::EMAIL, &demo.email).await?;
        self.fill(field::PASSWORD, &demo.password).await?;
        self.press(button::SIGN_IN).await?;
        let path = self.path().await?;
        ensure(path != path::SIGN_IN, || "the sign-in form came back".to_owned())
    }

    /// The path of the page, without the query.
    pub async fn path(&self) -> Outcome<String> {
        Ok(self.browser.current_url().await?.path().to_owned())
    }

    /// Fails unless the page's path ends so.
    pub async fn expect_path_ending(&self, end: &str) -> Outcome {
        let path = self.path().await?;
        if path.ends_with(end) {
            return Ok(());
        }
        let errors: Vec<String> = self.error_summary().await?.into_iter().map(|error| error.text).collect();
        Err(Failure::new(format!("expected a path ending in {end}, and it is {path}; errors listed: {errors:?}")))
    }

    /// The page's title.
    pub async fn title(&self) -> Outcome<String> {
        Ok(self.browser.title().await?)
    }

    /// The status the server answered the page with.
    pub async fn status(&self) -> Outcome<u64> {
        let status = self.run("return performance.getEntriesByType('navigation')[0].responseStatus", vec![]).await?;
        status.as_u64().ok_or_else(|| Failure::new("the browser does not tell the status"))
    }

    /// What can be read in the page's content.
    pub async fn text(&self) -> Outcome<String> {
        let text = self.run("return (document.querySelector('main') ?? document.body).innerText", vec![]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The paths that the links in the page's content lead to.
    pub async fn link_paths(&self) -> Outcome<Vec<String>> {
        let script = "return [...document.querySelectorAll('main a[href]')].map(a => a.pathname)";
        Ok(strings(&self.run(script, vec![]).await?))
    }

    /// The one field with this label.
    pub async fn field(&self, label: &str) -> Outcome<WebElement> {
        self.field_near(label, "", "").await
    }

    /// The one field whose label begins so, whose name, row or section's heading contains `word`, and which is of this input type; each of
    /// the three may be empty.
    pub async fn field_near(&self, label: &str, word: &str, input_type: &str) -> Outcome<WebElement> {
        let script = concat!(include_str!("scripts/names.js"), include_str!("scripts/find_field.js"));
        let (mut found, names) = self.find(script, vec![json!(label), json!(word), json!(input_type)]).await?;
        let near = if word.is_empty() { String::new() } else { format!(" near {word:?}") };
        ensure(found.len() == 1, || {
            format!("{} fields are labelled {label:?}{near}; the fields are {names:?}", found.len())
        })?;
        Ok(found.remove(0))
    }

    /// How often something was clicked.
    pub fn clicks(&self) -> usize {
        self.clicks.get()
    }

    /// Puts `text` into a field, in place of what it holds.
    pub async fn fill(&self, label: &str, text: &str) -> Outcome {
        self.fill_field(&self.field(label).await?, text).await
    }

    /// Puts `text` into this field, in place of what it holds.
    pub async fn fill_field(&self, field: &WebElement, text: &str) -> Outcome {
        let kind = field.prop("type").await?.unwrap_or_default();
        if kind == "datetime-local" {
            // What the browser's own calendar does when a day is picked.
            self.run("arguments[0].value = arguments[1]", vec![field.to_json()?, json!(text)]).await?;
        } else {
            if kind != "file" {
                field.clear().await?;
            }
            field.send_keys(text).await?;
        }
        Ok(())
    }

    /// What the field with this label holds.
    pub async fn read(&self, label: &str) -> Outcome<String> {
        Ok(self.field(label).await?.value().await?.unwrap_or_default())
    }

    /// The text of the option that is chosen in the field with this label.
    pub async fn read_choice(&self, label: &str) -> Outcome<String> {
        let field = self.field(label).await?;
        let script = "return arguments[0].selectedOptions[0]?.textContent.trim() ?? ''";
        let text = self.run(script, vec![field.to_json()?]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Picks the radio or the checkbox with this label, unless it is picked already.
    pub async fn pick(&self, label: &str) -> Outcome {
        self.pick_field(&self.field(label).await?).await
    }

    /// Picks this radio or checkbox, unless it is picked already: by its label, which may lie over it.
    pub async fn pick_field(&self, field: &WebElement) -> Outcome {
        if !field.is_selected().await? {
            let label = self.run("return arguments[0].labels[0] ?? arguments[0]", vec![field.to_json()?]).await?;
            self.click(&WebElement::from_json(label, self.browser.handle().clone())?).await?;
        }
        ensure(field.is_selected().await?, || "a click did not pick it".to_owned())
    }

    /// Chooses the option whose text begins so.
    pub async fn choose(&self, label: &str, option: &str) -> Outcome {
        let field = self.field(label).await?;
        let options = field.find_all(By::Tag("option")).await?;
        let mut texts = Vec::new();
        for candidate in options {
            let text = candidate.text().await?;
            if text.trim().starts_with(option) {
                return self.click(&candidate).await;
            }
            texts.push(text);
        }
        Err(Failure::new(format!("{label:?} offers no {option:?}; it offers {texts:?}")))
    }

    /// Presses the button or follows the link with this text, and waits for the page that comes.
    pub async fn press(&self, text: &str) -> Outcome {
        let script = concat!(include_str!("scripts/names.js"), include_str!("scripts/find_button.js"));
        let (found, names) = self.find(script, vec![json!(text)]).await?;
        let element = found
            .first()
            .ok_or_else(|| Failure::new(format!("nothing to press is called {text:?}; there are {names:?}")))?;
        let before = self.document().await?;
        self.click(element).await?;
        self.wait_for_another_document(before, text).await
    }

    async fn click(&self, element: &WebElement) -> Outcome {
        self.clicks.set(self.clicks.get() + 1);
        Ok(element.click().await?)
    }

    /// A mark of the document that the window shows, which the next one does not share.
    pub async fn document(&self) -> Outcome<Value> {
        self.run("return performance.timeOrigin", vec![]).await
    }

    /// Waits until the window shows another document than `before`, and all of it.
    pub async fn wait_for_another_document(&self, before: Value, pressed: &str) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        let script = "return document.readyState === 'complete' ? performance.timeOrigin : arguments[0]";
        while Instant::now() < deadline {
            // Between two documents the browser may have nothing to run a script in.
            match self.run(script, vec![before.clone()]).await {
                Ok(now) if now != before => return Ok(()),
                Ok(_) | Err(_) => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
        Err(Failure::new(format!(
            "{pressed:?} led to no other page within {} seconds (is something keeping the form from being sent?)",
            PATIENCE.as_secs()
        )))
    }

    /// The list of errors at the top; empty if there is none.
    pub async fn error_summary(&self) -> Outcome<Vec<ListedError>> {
        let script = concat!(include_str!("scripts/names.js"), include_str!("scripts/error_summary.js"));
        let entries = self.run(script, vec![json!(names::ERROR_SUMMARY)]).await?;
        let entry = |value: &Value| ListedError {
            text: value["text"].as_str().unwrap_or_default().to_owned(),
            leads_to_a_field: value["leads"].as_bool().unwrap_or_default(),
            said_at_the_field: value["said"].as_str().unwrap_or_default().to_owned(),
        };
        Ok(entries.as_array().map(|entries| entries.iter().map(entry).collect()).unwrap_or_default())
    }

    /// The row that has `key` in one of its first cells, in any of the page's tables.
    pub async fn row(&self, key: &str) -> Outcome<Option<Row>> {
        let script = concat!(include_str!("scripts/names.js"), include_str!("scripts/table_row.js"));
        let row = self.run(script, vec![json!(key)]).await?;
        let cell = |(header, text): (&String, &Value)| (header.clone(), text.as_str().unwrap_or_default().to_owned());
        Ok(row.as_object().map(|cells| Row(cells.iter().map(cell).collect())))
    }

    /// Turns off the scripts of all pages from here on. What the driver itself runs is not affected.
    pub async fn turn_off_scripts(&self) -> Outcome {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await?;
        Ok(())
    }

    /// Runs a script by way of the driver; the page's content-security policy does not apply to it.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Outcome<Value> {
        Ok(self.browser.execute(script, arguments).await?.json().clone())
    }

    /// Sends a command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Outcome<Value> {
        Ok(self.browser.cdp().send_raw(command, parameters).await?)
    }

    /// The browser itself, for what this type has no words for.
    pub fn browser(&self) -> &WebDriver {
        &self.browser
    }

    /// Saves a screenshot of the whole page in the folder `FLASHSALE_SCREENSHOTS`, if that is set.
    pub async fn screenshot(&self, name: &str) -> Outcome {
        let Some(folder) = std::env::var_os("FLASHSALE_SCREENSHOTS").map(PathBuf::from) else {
            return Ok(());
        };
        let png = self.capture(json!({ "format": "png", "captureBeyondViewport": true })).await?;
        std::fs::create_dir_all(&folder)?;
        Ok(std::fs::write(folder.join(format!("{}.png", file_name(name))), png)?)
    }

    /// A picture, made as the parameters of `Page.captureScreenshot` say.
    pub async fn capture(&self, how: Value) -> Outcome<Vec<u8>> {
        let picture = self.devtools("Page.captureScreenshot", how).await?;
        BASE64_STANDARD
            .decode(picture["data"].as_str().unwrap_or_default())
            .map_err(|error| Failure::new(format!("the picture cannot be read: {error}")))
    }

    /// Adds the page to a failure, and saves a screenshot of it if screenshots are enabled.
    pub async fn explain(&self, failure: Failure) -> Failure {
        let path = self.path().await.unwrap_or_default();
        let title = self.title().await.unwrap_or_default();
        let picture = self.screenshot(&format!("failed at {path}")).await;
        let and = picture.err().map(|error| format!("; no picture: {error}")).unwrap_or_default();
        failure.while_doing(&format!("on {path} ({title:?}{and})"))
    }

    /// The elements that a script found, and the names of those it could have found.
    async fn find(&self, script: &str, arguments: Vec<Value>) -> Outcome<(Vec<WebElement>, Vec<String>)> {
        let answer = self.run(script, arguments).await?;
        let found = answer["found"].as_array().cloned().unwrap_or_default();
        let elements: Result<_, _> =
            found.into_iter().map(|value| WebElement::from_json(value, self.browser.handle().clone())).collect();
        Ok((elements?, strings(&answer["names"])))
    }
}

/// The texts of a JSON list.
pub fn strings(list: &Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn file_name(name: &str) -> String {
    let dashed: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    dashed.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::{Row, file_name, leading_number};

    #[test]
    fn a_cell_may_say_more_than_its_number() {
        assert_eq!(leading_number("60"), Some(60));
        assert_eq!(leading_number("1,060 of 2,000"), Some(1060));
        assert_eq!(leading_number("–"), None);
    }

    #[test]
    fn a_header_may_say_more_than_its_name() {
        let cells = [("LAZADA SG shows", "60"), ("Lazada SGX", "7")];
        let row = Row(cells.map(|(header, cell)| (header.to_owned(), cell.to_owned())).into());
        assert_eq!(row.number("Lazada SG").expect("the column is there"), 60);
        assert!(row.number("Shopee SG").is_err());
    }

    #[test]
    fn pictures_have_plain_file_names() {
        assert_eq!(file_name("/settings/users at 360 px, dark"), "settings-users-at-360-px-dark");
    }
}
