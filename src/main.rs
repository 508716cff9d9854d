//! The program `flashsale`: reads the command line and calls the library.

mod commands;

use clap::{Parser, Subcommand};
use flashsale::settings::Settings;
use std::{error::Error, io::IsTerminal, process::ExitCode};
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// What is freed goes back to the machine within a second (`.cargo/config.toml`).
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Gives one marketplace store a quantity that no other store can sell, for as long as a sale runs.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// What to do; without one, serve.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the pages and the API. The settings come from the environment: see the README.
    Serve,
    /// Serve a separate database that is recreated at each start and filled with examples, and print how to sign in.
    Demo,
    /// Manage the tokens of the API.
    #[command(subcommand)]
    Token(commands::token::TokenCommand),
    /// Import a CSV file, and write the rows that fail to FILE.failed.csv.
    #[command(subcommand)]
    Import(commands::import::ImportCommand),
    /// Copy the SQLite database into a new file while servers use it, and verify the copy.
    Backup(commands::backup::BackupCommand),
    /// Compare the clock of this machine with the database's.
    Clock(commands::clock::ClockCommand),
    /// Print a new key for FLASHSALE_CREDENTIALS_KEY.
    Key,
    /// Recompute everything from the ledger and list every difference.
    Verify,
    /// Put a backup in the place of the SQLite database, after it was verified.
    Restore(commands::backup::RestoreCommand),
    /// Manage the members of staff who can sign in.
    #[command(subcommand)]
    User(commands::user::UserCommand),
}

fn main() -> ExitCode {
    match start_log().and_then(|()| run(Arguments::parse().command.unwrap_or(Command::Serve))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flashsale: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A line for each request that is not HTTP: any client could fill the disk with them.
const NOT_LOGGED: &str = "actix_http::h1::dispatcher=off";

/// Sends the log to standard error. `FLASHSALE_LOG` sets the level, `info` by default, and `FLASHSALE_LOG_FORMAT` the format:
/// `text`, in colours on a terminal, or `json`, one object a line.
fn start_log() -> Result<(), Box<dyn Error>> {
    let level = std::env::var("FLASHSALE_LOG").ok().filter(|level| !level.is_empty()).unwrap_or("info".to_owned());
    let filter =
        format!("{NOT_LOGGED},{level}").parse::<Targets>().map_err(|error| format!("FLASHSALE_LOG: {error}"))?;
    let format = std::env::var("FLASHSALE_LOG_FORMAT").unwrap_or_default();
    let log = tracing_subscriber::registry().with(filter);
    match format.as_str() {
        "" | "text" => {
            let has_colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            log.with(fmt::layer().with_ansi(has_colours).with_writer(std::io::stderr)).init();
        }
        "json" => log.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).init(),
        _ => return Err(format!("FLASHSALE_LOG_FORMAT: “{format}” is neither text nor json").into()),
    }
    Ok(())
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    let settings = || Settings::from_variables(|name| std::env::var(name).ok());
    match command {
        Command::Serve => commands::serve::run(settings()?),
        Command::Demo => {
            commands::serve::serve(Settings::from_variables(commands::demo::variable)?, commands::demo::prepare)
        }
        Command::Token(command) => commands::token::run(&settings()?, command),
        Command::Import(command) => commands::import::run(&settings()?, command),
        Command::Backup(command) => commands::backup::back_up(&settings()?, &command),
        Command::Restore(command) => commands::backup::restore(&settings()?, &command),
        Command::Clock(command) => commands::clock::run(&settings()?, &command),
        Command::Key => {
            commands::key::run();
            Ok(())
        }
        Command::Verify => commands::verify::run(&settings()?),
        Command::User(command) => commands::user::run(&settings()?, command),
    }
}
