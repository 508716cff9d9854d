//! The log of what matters to security: who did it, and from which address. The events go to the log of the program under
//! the target `flashsale::security`, with the id of their request.
//!
//! No password, key, token or address that was typed is logged: people type passwords into the wrong field. Strangers
//! cannot fill the disk: of each kind of refusal only so many from one network are written in a minute, and then how many
//! more there were.

use super::{client, limits::network};
use actix_web::HttpRequest;
use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

const TARGET: &str = "flashsale::security";

/// How many refusals of a kind are written from one network in [`WINDOW`].
const EVENTS: u32 = 20;

const WINDOW: Duration = Duration::from_secs(60);

/// From how many networks events are told apart in a window; those from further ones count together.
const NETWORKS: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    SignedIn,
    SignInFailed,
    SignedOut,
    SessionEnded,
    Throttled,
    PasswordChanged,
    PasswordGuessed,
    FirstAccountMade,
    UserAdded,
    UserDisabled,
    UserEnabled,
    RoleChanged,
    TokenMade,
    TokenRevoked,
    TokenRefused,
    ConnectionSaved,
    ConnectionTested,
    ConnectionRemoved,
    AppSaved,
    PermissionGiven,
    FormRefused,
    HookRefused,
    PermissionRefused,
}

impl Event {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::SessionEnded => "session_ended",
            Self::Throttled => "throttled",
            Self::PasswordChanged => "password_changed",
            Self::PasswordGuessed => "wrong_current_password",
            Self::FirstAccountMade => "first_account_made",
            Self::UserAdded => "user_added",
            Self::UserDisabled => "user_disabled",
            Self::UserEnabled => "user_enabled",
            Self::RoleChanged => "role_changed",
            Self::TokenMade => "token_made",
            Self::TokenRevoked => "token_revoked",
            Self::TokenRefused => "token_refused",
            Self::ConnectionSaved => "connection_saved",
            Self::ConnectionTested => "connection_tested",
            Self::ConnectionRemoved => "connection_removed",
            Self::AppSaved => "app_saved",
            Self::PermissionGiven => "permission_given",
            Self::FormRefused => "form_refused",
            Self::HookRefused => "hook_refused",
            Self::PermissionRefused => "permission_refused",
        }
    }

    /// Whether somebody was refused something.
    fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::SignInFailed
                | Self::Throttled
                | Self::PasswordGuessed
                | Self::TokenRefused
                | Self::FormRefused
                | Self::HookRefused
                | Self::PermissionRefused
        )
    }
}

/// Writes an event. `who` is the id of a user, or what else is known; `from` is their address; `about` is what it was done
/// to.
pub fn note(event: Event, who: impl fmt::Display, from: IpAddr, about: impl fmt::Display) {
    static SEEN: LazyLock<Mutex<Seen>> = LazyLock::new(|| Mutex::new(Seen::new(Instant::now())));
    let mut ended = Vec::new();
    let mut is_written = true;
    if event.is_refusal() {
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        ended = seen.turn(Instant::now());
        is_written = seen.admit(event, network(from));
    }
    for (event, network, more) in ended {
        let name = event.as_str();
        tracing::warn!(target: TARGET, event = name, %network, more, "more of the same, not written one by one");
    }
    let name = event.as_str();
    if !is_written {
        return;
    }
    if event.is_refusal() {
        tracing::warn!(target: TARGET, event = name, %who, %from, %about);
    } else {
        tracing::info!(target: TARGET, event = name, %who, %from, %about);
    }
}

/// Writes what happened with a request of `who`.
pub fn note_request(event: Event, req: &HttpRequest, who: impl fmt::Display) {
    note(event, who, client::address(req), shown(req));
}

/// A request as it is logged: the visible characters of its path, and not too many.
pub fn shown(req: &HttpRequest) -> String {
    let path: String = req.path().chars().filter(|c| c.is_ascii_graphic()).take(100).collect();
    format!("{} {path}", req.method())
}

/// What happened in the current window.
struct Seen {
    began: Instant,
    counts: HashMap<(Event, IpAddr), u32>,
}

impl Seen {
    fn new(now: Instant) -> Self {
        Self { began: now, counts: HashMap::new() }
    }

    /// Begins a new window if the current one is over, and returns what was not written in that.
    fn turn(&mut self, now: Instant) -> Vec<(Event, IpAddr, u32)> {
        if now.duration_since(self.began) < WINDOW {
            return Vec::new();
        }
        self.began = now;
        let mut more = Vec::new();
        for ((event, network), count) in std::mem::take(&mut self.counts) {
            if count > EVENTS {
                more.push((event, network, count - EVENTS));
            }
        }
        more
    }

    /// Counts an event, and returns whether it is to be written.
    fn admit(&mut self, event: Event, network: IpAddr) -> bool {
        let is_told_apart = self.counts.len() < NETWORKS || self.counts.contains_key(&(event, network));
        let network = if is_told_apart { network } else { std::net::Ipv4Addr::UNSPECIFIED.into() };
        let count = self.counts.entry((event, network)).or_default();
        *count += 1;
        *count <= EVENTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn at(n: u32) -> IpAddr {
        Ipv4Addr::from_bits(n).into()
    }

    #[test]
    fn of_many_events_from_one_network_a_few_are_written_and_the_rest_is_counted() {
        let start = Instant::now();
        let mut seen = Seen::new(start);
        let written = (0..5_000).filter(|_| seen.admit(Event::TokenRefused, at(1))).count();
        assert_eq!(written, 20);
        assert!(seen.admit(Event::TokenRefused, at(2)), "another network");
        assert!(seen.admit(Event::SignInFailed, at(1)), "another kind");
        assert_eq!(seen.turn(start + Duration::from_secs(59)), []);
        assert_eq!(seen.turn(start + Duration::from_secs(60)), [(Event::TokenRefused, at(1), 4_980)]);
        assert!(seen.admit(Event::TokenRefused, at(1)));
    }

    #[test]
    fn many_networks_take_little_memory() {
        let mut seen = Seen::new(Instant::now());
        let written = (1..100_000).filter(|n| seen.admit(Event::TokenRefused, at(*n))).count();
        assert!(seen.counts.len() <= NETWORKS + 1 && written < 1_100, "{} {written}", seen.counts.len());
    }
}
