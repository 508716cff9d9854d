//! The state that all requests share.

use super::{kept_files::KeptFiles, limits::SignInLimits, secrets::random_secret, token_uses::TokenUses};
use crate::{
    clock::Clock,
    db::{self, Database},
    settings::Settings,
};

pub struct State {
    pub settings: Settings,
    pub database: Database,
    pub clock: Clock,
    pub limits: SignInLimits,
    pub kept_files: KeptFiles,
    pub token_uses: TokenUses,
    /// The secret in the link to `/setup`; `None` once there is an account.
    pub setup_token: Option<String>,
}

impl State {
    pub fn new(settings: Settings, database: Database, clock: Clock) -> Result<Self, db::Error> {
        warn_of_plain_http(&settings);
        let has_no_users = database.read_blocking(db::staff::users::none_yet)?;
        Ok(Self {
            limits: SignInLimits::new(settings.sign_in_tries, &clock),
            kept_files: KeptFiles::new(2 * settings.upload_limit_bytes as u64),
            token_uses: TokenUses::default(),
            setup_token: has_no_users.then(random_secret),
            settings,
            database,
            clock,
        })
    }
}

/// Warns if people seem to reach the server without HTTPS: whoever listens on the way reads their passwords.
fn warn_of_plain_http(settings: &Settings) {
    let host = settings.bind.rsplit_once(':').map_or("", |(host, _)| host);
    let is_loopback = host == "localhost" || host == "[::1]" || host.starts_with("127.");
    let is_https = settings.public_origin.as_ref().is_some_and(|origin| origin.starts_with("https://"));
    if !is_loopback && !is_https {
        tracing::warn!(
            bind = settings.bind,
            "this server can be reached from other machines, and has no https origin: cookies are sent without \
             encryption. Let a proxy add HTTPS, and set FLASHSALE_PUBLIC_ORIGIN"
        );
    }
}
