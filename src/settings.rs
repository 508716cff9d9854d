//! The settings and their defaults. All are read from environment variables.

use crate::{
    db::{DatabaseUrl, PoolSize},
    marketplaces::seal::{NotAKey, SealKey},
};
use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

#[derive(Debug, Clone)]
pub struct Settings {
    /// `DATABASE_URL`: `sqlite://PATH` or `postgres://…`.
    pub database_url: DatabaseUrl,
    /// `FLASHSALE_BIND`: the address and port that the server listens on.
    pub bind: String,
    /// `FLASHSALE_PUBLIC_ORIGIN`: the origin in the browser, like `https://sale.example`, if it differs from the bound
    /// address. With `https`, cookies are marked as secure.
    pub public_origin: Option<String>,
    /// `FLASHSALE_STATIC_DIR`: the folder with the style sheets and images.
    pub static_dir: PathBuf,
    /// `FLASHSALE_READERS` and `FLASHSALE_WRITERS`: connections to the database; `FLASHSALE_DATABASE_WAIT_MS`: how long a
    /// request waits for a connection and for locks; `FLASHSALE_DATABASE_DEADLINE_MS`: how long it waits for the database
    /// in all.
    pub pool: PoolSize,
    /// `FLASHSALE_CLOCK_BOUND_SECONDS`: by how much the clock of the machine may be off.
    pub clock_bound: Duration,
    /// `FLASHSALE_WORKERS`: threads that handle requests.
    pub workers: usize,
    /// `FLASHSALE_SESSION_HOURS`: how long a session lasts, at most a year.
    pub session_hours: u32,
    /// `FLASHSALE_SIGN_IN_TRIES`: password attempts in five minutes for each account; three times as many for each client
    /// address.
    pub sign_in_tries: NonZeroU32,
    /// `FLASHSALE_TRUST_PROXY`: `yes` if the server is behind a proxy. The client address is then the last address in its
    /// `X-Forwarded-For`.
    pub trust_proxy: bool,
    /// `FLASHSALE_CONNECTIONS`: connections at once, in all; fewer if the system allows fewer open files.
    pub connections: usize,
    /// `FLASHSALE_CONNECTIONS_PER_ADDRESS`: connections at once from one client address that have not shown a session or a
    /// token.
    pub connections_per_address: usize,
    /// `FLASHSALE_CLIENT_WAIT_SECONDS`: how long a client may keep the server waiting for a body, or for reading an answer.
    pub client_wait: Duration,
    /// `FLASHSALE_ORDERS_TOGETHER`: the most pending orders that are recorded in one transaction.
    pub orders_together: usize,
    /// `FLASHSALE_CREDENTIALS_KEY`: the key that encrypts the credentials of marketplaces in the database. Without a key,
    /// no credentials can be stored.
    pub credentials_key: Option<SealKey>,
    /// `FLASHSALE_PRIVATE_ADDRESSES`: `yes` if stores and webhooks may be at addresses inside the network of this server.
    pub private_addresses: bool,
    /// `FLASHSALE_PUSH`: `no` if this server must not send quantities to connected stores.
    pub push: bool,
    /// `FLASHSALE_PUSH_WAIT_SECONDS`: how long a quantity is not raised while other stores still show too much.
    pub push_wait: Duration,
    /// `FLASHSALE_PUSH_LEASE_SECONDS`: how long a server leases a push before another server may take it over.
    pub push_lease: Duration,
    /// `FLASHSALE_PULL`: `no` if this server must not read the orders of connected stores.
    pub pull: bool,
    /// `FLASHSALE_PULL_HOURS`: how far back the orders of a store are read for the first time.
    pub pull_hours: u32,
    /// `FLASHSALE_PUSH_LOG_DAYS`: how long the push log is stored, at most ten years.
    pub push_log_days: u32,
    /// `FLASHSALE_VERIFY_HOURS`: the interval of the verification.
    pub verify_hours: u32,
    /// `FLASHSALE_UPLOAD_LIMIT_MIB`: the largest uploaded file, here in bytes.
    pub upload_limit_bytes: usize,
    /// The address of the demo's simulated marketplaces. No variable sets it: only the demo has them.
    pub simulated_marketplaces: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("{name}: {why}")]
pub struct SettingError {
    name: &'static str,
    why: String,
}

impl Settings {
    /// Reads the settings. `variable` returns the value of an environment variable; an empty one counts as unset.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let text = |name: &str| variable(name).filter(|value| !value.is_empty());
        let number = |name: &'static str, default: u32| match text(name) {
            None => Ok(default),
            Some(value) => match value.parse::<u32>() {
                Ok(number) if number > 0 => Ok(number),
                _ => Err(SettingError { name, why: format!("“{value}” is not a whole number of 1 or more") }),
            },
        };
        let yes_or_no = |name: &'static str, default: bool| match text(name).as_deref() {
            None => Ok(default),
            Some("yes") => Ok(true),
            Some("no") => Ok(false),
            Some(value) => Err(SettingError { name, why: format!("“{value}” is neither yes nor no") }),
        };
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let pool = PoolSize::default();
        let time = |name: &'static str, default: Duration| {
            let default_ms = u32::try_from(default.as_millis()).unwrap_or(u32::MAX);
            number(name, default_ms).map(|ms| Duration::from_millis(ms.into()))
        };
        Ok(Self {
            database_url: text("DATABASE_URL")
                .unwrap_or_else(|| "sqlite://flashsale.db".to_owned())
                .parse()
                .map_err(|error: crate::db::Error| SettingError { name: "DATABASE_URL", why: error.to_string() })?,
            bind: bind(text("FLASHSALE_BIND").unwrap_or_else(|| "127.0.0.1:8080".to_owned()))?,
            public_origin: text("FLASHSALE_PUBLIC_ORIGIN").map(public_origin).transpose()?,
            static_dir: text("FLASHSALE_STATIC_DIR").map_or_else(static_dir, PathBuf::from),
            pool: PoolSize {
                readers: number("FLASHSALE_READERS", pool.readers)?,
                writers: number("FLASHSALE_WRITERS", pool.writers)?,
                wait: time("FLASHSALE_DATABASE_WAIT_MS", pool.wait)?,
                deadline: time("FLASHSALE_DATABASE_DEADLINE_MS", pool.deadline)?,
            },
            clock_bound: Duration::from_secs(number("FLASHSALE_CLOCK_BOUND_SECONDS", 30)?.into()),
            workers: number("FLASHSALE_WORKERS", u32::try_from(cores).unwrap_or(2))? as usize,
            session_hours: number("FLASHSALE_SESSION_HOURS", 24 * 7)?.min(24 * 366),
            sign_in_tries: NonZeroU32::new(number("FLASHSALE_SIGN_IN_TRIES", 10)?).expect("1 or more"),
            trust_proxy: yes_or_no("FLASHSALE_TRUST_PROXY", false)?,
            connections: number("FLASHSALE_CONNECTIONS", 2_048)? as usize,
            connections_per_address: number("FLASHSALE_CONNECTIONS_PER_ADDRESS", 1_024)? as usize,
            client_wait: Duration::from_secs(number("FLASHSALE_CLIENT_WAIT_SECONDS", 10)?.into()),
            orders_together: number("FLASHSALE_ORDERS_TOGETHER", 256)? as usize,
            credentials_key: text("FLASHSALE_CREDENTIALS_KEY")
                .map(|key| SealKey::parse(&key))
                .transpose()
                .map_err(|error: NotAKey| SettingError { name: "FLASHSALE_CREDENTIALS_KEY", why: error.to_string() })?,
            private_addresses: yes_or_no("FLASHSALE_PRIVATE_ADDRESSES", false)?,
            push: yes_or_no("FLASHSALE_PUSH", true)?,
            push_wait: Duration::from_secs(number("FLASHSALE_PUSH_WAIT_SECONDS", 120)?.into()),
            push_lease: Duration::from_secs(number("FLASHSALE_PUSH_LEASE_SECONDS", 5)?.into()),
            pull: yes_or_no("FLASHSALE_PULL", true)?,
            pull_hours: number("FLASHSALE_PULL_HOURS", 24)?.min(24 * 366),
            push_log_days: number("FLASHSALE_PUSH_LOG_DAYS", 30)?.min(3_653),
            verify_hours: number("FLASHSALE_VERIFY_HOURS", 24)?,
            upload_limit_bytes: (number("FLASHSALE_UPLOAD_LIMIT_MIB", 256)? as usize) << 20,
            simulated_marketplaces: None,
        })
    }

    /// Checks that the style sheets exist. Only a server needs them.
    pub fn check_static_dir(&self) -> Result<(), SettingError> {
        if has_style_sheets(&self.static_dir) {
            return Ok(());
        }
        let why =
            format!("{} has no css/app.css: set it to the folder `static` of flashsale", self.static_dir.display());
        Err(SettingError { name: "FLASHSALE_STATIC_DIR", why })
    }
}

/// Checks the form only: the server finds out whether it can bind the address.
fn bind(value: String) -> Result<String, SettingError> {
    match value.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(value),
        _ => Err(SettingError {
            name: "FLASHSALE_BIND",
            why: format!("“{value}” is not an address and a port like 127.0.0.1:8080"),
        }),
    }
}

/// The folder `static` in the working directory, next to the program, or in the checkout it was built in.
fn static_dir() -> PathBuf {
    let in_working_directory = PathBuf::from("static");
    if has_style_sheets(&in_working_directory) {
        return in_working_directory;
    }
    let next_to_program = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("static")));
    match next_to_program {
        Some(folder) if has_style_sheets(&folder) => folder,
        _ => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/static")),
    }
}

fn has_style_sheets(folder: &Path) -> bool {
    folder.join("css/app.css").is_file()
}

/// The origin as browsers send it: in lower case, without the default port.
fn public_origin(value: String) -> Result<String, SettingError> {
    let lower = value.to_ascii_lowercase();
    let split = [("https://", ":443"), ("http://", ":80")].iter().find_map(|(scheme, port)| {
        lower.strip_prefix(scheme).map(|host| (scheme, host.strip_suffix(port).unwrap_or(host)))
    });
    match split {
        Some((scheme, host)) if !host.is_empty() && !host.contains('/') => Ok(format!("{scheme}{host}")),
        _ => Err(SettingError {
            name: "FLASHSALE_PUBLIC_ORIGIN",
            why: format!("“{value}” is not an origin like https://sale.example, without a path"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::from_variables(find).map_err(|error| error.to_string())
    }

    #[test]
    fn every_setting_has_a_default() {
        let settings = settings(&[("DATABASE_URL", "")]).expect("defaults");
        assert_eq!(settings.bind, "127.0.0.1:8080");
        assert_eq!(format!("{:?}", settings.database_url), "sqlite://flashsale.db");
        assert_eq!(settings.upload_limit_bytes, 256 << 20);
        assert!(settings.credentials_key.is_none());
        assert_eq!((settings.pool.wait.as_secs(), settings.pool.deadline.as_secs()), (4, 5));
        assert!(!settings.private_addresses);
    }

    #[test]
    fn the_public_origin_is_written_as_browsers_write_it() {
        for (typed, origin) in [
            ("https://Sale.Example:443", "https://sale.example"),
            ("http://sale.example:8080", "http://sale.example:8080"),
        ] {
            let settings = settings(&[("FLASHSALE_PUBLIC_ORIGIN", typed)]).expect("an origin");
            assert_eq!(settings.public_origin.as_deref(), Some(origin));
        }
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_an_error_with_its_name() {
        for (name, value) in [
            ("DATABASE_URL", "mysql://localhost/x"),
            ("DATABASE_URL", "flashsale.db"),
            ("DATABASE_URL", "sqlite://"),
            ("FLASHSALE_BIND", "foo"),
            ("FLASHSALE_BIND", ":8080"),
            ("FLASHSALE_BIND", "127.0.0.1:http"),
            ("FLASHSALE_PUBLIC_ORIGIN", "sale.example"),
            ("FLASHSALE_PUBLIC_ORIGIN", "https://sale.example/shop"),
            ("FLASHSALE_WORKERS", "0"),
            ("FLASHSALE_CONNECTIONS", "many"),
            ("FLASHSALE_CLIENT_WAIT_SECONDS", "0"),
            ("FLASHSALE_SESSION_HOURS", "a week"),
            ("FLASHSALE_TRUST_PROXY", "maybe"),
            ("FLASHSALE_DATABASE_DEADLINE_MS", "5 s"),
            ("FLASHSALE_CREDENTIALS_KEY", "a password"),
        ] {
            let error = settings(&[(name, value)]).expect_err(value);
            assert!(error.starts_with(name) && error.matches(name).count() == 1, "{error}");
        }
    }
}
