//! Where the server listens: on the socket that systemd hands over, or on an address of its own.

use flashsale::{settings::Settings, web::connections::spare_connections};
use listenfd::ListenFd;
use std::{error::Error, io::ErrorKind, net::TcpListener};

/// Open files that are not connections of clients: the database, connections to stores, files that are sent.
const OTHER_FILES: u64 = 96;

/// The fewest connections that a server starts with, however few files it may open.
const FEWEST_CONNECTIONS: usize = 16;

/// The socket of `LISTEN_FDS`, if there is one. It stays open while the server restarts, so clients wait instead of being
/// refused. Otherwise binds the address of the settings.
pub fn listen(settings: &Settings) -> Result<TcpListener, Box<dyn Error>> {
    let mut handed_over = ListenFd::from_env();
    if handed_over.len() > 1 {
        let count = handed_over.len();
        return Err(format!("{count} sockets were handed over: keep one ListenStream= in the socket unit").into());
    }
    if let Some(listener) = handed_over.take_tcp_listener(0)? {
        return Ok(listener);
    }
    let bind = &settings.bind;
    let listener = TcpListener::bind(bind).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            format!("{bind} is taken by another program: set FLASHSALE_BIND to another address, like 127.0.0.1:8090")
        }
        _ => format!("cannot listen on {bind}: {error}"),
    })?;
    Ok(listener)
}

/// Opens as many files as the system allows, and serves no more connections than fit into that.
pub fn fit_open_files(settings: &mut Settings) {
    let limit = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            return;
        }
    };
    let fits = connections_in(limit);
    if fits < settings.connections {
        tracing::warn!(limit, connections = fits, "open files are limited: fewer connections are served at once");
        settings.connections = fits;
    }
}

/// How many connections, and the spare ones beyond them, fit into so many open files. Each may be sent a file as well.
fn connections_in(limit: u64) -> usize {
    let fits = usize::try_from(limit.saturating_sub(OTHER_FILES) / 2).unwrap_or(usize::MAX);
    fits.saturating_sub(spare_connections(fits)).max(FEWEST_CONNECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_everything_else() {
        for (limit, connections) in [(64, 16), (256, 70), (1_024, 406), (4_096, 1_750), (20_000, 8_708)] {
            assert_eq!(connections_in(limit), connections);
            if connections > FEWEST_CONNECTIONS {
                assert!((2 * connections + spare_connections(connections)) as u64 + OTHER_FILES <= limit);
            }
        }
        assert!(connections_in(u64::MAX) > 1 << 40);
    }
}
