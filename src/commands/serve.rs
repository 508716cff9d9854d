//! `flashsale serve`, and the part of `flashsale demo` after its database is ready.

use super::{
    listener,
    stop::{self, Signals},
};
use flashsale::{
    actions::catalogue::normalize_codes,
    clock::Clock,
    db::{self, Database},
    demo::marketplace::{self, Marketplace},
    domain::catalogue::ledger::Cause,
    server,
    settings::Settings,
    web::state::State,
};
use std::{error::Error, fs::File, net::TcpListener};

pub struct Prepared {
    pub database: Database,
    /// Printed below the address.
    pub greeting: String,
    /// The demo's simulated marketplaces, which run in the same process.
    pub marketplaces: Option<(Marketplace, TcpListener)>,
    /// The lock of the demo's database, held until the server stops.
    pub lock: Option<File>,
}

/// Serves until the process receives a signal to stop.
pub fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    serve(settings, |settings, _| {
        let database = Database::open(&settings.database_url, settings.pool)?;
        normalize_codes(&database)?;
        Ok(Prepared { database, greeting: String::new(), marketplaces: None, lock: None })
    })
}

/// Codes that an earlier version stored in another form get that of today.
fn normalize_codes(database: &Database) -> Result<(), db::Error> {
    let reason = "The same code in the Unicode form NFC".to_owned();
    let cause = Cause { actor: "flashsale".to_owned(), at: Clock::system().now(), reason };
    let renamed = database.write_blocking(|conn| normalize_codes::run(conn, &cause))?;
    if renamed > 0 {
        tracing::info!(renamed, "SKUs were renamed to the Unicode form NFC of their codes");
    }
    Ok(())
}

/// Binds the address first, so that `prepare` does no work if the address is taken. Then prints the address, the link that
/// creates the first account if there is none, and the greeting, and serves.
pub fn serve(
    mut settings: Settings,
    prepare: impl FnOnce(&Settings, &str) -> Result<Prepared, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    settings.check_static_dir()?;
    let listener = listener::listen(&settings)?;
    listener::fit_open_files(&mut settings);
    let address = format!("http://{}", listener.local_addr()?);
    let Prepared { database, greeting, marketplaces, lock: _lock } = prepare(&settings, &address)?;
    if let Some((_, listener)) = &marketplaces {
        settings.simulated_marketplaces = Some(format!("http://{}", listener.local_addr()?));
    }
    let (database, clock) = super::guarded(&settings, &database)?;
    let closing = database.clone();
    let state = State::new(settings, database, clock)?;
    println!("Address: {address}");
    if let Some(token) = &state.setup_token {
        let origin = state.settings.public_origin.as_deref().unwrap_or(&address);
        println!("Set up: {origin}/setup?token={token}");
    }
    if !greeting.is_empty() {
        println!("{greeting}");
    }
    let static_dir = state.settings.static_dir.clone();
    let served = actix_web::rt::System::new().block_on(async {
        if let Some((marketplace, listener)) = marketplaces {
            actix_web::rt::spawn(marketplace::server(&marketplace, listener, Some(static_dir))?);
        }
        let signals = Signals::new()?;
        let server = server::start(state, listener)?;
        actix_web::rt::spawn(stop::on_signal(signals, server.handle()));
        server.await
    });
    if !closing.close()? {
        tracing::warn!("the log of the database (-wal) has transactions that its file has not: copy both, or neither");
    }
    Ok(served?)
}
