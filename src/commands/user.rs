//! `flashsale user add EMAIL`, and what the operator can change about an account

use clap::Subcommand;
use flashsale::{
    actions::staff::{add_user, change_role, disable_user, reset_password},
    clock::Clock,
    db::{Conn, Database, Failed},
    domain::{
        id::UserId,
        staff::{
            account::Email,
            password::{OwnWords, check_new_password},
            permission::Role,
        },
    },
    settings::Settings,
    web::{
        passwords,
        security_log::{self, Event},
    },
};
use std::{
    error::Error,
    io::{self, IsTerminal},
    net::Ipv4Addr,
};

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a member of staff. The password is read from standard input; on a terminal there is a prompt.
    Add {
        /// The e-mail address they sign in with.
        email: String,
        /// They have to choose another password when they first sign in: for an account of somebody else.
        #[arg(long)]
        temporary: bool,
    },
    /// Set a new password, which is read in the same way, and end all sessions of the account.
    Password {
        /// The e-mail address they sign in with.
        email: String,
        /// They have to choose another password when they next sign in: for an account of somebody else.
        #[arg(long)]
        temporary: bool,
    },
    /// Change what somebody may do.
    Role {
        /// The e-mail address they sign in with.
        email: String,
        /// `administrator`: everything. `staff`: everything but users, API tokens and connections of stores.
        role: String,
    },
    /// Disable an account, and end its sessions and the API tokens that it made.
    Disable {
        /// The e-mail address they sign in with.
        email: String,
    },
    /// Enable an account again.
    Enable {
        /// The e-mail address they sign in with.
        email: String,
    },
}

pub fn run(settings: &Settings, command: UserCommand) -> Result<(), Box<dyn Error>> {
    match command {
        UserCommand::Add { email, temporary } => {
            let now = Clock::system().now();
            let (user, email) = with_password(settings, &email, |conn, email, hash| {
                let added = if temporary {
                    add_user::with_given_password(conn, email, hash, Role::Administrator, now)
                } else {
                    add_user::run(conn, email, hash, now)
                };
                added.map(|user| user.id)
            })?;
            note(Event::UserAdded, user);
            println!("Added {email}.");
        }
        UserCommand::Password { email, temporary } => {
            let (user, email) =
                with_password(settings, &email, |conn, email, hash| reset_password::run(conn, email, hash, temporary))?;
            note(Event::PasswordChanged, user);
            println!("Changed the password of {email}.");
        }
        UserCommand::Role { email, role } => {
            let role = Role::parse(&role).ok_or("the role is neither administrator nor staff")?;
            let (user, email) =
                with_account(settings, &email, |conn, email| change_role::by_operator(conn, email, role))?;
            note(Event::RoleChanged, user);
            println!("{email} has the role {} now.", role.label());
        }
        UserCommand::Disable { email } => {
            let now = Clock::system().now();
            let (disabled, email) =
                with_account(settings, &email, |conn, email| disable_user::by_operator(conn, email, now))?;
            note(Event::UserDisabled, disabled.user);
            println!("Disabled {email}, and revoked {} of its API tokens.", disabled.tokens_revoked);
        }
        UserCommand::Enable { email } => {
            let (user, email) = with_account(settings, &email, disable_user::undo_by_operator)?;
            note(Event::UserEnabled, user);
            println!("Enabled {email}.");
        }
    }
    Ok(())
}

fn note(event: Event, user: UserId) {
    security_log::note(event, "command line", Ipv4Addr::LOCALHOST.into(), user);
}

/// Runs `work` with the address of an account in a write transaction.
fn with_account<T: Send + 'static, Refusal: Error + Send + 'static>(
    settings: &Settings,
    email: &str,
    work: impl Fn(&mut Conn, &Email) -> Result<T, Failed<Refusal>>,
) -> Result<(T, Email), Box<dyn Error>> {
    let email = Email::parse(email)?;
    let database = Database::open(&settings.database_url, settings.pool)?;
    match database.write_blocking(|conn| work(conn, &email)) {
        Ok(done) => Ok((done, email)),
        Err(Failed::Refused(refusal)) => Err(refusal.into()),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// Reads and checks a new password, and runs `work` with its hash in a write transaction.
fn with_password<Refusal: Error + Send + 'static>(
    settings: &Settings,
    email: &str,
    work: impl Fn(&mut Conn, &Email, &str) -> Result<UserId, Failed<Refusal>>,
) -> Result<(UserId, Email), Box<dyn Error>> {
    let email = Email::parse(email)?;
    let password = read_password()?;
    check_new_password(&password, &OwnWords::of(&email))?;
    let hash = passwords::hash(&password);
    with_account(settings, email.as_str(), |conn, email| work(conn, email, &hash))
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
