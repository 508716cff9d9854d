//! How a connection notices that a PostgreSQL server is gone, and how a server notices that we are.

use std::time::Duration;

/// Adds the time-outs of the client library to a URL, except for those that it has already:
///
/// - `connect_timeout`: for each address of the server;
/// - `tcp_user_timeout`: for what was sent and not acknowledged by the server's machine;
/// - keepalives: for a connection on which nothing is sent, so that a server that vanished is noticed within a deadline.
pub(super) fn in_url(url: &str, deadline: Duration) -> String {
    let seconds = deadline.as_secs().max(2);
    let defaults = [
        ("connect_timeout", seconds / 2),
        ("tcp_user_timeout", seconds * 1_000),
        ("keepalives", 1),
        ("keepalives_idle", seconds.div_ceil(2)),
        ("keepalives_interval", 1),
        ("keepalives_count", seconds.div_ceil(2)),
    ];
    let mut full = url.to_owned();
    let given = url.split_once('?').map_or("", |(_, given)| given);
    let is_given = |name: &str| given.split('&').any(|one| one.split('=').next() == Some(name));
    for (name, value) in defaults {
        if !is_given(name) {
            full.push(if full.contains('?') { '&' } else { '?' });
            full.push_str(&format!("{name}={value}"));
        }
    }
    full
}

/// What a server is asked for at the beginning of a session. It ends a statement a little before we stop waiting, so that
/// its answer arrives; and a transaction that it hears nothing of, because that holds locks. A commit is no statement to it:
/// one that waits for a standby is never reported as done because the time is up.
pub(super) fn of_session(deadline: Duration) -> String {
    let deadline_ms = deadline.as_millis().clamp(10, i32::MAX as u128);
    let statement_ms = deadline_ms * 17 / 20;
    format!("SET statement_timeout = {statement_ms}; SET idle_in_transaction_session_timeout = {deadline_ms}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urls_own_time_outs_are_kept_and_the_others_are_added() {
        let five = Duration::from_secs(5);
        for (url, expected) in [
            (
                "postgres://me@db/sale",
                "postgres://me@db/sale?connect_timeout=2&tcp_user_timeout=5000&keepalives=1&keepalives_idle=3\
                 &keepalives_interval=1&keepalives_count=3",
            ),
            (
                "postgres://me@a,b/sale?target_session_attrs=read-write&connect_timeout=9&keepalives=0",
                "postgres://me@a,b/sale?target_session_attrs=read-write&connect_timeout=9&keepalives=0\
                 &tcp_user_timeout=5000&keepalives_idle=3&keepalives_interval=1&keepalives_count=3",
            ),
        ] {
            assert_eq!(in_url(url, five), expected, "{url}");
        }
    }

    #[test]
    fn a_session_answers_before_the_deadline() {
        let expected = "SET statement_timeout = 4250; SET idle_in_transaction_session_timeout = 5000";
        assert_eq!(of_session(Duration::from_secs(5)), expected);
    }
}
