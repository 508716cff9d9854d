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
    /// Manage the tokens of the API.
    #[command(subcommand)]
    Token(commands::token::TokenCommand),
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
    let settings = Settings::from_variables(|name| std::env::var(name).ok())?;
    match command {
        Command::Serve => serve(settings),
        Command::Token(command) => commands::token::run(&settings, command),
    }
}

fn serve(settings: Settings) -> Result<(), Box<dyn Error>> {
    let database = Database::open(&settings.database_url, settings.pool)?;
    let listener =
        TcpListener::bind(&settings.bind).map_err(|error| format!("cannot listen on {}: {error}", settings.bind))?;
    println!("Address: http://{}", listener.local_addr()?);
    let state = State { settings, database, clock: Clock::system() };
    Ok(actix_web::rt::System::new()
        .block_on(async { app::server(state, listener)?.await.map_err(app::StartError::from) })?)
}
