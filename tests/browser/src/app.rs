//! The application under test: `flashsale demo` in an empty folder, on a port of its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    failure::{Failure, Outcome},
    names,
    processes::Running,
};

/// A debug build fills its database within a few seconds, also on a busy machine.
const START: Duration = Duration::from_secs(60);

/// A running demo and how to sign in to it. It ends when this is dropped.
pub struct Demo {
    /// Where it serves, without a slash at the end.
    pub address: String,
    /// The demo's account.
    pub email: String,
    /// The demo's password.
    pub password: String,
    _process: Running,
    _folder: TempDir,
}

impl Demo {
    /// Starts a demo and reads from its standard output how to sign in.
    pub fn start() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let mut process = Running::start("flashsale", &mut command(folder.path())?, folder.path())?;
        let mut read = |prefix: &'static str| {
            process.wait_for_line(&format!("line \"{prefix} …\""), START, |line| {
                line.trim().strip_prefix(prefix).map(|rest| rest.trim().to_owned())
            })
        };
        let address = read(names::ADDRESS_LINE)?.trim_end_matches('/').to_owned();
        let email = read(names::EMAIL_LINE)?;
        let password = read(names::PASSWORD_LINE)?;
        Ok(Self { address, email, password, _process: process, _folder: folder })
    }
}

fn command(folder: &Path) -> Outcome<Command> {
    let mut command = Command::new(program()?);
    // The settings of whoever runs the tests do not reach the demo.
    for (name, _) in std::env::vars_os() {
        if name == "DATABASE_URL" || name.to_string_lossy().starts_with("FLASHSALE_") {
            command.env_remove(&name);
        }
    }
    command
        .arg("demo")
        .current_dir(folder)
        .env("FLASHSALE_BIND", "127.0.0.1:0")
        .env("FLASHSALE_STATIC_DIR", checkout().join("static"));
    Ok(command)
}

fn program() -> Outcome<PathBuf> {
    let program = match std::env::var_os("FLASHSALE_BIN") {
        Some(path) => std::path::absolute(path)?,
        None => checkout().join("target/debug/flashsale"),
    };
    if program.is_file() {
        return Ok(program);
    }
    Err(Failure::new(format!("there is no {}: run `cargo build` first, or set FLASHSALE_BIN", program.display())))
}

/// The folder of the sources.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
