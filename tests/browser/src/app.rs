//! The application under test: `flashsale demo`, or `flashsale serve` on an empty database, in an empty folder and on a
//! port of its own.

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

/// A running application and how to sign in to it. It ends when this is dropped.
pub struct Demo {
    /// Where it serves, without a slash at the end.
    pub address: String,
    /// The account.
    pub email: String,
    /// Its password.
    pub password: String,
    /// Where the marketplaces are that its stores push to; empty where there are none.
    pub marketplaces: String,
    _process: Running,
    _folder: TempDir,
}

impl Demo {
    /// Starts a demo and reads from its standard output how to sign in.
    pub fn start() -> Outcome<Self> {
        let (mut process, folder) = start("demo", &[])?;
        let address = read(&mut process, names::ADDRESS_LINE)?.trim_end_matches('/').to_owned();
        let email = read(&mut process, names::EMAIL_LINE)?;
        let password = read(&mut process, names::PASSWORD_LINE)?;
        let marketplaces = read(&mut process, names::MARKETPLACES_LINE)?;
        Ok(Self { address, email, password, marketplaces, _process: process, _folder: folder })
    }

    /// Starts the application on an empty database with these settings beside the usual ones, and reads from its standard
    /// output the path to the first account.
    pub fn start_empty(settings: &[(&str, &str)]) -> Outcome<(Self, String)> {
        let (mut process, folder) = start("serve", settings)?;
        let address = read(&mut process, names::ADDRESS_LINE)?.trim_end_matches('/').to_owned();
        let link = read(&mut process, names::SET_UP_LINE)?;
        let path = link.strip_prefix(&address).ok_or_else(|| Failure::new(format!("{link} is not at {address}")))?;
        let (email, password) = ("first@example.com".to_owned(), "the first of several".to_owned());
        let marketplaces = String::new();
        Ok((Self { address, email, password, marketplaces, _process: process, _folder: folder }, path.to_owned()))
    }
}

fn start(subcommand: &str, settings: &[(&str, &str)]) -> Outcome<(Running, TempDir)> {
    let folder = tempfile::tempdir()?;
    let mut command = command(folder.path())?;
    command.arg(subcommand).envs(settings.iter().copied());
    let process = Running::start("flashsale", &mut command, folder.path())?;
    Ok((process, folder))
}

/// The rest of the line that begins with `prefix`.
fn read(process: &mut Running, prefix: &'static str) -> Outcome<String> {
    process.wait_for_line(&format!("line \"{prefix} …\""), START, |line| {
        line.trim().strip_prefix(prefix).map(|rest| rest.trim().to_owned())
    })
}

fn command(folder: &Path) -> Outcome<Command> {
    let mut command = Command::new(program()?);
    // The demo does not inherit the settings of the environment.
    for (name, _) in std::env::vars_os() {
        if name == "DATABASE_URL" || name.to_string_lossy().starts_with("FLASHSALE_") {
            command.env_remove(&name);
        }
    }
    command
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
