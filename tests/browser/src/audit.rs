//! What must be true of every page: axe finds nothing, nothing sticks out of the window, the browser reports no error,
//! and there is no script.

use std::collections::BTreeMap;

use serde_json::json;

use crate::{
    failure::{Failure, Outcome},
    page::{Page, strings},
};

/// axe-core 4.14.1, unchanged, from the npm package of that name; its licence lies beside it.
const AXE: &str = include_str!("../axe/axe.min.js");
/// What axe checks. Its own default leaves out WCAG 2.2.
const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// The appearance of a page.
#[derive(Clone, Copy)]
pub struct View {
    /// The window's width in pixels.
    pub width: u32,
    /// What the person prefers: "light" or "dark".
    pub theme: &'static str,
}

/// A phone and a desktop, by day and by night.
pub const VIEWS: [View; 4] = [
    View { width: 360, theme: "light" },
    View { width: 360, theme: "dark" },
    View { width: 1440, theme: "light" },
    View { width: 1440, theme: "dark" },
];

impl View {
    /// Sets the appearance of the window.
    pub async fn show(self, page: &Page) -> Outcome {
        let phone = self.width < 600;
        let size = json!({ "width": self.width, "height": 900, "deviceScaleFactor": 1, "mobile": phone });
        page.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        let media = json!({ "features": [
            { "name": "prefers-color-scheme", "value": self.theme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]});
        page.devtools("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }
}

/// What was found, each with the views it was found in.
#[derive(Default)]
struct Findings(BTreeMap<String, Vec<String>>);

/// Opens a path in every view, checks that it is answered with `status`, and audits it.
pub async fn visit_and_audit(page: &Page, path: &str, status: u64) -> Outcome {
    let mut findings = Findings::default();
    // What earlier pages made the browser report is theirs.
    page.browser().browser_log().await?;
    for view in VIEWS {
        view.show(page).await?;
        page.visit(path).await?;
        let answered = page.status().await?;
        if answered != status {
            return Err(Failure::new(format!("{path} was answered with {answered}, and {status} was expected")));
        }
        audit(page, view, path, &mut findings).await?;
    }
    findings.verdict()
}

/// Audits the page as it stands, in every view: for pages that no address leads to.
pub async fn audit_here(page: &Page, name: &str) -> Outcome {
    let mut findings = Findings::default();
    for view in VIEWS {
        view.show(page).await?;
        audit(page, view, name, &mut findings).await?;
    }
    findings.verdict()
}

async fn audit(page: &Page, view: View, name: &str, findings: &mut Findings) -> Outcome {
    page.screenshot(&format!("{} {} {}", if name == "/" { "dashboard" } else { name }, view.width, view.theme)).await?;
    let mut found = browser_errors(page).await?;
    found.extend(what_sticks_out(page, view.width).await?);
    found.extend(scripts(page).await?);
    found.extend(axe(page).await?);
    // What axe itself makes the browser report is not the page's fault.
    page.browser().browser_log().await?;
    for finding in found {
        findings.add(finding, view);
    }
    Ok(())
}

impl Findings {
    fn add(&mut self, finding: String, view: View) {
        let views = self.0.entry(finding).or_default();
        let seen_in = format!("{} px {}", view.width, view.theme);
        if !views.contains(&seen_in) {
            views.push(seen_in);
        }
    }

    fn verdict(self) -> Outcome {
        if self.0.is_empty() {
            return Ok(());
        }
        let line = |(finding, views): (&String, &Vec<String>)| {
            let every = views.len() == VIEWS.len();
            format!("\n    {} – {finding}", if every { "every view".to_owned() } else { views.join(", ") })
        };
        Err(Failure::new(self.0.iter().map(line).collect::<String>()))
    }
}

/// Missing files and breaches of the content-security policy, as the browser's console has them.
async fn browser_errors(page: &Page) -> Outcome<Vec<String>> {
    let own = page.browser().current_url().await?;
    let log = page.browser().browser_log().await?;
    // A page that is meant to be answered with 404 or 422 is no error.
    let is_own = |message: &str| message.starts_with(&format!("{own} - Failed to load resource"));
    let messages = log.into_iter().map(|entry| entry.message).filter(|message| !is_own(message));
    Ok(messages.map(|message| format!("the browser reports: {message}")).collect())
}

async fn what_sticks_out(page: &Page, width: u32) -> Outcome<Vec<String>> {
    let answer = page.run(include_str!("scripts/overflow.js"), vec![json!(width)]).await?;
    let page_width = answer["pageWidth"].as_u64().ok_or_else(|| Failure::new("the page has no width"))?;
    if page_width <= u64::from(width) {
        return Ok(vec![]);
    }
    let culprits = strings(&answer["culprits"]);
    Ok(vec![format!("the page is {page_width} px wide; these stick out: {culprits:?}")])
}

async fn scripts(page: &Page) -> Outcome<Vec<String>> {
    let number = page.run("return document.scripts.length", vec![]).await?;
    Ok(if number == json!(0) { vec![] } else { vec![format!("the page has {number} scripts, and it needs none")] })
}

async fn axe(page: &Page) -> Outcome<Vec<String>> {
    page.run(AXE, vec![]).await?;
    let answer = page.browser().execute_async(include_str!("scripts/axe.js"), vec![json!(TAGS)]).await?;
    if !answer.json().is_array() {
        return Err(Failure::new(format!("axe answered {}", answer.json())));
    }
    Ok(strings(answer.json()))
}
