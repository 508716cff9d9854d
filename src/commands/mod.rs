//! The commands of the program, one file each. A command reads its arguments and standard input, calls an action, and
//! prints the result.

pub mod backup;
pub mod clock;
pub mod demo;
pub mod import;
pub mod key;
pub mod listener;
pub mod serve;
pub mod stop;
pub mod token;
pub mod user;
pub mod verify;

use flashsale::{
    clock::{Clock, Timer},
    db::{self, Database},
    settings::Settings,
};

/// The clock of the machine, and `database` with writes that are refused while that clock is off.
fn guarded(settings: &Settings, database: &Database) -> Result<(Database, Clock), db::Error> {
    let clock = Clock::system().guarded(Timer::of_machine(), settings.clock_bound);
    Ok((database.guarded(&clock)?, clock))
}
