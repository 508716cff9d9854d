//! `flashsale user add EMAIL`, `flashsale user password EMAIL`

use clap::Subcommand;
use flashsale::{
    actions::staff::{add_user, reset_password},
    clock::Clock,
    db::{Conn, Database, Failed},
    domain::{
        id::UserId,
        staff::account::{Email, check_new_password},
    },
    settings::Settings,
    web::passwords,
};
use std::{
    error::Error,
    io::{self, IsTerminal},
};

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a member of staff. The password is read from standard input; on a terminal there is a prompt.
    Add {
        /// The e-mail address they sign in with.
        email: String,
    },
    /// Set a new password, which is read in the same way, and end all sessions of the account.
    Password {
        /// The e-mail address they sign in with.
        email: String,
    },
}

pub fn run(settings: &Settings, command: UserCommand) -> Result<(), Box<dyn Error>> {
    let now = Clock::system().now();
    match command {
        UserCommand::Add { email } => {
            let (user, email) = with_password(settings, &email, |conn, email, hash| {
                add_user::run(conn, email, hash, now).map(|user| user.id)
            })?;
            tracing::info!(%user, "an account was added on the command line");
            println!("Added {email}.");
        }
        UserCommand::Password { email } => {
            let (user, email) = with_password(settings, &email, reset_password::run)?;
            tracing::info!(%user, "a password was changed on the command line");
            println!("Changed the password of {email}.");
        }
    }
    Ok(())
}

/// Reads and checks a new password, and runs `work` with its hash in a write transaction.
fn with_password<Refusal: Error + Send + 'static>(
    settings: &Settings,
    email: &str,
    work: impl Fn(&mut Conn, &Email, &str) -> Result<UserId, Failed<Refusal>>,
) -> Result<(UserId, Email), Box<dyn Error>> {
    let email = Email::parse(email)?;
    let password = read_password()?;
    check_new_password(&password)?;
    let database = Database::open(&settings.database_url, settings.pool)?;
    let hash = passwords::hash(&password);
    match database.write_blocking(|conn| work(conn, &email, &hash)) {
        Ok(user) => Ok((user, email)),
        Err(Failed::Refused(refusal)) => Err(refusal.into()),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// Reads the first line of standard input. On a terminal, prompts for it without showing what is typed.
fn read_password() -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password("Password: ");
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
