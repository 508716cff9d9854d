//! `flashsale user add EMAIL`

use clap::Subcommand;
use flashsale::{
    actions::add_user,
    clock::Clock,
    db::{Database, Failed},
    domain::account::{Email, check_new_password},
    settings::Settings,
    web::passwords,
};
use std::{
    error::Error,
    io::{self, IsTerminal},
};

/// What is done with members of staff.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Add somebody. The password is read from standard input; on a terminal it is asked for.
    Add {
        /// The e-mail address they sign in with.
        email: String,
    },
}

/// Does it.
///
/// # Errors
/// What was refused, in words; or the database.
pub fn run(settings: &Settings, command: UserCommand) -> Result<(), Box<dyn Error>> {
    match command {
        UserCommand::Add { email } => add(settings, &email),
    }
}

fn add(settings: &Settings, email: &str) -> Result<(), Box<dyn Error>> {
    let email = Email::parse(email)?;
    let password = read_password()?;
    check_new_password(&password)?;
    let database = Database::open(&settings.database_url, settings.pool)?;
    let (hash, now) = (passwords::hash(&password), Clock::system().now());
    match database.write_blocking(|conn| add_user::run(conn, &email, &hash, now)) {
        Ok(user) => {
            tracing::info!(user = %user.id, "an account was added on the command line");
            println!("Added {email}.");
            Ok(())
        }
        Err(Failed::Refused(refusal)) => Err(refusal.into()),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// The first line of standard input, or what is typed at a prompt that does not show it.
fn read_password() -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ");
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
