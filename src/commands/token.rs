//! `flashsale token`

use clap::Subcommand;
use flashsale::{
    actions::staff::add_token::{self, NewToken},
    clock::Clock,
    db::{self, Database, Failed},
    settings::Settings,
    web::{
        security_log::{self, Event},
        tokens::new_secret,
    },
};
use std::{error::Error, net::Ipv4Addr};

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Create an API token and print it. It is shown only once, because only its hash is stored.
    Add {
        /// What the token is for, such as warehouse. The ledger shows it with the changes that the token made.
        name: String,
    },
    /// Revoke a token at once.
    Revoke {
        /// The name of the token.
        name: String,
    },
}

pub fn run(settings: &Settings, command: TokenCommand) -> Result<(), Box<dyn Error>> {
    match command {
        TokenCommand::Add { name } => add(settings, &name),
        TokenCommand::Revoke { name } => revoke(settings, &name),
    }
}

fn revoke(settings: &Settings, name: &str) -> Result<(), Box<dyn Error>> {
    let database = Database::open(&settings.database_url, settings.pool)?;
    let now = Clock::system().now();
    let is_revoked = database.write_blocking(|conn| match db::staff::tokens::live_of_name(conn, name)? {
        Some(id) => Ok::<_, db::Error>(db::staff::tokens::revoke(conn, id, now)?),
        None => Ok(false),
    })?;
    if !is_revoked {
        return Err(format!("there is no live token called “{name}”").into());
    }
    security_log::note(Event::TokenRevoked, "command line", Ipv4Addr::LOCALHOST.into(), name);
    println!("Revoked {name}.");
    Ok(())
}

fn add(settings: &Settings, name: &str) -> Result<(), Box<dyn Error>> {
    let name = add_token::parse_name(name)?;
    let secret = new_secret();
    let now = Clock::system().now();
    let new = NewToken { name, hash: secret.hash, created_by: "command line".to_owned() };
    let database = Database::open(&settings.database_url, settings.pool)?;
    match database.write_blocking(|conn| add_token::run(conn, new.clone(), now)) {
        Ok(token) => {
            security_log::note(Event::TokenMade, "command line", Ipv4Addr::LOCALHOST.into(), token.id);
            println!("{}", secret.token);
            Ok(())
        }
        Err(Failed::Refused(refusal)) => Err(refusal.into()),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
