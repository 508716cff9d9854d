//! `DATABASE_URL`: which database, and where.

use super::error::Error;

#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A PostgreSQL server; the whole URL.
    #[cfg(feature = "postgres")]
    Postgres(String),
    /// An SQLite file; its path.
    Sqlite(String),
}

impl DatabaseUrl {
    /// Whether it names a server, rather than a file.
    pub fn is_server(&self) -> bool {
        !matches!(self, Self::Sqlite(_))
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => sqlite(path),
            #[cfg(feature = "postgres")]
            Some((scheme @ ("postgres" | "postgresql"), rest)) => server(scheme, rest).map(Self::Postgres),
            #[cfg(not(feature = "postgres"))]
            Some(("postgres" | "postgresql", _)) => Err(Error::Setting(
                "it names a PostgreSQL server, but this program was built without PostgreSQL: build it with `cargo build \
                 --release --features postgres`"
                    .to_owned(),
            )),
            Some(("sqlite", _)) => {
                Err(Error::Setting("put the path of a file behind sqlite://, like sqlite://flashsale.db".to_owned()))
            }
            Some((scheme, _)) => Err(Error::Setting(format!(
                "it must begin with sqlite:// (and a path) or postgres://, not with “{scheme}://”"
            ))),
            None => Err(Error::Setting(
                "it must begin with sqlite:// (and a path) or postgres://, like sqlite://flashsale.db".to_owned(),
            )),
        }
    }
}

/// What looks like a part of a URL is refused: taken to the letter, it would be a new, empty file of a strange name.
fn sqlite(path: &str) -> Result<DatabaseUrl, Error> {
    let why = if path == ":memory:" || path.starts_with("file:") {
        "put the path of a file behind sqlite://, like sqlite://flashsale.db: a database in memory would be gone with the \
         program"
    } else if path.contains('?') {
        "leave out the “?” and what is behind it: the path of the file is enough, and a file that is not there is made"
    } else if is_escaped(path) {
        "write the path as it is, with its spaces and without “%” and two digits: they are not decoded"
    } else {
        return Ok(DatabaseUrl::Sqlite(path.to_owned()));
    };
    Err(Error::Setting(why.to_owned()))
}

/// A URL of servers, as libpq reads it. What it would refuse is refused here: its errors repeat parts of passwords.
#[cfg(feature = "postgres")]
fn server(scheme: &str, rest: &str) -> Result<String, Error> {
    let refused =
        |why: &str| Err(Error::Setting(format!("{why}; it has to be like postgres://USER:PASSWORD@HOST/DATABASE")));
    let (authority, behind) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.matches('@').count() > 1 {
        return refused("write “@” in a name or a password as %40");
    }
    if rest.split('%').skip(1).any(|escape| !is_escaped(&format!("%{escape}"))) {
        return refused("write “%” in a name or a password as %25");
    }
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    for host in hosts.split(',') {
        let after_address = host.rsplit_once(']').map_or(host, |(_, port)| port);
        let port = after_address.split_once(':').map_or("", |(_, port)| port);
        if !port.bytes().all(|digit| digit.is_ascii_digit()) {
            return refused(
                "what is behind a host and a colon is not a port: write “/”, “?” and “#” in a password as %2F, %3F and %23",
            );
        }
    }
    let mut url = format!("{scheme}://{rest}");
    if hosts.contains(',') && !behind.contains("target_session_attrs=") {
        // One of them is a standby, which takes no orders.
        url.push(if behind.contains('?') { '&' } else { '?' });
        url.push_str("target_session_attrs=read-write");
    }
    Ok(url)
}

/// Whether the certificate of a server on another machine is not checked, so that anybody in between can read along.
#[cfg(feature = "postgres")]
pub(super) fn is_unchecked(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, behind) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let is_here = |host: &str| {
        host.is_empty() || host.starts_with("%2F") || host.starts_with("[::1]") || {
            let name = host.split(':').next().unwrap_or_default();
            name == "localhost" || name.starts_with("127.")
        }
    };
    let is_checked = ["sslmode=verify-full", "sslmode=verify-ca"].iter().any(|mode| behind.contains(mode));
    !is_checked && !hosts.split(',').all(is_here)
}

/// Whether a path has an escape of URLs, like `%20`.
fn is_escaped(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

impl std::fmt::Debug for DatabaseUrl {
    /// Without the password that the URL of a server may carry.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let place = url.rsplit_once('@').map_or(url.as_str(), |(_, place)| place);
                let place = place.split_once("://").map_or(place, |(_, place)| place);
                write!(f, "postgres://{}", place.split('?').next().unwrap_or_default())
            }
            Self::Sqlite(path) => write!(f, "sqlite://{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_as_it_is_and_a_url_is_refused_with_words() {
        for path in ["flashsale.db", "/var/lib/flash sale/100%.db", "./x-%zz.db", "a#b.db"] {
            let url: DatabaseUrl = format!("sqlite://{path}").parse().expect(path);
            assert_eq!(url, DatabaseUrl::Sqlite(path.to_owned()));
        }
        for (path, words) in [
            ("x.db?mode=rwc", "leave out the “?”"),
            ("x.db?cache=shared&mode=ro", "leave out the “?”"),
            ("my%20db.db", "write the path as it is"),
            (":memory:", "a database in memory would be gone"),
            ("file:x?mode=memory", "a database in memory would be gone"),
            ("", "put the path of a file"),
        ] {
            let refused = format!("sqlite://{path}").parse::<DatabaseUrl>().expect_err(path).to_string();
            assert!(refused.contains(words), "{path}: {refused}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn of_several_servers_the_one_that_can_be_written_to_is_taken() {
        for (given, taken) in [
            ("postgres://u:p@one/db", "postgres://u:p@one/db"),
            ("postgres://u@[::1]:5433/db?sslmode=require", "postgres://u@[::1]:5433/db?sslmode=require"),
            ("postgresql://u@one,two/db", "postgresql://u@one,two/db?target_session_attrs=read-write"),
            ("postgres://one:1,two:2", "postgres://one:1,two:2?target_session_attrs=read-write"),
            ("postgres://u@one,two/db?sslmode=x", "postgres://u@one,two/db?sslmode=x&target_session_attrs=read-write"),
            ("postgres://u@one,two/db?target_session_attrs=any", "postgres://u@one,two/db?target_session_attrs=any"),
            ("postgres://u:a%40b%2Fc@one/db", "postgres://u:a%40b%2Fc@one/db"),
            ("postgres:///db?host=/run/postgresql", "postgres:///db?host=/run/postgresql"),
        ] {
            let url: DatabaseUrl = given.parse().expect(given);
            assert_eq!(url, DatabaseUrl::Postgres(taken.to_owned()), "{given}");
        }
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_password_in_a_url_is_never_repeated() {
        for (given, words) in [
            ("postgres://u:sec@ret@one/db", "as %40"),
            ("postgres://u:secret/x@one/db", "is not a port"),
            ("postgres://u:secret?x@one/db", "is not a port"),
            ("postgres://u:secret%zz@one/db", "as %25"),
            ("postgres://u:secret%@one/db", "as %25"),
        ] {
            let refused = given.parse::<DatabaseUrl>().expect_err(given).to_string();
            assert!(refused.contains(words) && !refused.contains("sec"), "{given}: {refused}");
        }
        let url: DatabaseUrl = "postgresql://u:secret@one,two/db?password=secret".parse().expect("a URL");
        assert_eq!(format!("{url:?}"), "postgres://one,two/db");
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn a_server_elsewhere_has_to_show_its_certificate() {
        for (url, expected) in [
            ("postgres://u@127.0.0.1:5432/db", false),
            ("postgres://u:p@localhost,[::1]:5433/db", false),
            ("postgres:///db", false),
            ("postgres://u@%2Frun%2Fpostgresql/db", false),
            ("postgres://u@db.example/db", true),
            ("postgres://u@localhost,db.example/db?sslmode=require", true),
            ("postgres://u@db.example/db?sslrootcert=system&sslmode=verify-full", false),
        ] {
            assert_eq!(is_unchecked(url), expected, "{url}");
        }
    }
}
