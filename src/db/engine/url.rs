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

impl std::str::FromStr for DatabaseUrl {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.to_owned())),
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
