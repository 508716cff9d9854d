//! `flashsale token`

use clap::Subcommand;
use flashsale::{
    actions::add_token::{self, NewToken},
    clock::Clock,
    db::{Database, Failed},
    settings::Settings,
    web::tokens::new_secret,
};
use std::error::Error;

/// What to do with tokens.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make an API token and print it, once: only its hash is kept.
    Add {
        /// What the token is for, such as warehouse; it stands in the ledger beside what it does.
        name: String,
    },
}

/// Runs the command.
///
/// # Errors
/// When the name is refused, or the database fails.
pub fn run(settings: &Settings, command: TokenCommand) -> Result<(), Box<dyn Error>> {
    let TokenCommand::Add { name } = command;
    let name = add_token::parse_name(&name)?;
    let (secret, now) = (new_secret(), Clock::system().now());
    let new = NewToken { name, hash: secret.hash, created_by: "command line".to_owned() };
    let database = Database::open(&settings.database_url, settings.pool)?;
    match database.write_blocking(|conn| add_token::run(conn, new.clone(), now)) {
        Ok(_) => {
            println!("{}", secret.token);
            Ok(())
        }
        Err(Failed::Refused(refusal)) => Err(refusal.into()),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
