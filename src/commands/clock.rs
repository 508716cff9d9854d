//! `flashsale clock`

use clap::Args;
use flashsale::{
    db::{Comparison, Database},
    settings::Settings,
};
use std::error::Error;

#[derive(Args)]
pub struct ClockCommand {
    /// From now on the time that this machine shows counts. Servers that run on the same SQLite file follow.
    #[arg(long)]
    is_right: bool,
}

/// Prints what the clock of this machine shows and what it should show. Fails if it is off.
pub fn run(settings: &Settings, command: &ClockCommand) -> Result<(), Box<dyn Error>> {
    let database = Database::open(&settings.database_url, settings.pool)?;
    let (database, _) = super::guarded(settings, &database)?;
    if command.is_right {
        database.believe_clock()?;
    }
    let Some(Comparison { shown, expected, is_off }) = database.compared_clock() else {
        return Err("the clock was not compared".into());
    };
    println!("Shown: {shown}\nExpected: {expected}");
    if is_off {
        Err("the clock of this machine is off: set it, or say that it is right with --is-right".into())
    } else {
        Ok(())
    }
}
