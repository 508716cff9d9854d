//! The main ways through flashsale in a real browser, and an accessibility audit of every page.
//!
//! Each check starts an application of its own with `flashsale demo` in an empty folder, and a browser with an empty
//! profile, so that no check sees what another one did. Words given as arguments choose the checks whose names
//! contain one of them:
//!
//! ```text
//! cargo build && cargo run -p browser
//! cargo run -p browser -- keyboard audit
//! ```
//!
//! - `FLASHSALE_BIN`: the program to test; without it, the debug build of this checkout.
//! - `FLASHSALE_SCREENSHOTS`: a folder for a picture of every audited page and of every failure.
//!
//! `cargo run -p browser -- --pictures` makes new pictures for the help page, in `static/help/`.
//!
//! The names of fields and buttons are only in `names.rs`.

mod app;
mod audit;
mod browser;
mod checks;
mod failure;
mod keyboard;
mod names;
mod page;
mod pictures;
mod processes;
mod report;

use std::process::ExitCode;

use crate::{browser::Driver, failure::Outcome, report::Report};

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    match run(wanted) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("The browser tests could not run: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the wanted checks; the answer is whether all of them passed.
fn run(wanted: Vec<String>) -> Outcome<bool> {
    // The application chooses its cryptography at run time, and the driver's HTTP client is built with its features.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let driver = Driver::start()?;
    if wanted == ["--pictures"] {
        return runtime.block_on(pictures::take(&driver)).map(|()| true);
    }
    let mut report = Report::new(wanted);
    runtime.block_on(checks::run_all(&driver, &mut report));
    Ok(report.close())
}
