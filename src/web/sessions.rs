//! Sessions: who is signed in, kept in the database so that they can be listed and ended. The cookie carries a random
//! key; the database keeps only its hash.

use crate::{
    clock::Clock,
    db::{self, Conn, Database, sessions::Session},
    domain::{id::UserId, moment::Moment},
};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use anyhow::Context;
use chrono::TimeDelta;
use rand::Rng;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The state's entry with the id of who is signed in.
pub const USER_ID: &str = "user_id";
/// The state's entry with their e-mail address.
pub const EMAIL: &str = "email";
/// The state's entry with the browser that signed in, for the list of sessions.
pub const DEVICE: &str = "device";

/// SHA-256 as 64 hexadecimal digits. For secrets that are random: they need no salt.
#[must_use]
pub fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 256 random bits as 43 characters that may stand in addresses.
#[must_use]
pub fn random_secret() -> String {
    use base64::Engine;
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// Keeps sessions in our own table.
#[derive(Clone)]
pub struct Store {
    /// Where they are kept.
    pub database: Database,
    /// Tells when they expire.
    pub clock: Clock,
}

type State = HashMap<String, String>;

impl Store {
    fn expiry(&self, ttl: &Duration) -> Moment {
        self.clock.now().plus(TimeDelta::seconds(ttl.whole_seconds()))
    }

    async fn write(
        &self,
        mut work: impl FnMut(&mut Conn) -> diesel::QueryResult<()> + Send + 'static,
    ) -> anyhow::Result<()> {
        Ok(self.database.write(move |conn| Ok::<_, db::Error>(work(conn)?)).await?)
    }
}

impl SessionStore for Store {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let (hash, now) = (sha256_hex(key.as_ref()), self.clock.now());
        let state = self.database.read(move |conn| Ok::<_, db::Error>(db::sessions::state(conn, &hash, now)?)).await;
        match state.map_err(|error| LoadError::Other(error.into()))? {
            Some(json) => {
                serde_json::from_str(&json).map(Some).map_err(|error| LoadError::Deserialization(error.into()))
            }
            None => Ok(None),
        }
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let key = random_secret();
        let session = session(&key, &state, self.clock.now(), self.expiry(ttl)).map_err(SaveError::Other)?;
        self.write(move |conn| db::sessions::insert(conn, &session)).await.map_err(SaveError::Other)?;
        SessionKey::try_from(key).map_err(|error| SaveError::Other(anyhow::anyhow!("{error}")))
    }

    async fn update(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let json = serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
        let (hash, expires_at) = (sha256_hex(key.as_ref()), self.expiry(ttl));
        let saved = self.write(move |conn| db::sessions::update(conn, &hash, &json, expires_at)).await;
        saved.map(|()| key).map_err(UpdateError::Other)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        let (hash, expires_at) = (sha256_hex(key.as_ref()), self.expiry(ttl));
        self.write(move |conn| db::sessions::extend(conn, &hash, expires_at)).await
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let hash = sha256_hex(key.as_ref());
        self.write(move |conn| db::sessions::end(conn, &hash)).await
    }
}

/// The row of a new session. Only signing in begins one, so its state names the user; its values are JSON.
fn session(key: &str, state: &State, created_at: Moment, expires_at: Moment) -> anyhow::Result<Session> {
    let entry = |name: &str| -> anyhow::Result<String> {
        let json = state.get(name).with_context(|| format!("a session without {name}"))?;
        Ok(serde_json::from_str(json)?)
    };
    Ok(Session {
        key_hash: sha256_hex(key),
        user_id: entry(USER_ID)?.parse::<UserId>()?,
        device: entry(DEVICE)?,
        state: serde_json::to_string(state)?,
        created_at,
        expires_at,
    })
}
