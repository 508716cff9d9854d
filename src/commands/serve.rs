//! `flashsale serve`, and what `flashsale demo` does once its database is there.

use flashsale::{
    clock::Clock, db::Database, demo::marketplace::Marketplace, server, settings::Settings, web::state::State,
};
use std::{error::Error, fs::File, io::ErrorKind, net::TcpListener};

/// What is to be served.
pub struct Prepared {
    /// The data.
    pub database: Database,
    /// What to print below the address.
    pub greeting: String,
    /// Pretended marketplaces that are to run beside it.
    pub marketplaces: Option<(Marketplace, TcpListener)>,
    /// What keeps others from the data as long as it is open.
    pub lock: Option<File>,
}

/// Serves the database of the settings until the process is told to stop.
///
/// # Errors
/// When the server cannot start, with what to mend.
pub fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    serve(settings, |settings| {
        let database = Database::open(&settings.database_url, settings.pool)?;
        Ok(Prepared { database, greeting: String::new(), marketplaces: None, lock: None })
    })
}

/// Serves what `prepare` answers, once the address is known to be free, and prints the address, how to make the first
/// account if there is none, and what `prepare` has to say below it.
///
/// # Errors
/// When the server cannot start, with what to mend.
pub fn serve(
    settings: Settings,
    prepare: impl FnOnce(&Settings) -> Result<Prepared, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    settings.check_static_dir()?;
    let listener = TcpListener::bind(&settings.bind).map_err(|error| cannot_listen(&settings.bind, &error))?;
    let Prepared { database, greeting, marketplaces, lock: _lock } = prepare(&settings)?;
    let address = format!("http://{}", listener.local_addr()?);
    let state = State::new(settings, database, Clock::system())?;
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
            actix_web::rt::spawn(marketplace.server(listener, Some(static_dir))?);
        }
        server::start(state, listener)?.await
    });
    Ok(served?)
}

fn cannot_listen(bind: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!("{bind} is taken by another program: set FLASHSALE_BIND to another address, like 127.0.0.1:8090")
        }
        _ => format!("cannot listen on {bind}: {error}"),
    }
}
