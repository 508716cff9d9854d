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
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.to_owned())),
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
                write!(f, "postgres://{}", place.trim_start_matches("postgres://"))
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
}
