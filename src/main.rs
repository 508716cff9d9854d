//! The program `flashsale`: reads the command line and calls the library.

mod commands;

use clap::{Parser, Subcommand};
use flashsale::{
    app::{self, State},
    clock::Clock,
    db::Database,
    settings::Settings,
};
use std::{error::Error, net::TcpListener, process::ExitCode};

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
    /// Serve a database of its own, made anew at each start and filled with examples, and print how to sign in.
    Demo,
    /// Manage the tokens of the API.
    #[command(subcommand)]
    Token(commands::token::TokenCommand),
    /// Recompute everything from the ledger and list every difference.
    Verify,
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("FLASHSALE_LOG").unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Arguments::parse().command.unwrap_or(Command::Serve)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flashsale: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_variables(|name| match command {
        Command::Demo => commands::demo::variable(name),
        _ => std::env::var(name).ok(),
    })?;
    match command {
        Command::Serve => serve(settings, |settings| {
            let database = Database::open(&settings.database_url, settings.pool)?;
            Ok((database, String::new()))
        }),
        Command::Demo => serve(settings, commands::demo::prepare),
        Command::Token(command) => commands::token::run(&settings, command),
        Command::Verify => commands::verify::run(&settings),
    }
}

/// Serves the database that `prepare` opens, once the address is known to be free, and prints the address and what
/// `prepare` has to say below it.
fn serve(
    settings: Settings,
    prepare: impl FnOnce(&Settings) -> Result<(Database, String), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let listener =
        TcpListener::bind(&settings.bind).map_err(|error| format!("cannot listen on {}: {error}", settings.bind))?;
    let (database, greeting) = prepare(&settings)?;
    println!("Address: http://{}\n{greeting}", listener.local_addr()?);
    let state = State { settings, database, clock: Clock::system() };
    Ok(actix_web::rt::System::new()
        .block_on(async { app::server(state, listener)?.await.map_err(app::StartError::from) })?)
}
