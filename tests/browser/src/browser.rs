//! Chromium and its driver.

use std::{path::PathBuf, process::Command, time::Duration};

use tempfile::TempDir;
use thirtyfour::{ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver};

use crate::{
    app::Demo,
    failure::{Failure, Outcome},
    page::Page,
    processes::Running,
};

/// What a fresh Chromium gets. It connects only to the application, and its language decides the order in which
/// the parts of a date are typed.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--hide-scrollbars",
    "--lang=en-US",
    // The browser ends when its driver does, however that happens.
    "--remote-debugging-pipe",
];

/// A running chromedriver. It ends when this is dropped.
pub struct Driver {
    address: String,
    _process: Running,
    _folder: TempDir,
}

impl Driver {
    /// Starts chromedriver on a port that the system chooses.
    pub fn start() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let mut process = Running::start("chromedriver", &mut command, folder.path())?;
        let port = process.wait_for_line("port", Duration::from_secs(30), port_in)?;
        Ok(Self { address: format!("http://127.0.0.1:{port}"), _process: process, _folder: folder })
    }

    /// Runs `visit` in a browser with an empty profile and closes it again. When it fails, the failure names the page
    /// it stood on, and a screenshot of it is saved if screenshots are enabled.
    pub async fn with_page<T>(&self, demo: &Demo, visit: impl AsyncFnOnce(&Page) -> Outcome<T>) -> Outcome<T> {
        let profile = tempfile::tempdir()?;
        let browser = self.open(&profile).await?;
        let page = Page::new(browser.clone(), &demo.address);
        let outcome = match visit(&page).await {
            Ok(value) => Ok(value),
            Err(failure) => Err(page.explain(failure).await),
        };
        browser.quit().await?;
        outcome
    }

    async fn open(&self, profile: &TempDir) -> Outcome<WebDriver> {
        let mut capabilities = DesiredCapabilities::chrome();
        for flag in FLAGS {
            capabilities.add_arg(flag)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        if let Some(chromium) = chromium() {
            capabilities.set_binary(&chromium.to_string_lossy())?;
        }
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::Severe)?;
        WebDriver::new(&self.address, capabilities)
            .await
            .map_err(|error| Failure::from(error).while_doing("opening Chromium"))
    }
}

/// The port in "ChromeDriver was started successfully on port 12345."
fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("started successfully on port ")?;
    rest.trim_end_matches('.').parse().ok()
}

fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join("chromium")).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::port_in;

    #[test]
    fn the_port_is_read_from_the_drivers_own_words() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 36013."), Some(36013));
        assert_eq!(port_in("Only local connections are allowed."), None);
    }
}
