//! What the whole loop loses: `cargo bench --bench whole_loop`.
//!
//! 1. `-- table`: units that are sold at marketplaces beyond stock. Four stores of simulated marketplaces with 1,000 SKUs and
//!    running sales, buyers who buy as fast as stock lasts, the default pace of each marketplace, answers after 80 ms, faults. Each
//!    of `--seeds=50` random histories is lived through four times: with messages of the marketplaces, with sweeps alone, with
//!    sweeps but without reading the orders of a store before it is raised, and as before there were sweeps, when orders came by
//!    file. See `history.rs` for what is counted.
//! 2. `-- latency`: after how long an order at one store lowers the others, in real time.
//! 3. `-- waiting`: the processor time of the program for 10,000 orders that wait at a marketplace, and for a sweep that finds
//!    nothing. On PostgreSQL with `FLASHSALE_TEST_DATABASE_URL`.
//! 4. `-- verify`: how long a verification of a million entries takes, of orders with lines and returns.
//!
//! `--together=25` histories of the table go on side by side, in real time: each waits for the pace of its marketplaces most of the
//! time. On a busy machine fewer should. With `--speed=5` the clock of the program and of the marketplaces runs so many times as
//! fast, and so do paces and answers; what is not scaled (transactions, processor time, the pauses of loops) then counts as so many
//! times what it is. `--bad-messages=10` of a hundred messages are late, as many come twice, and as many never.

mod history;
mod latency;
mod seller;
mod table;
mod truth;
mod verify;
mod waiting;

use std::{env, str::FromStr};

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let parts =
        [("table", table::run as fn()), ("latency", latency::run), ("waiting", waiting::run), ("verify", verify::run)];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            part();
        }
    }
}

/// The value of an argument `--name=value`.
fn argument<T: FromStr>(name: &str, default: T) -> T {
    let start = format!("--{name}=");
    let found = env::args().find_map(|argument| argument.strip_prefix(&start).map(str::to_owned));
    found.and_then(|text| text.parse().ok()).unwrap_or(default)
}
