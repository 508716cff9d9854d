//! `flashsale serve`, and what `flashsale demo` does once its database is there.

use flashsale::{
    app::{self, State},
    clock::Clock,
    db::Database,
    settings::Settings,
};
use std::{error::Error, net::TcpListener};

/// Serves the database of the settings until the process is told to stop.
///
/// # Errors
/// When the server cannot start, with what to mend.
pub fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    serve(settings, |settings| {
        let database = Database::open(&settings.database_url, settings.pool)?;
        Ok((database, String::new()))
    })
}

/// Serves the database that `prepare` opens, once the address is known to be free, and prints the address, how to
/// make the first account if there is none, and what `prepare` has to say below it.
///
/// # Errors
/// When the server cannot start, with what to mend.
pub fn serve(
    settings: Settings,
    prepare: impl FnOnce(&Settings) -> Result<(Database, String), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let listener =
        TcpListener::bind(&settings.bind).map_err(|error| format!("cannot listen on {}: {error}", settings.bind))?;
    let (database, greeting) = prepare(&settings)?;
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
    Ok(actix_web::rt::System::new()
        .block_on(async { app::server(state, listener)?.await.map_err(app::StartError::from) })?)
}
