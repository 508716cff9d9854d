//! The state that all requests share.

use super::{kept_files::KeptFiles, limits::SignInLimits, secrets::random_secret};
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
    /// The secret in the link to `/setup`; `None` once there is an account.
    pub setup_token: Option<String>,
}

impl State {
    pub fn new(settings: Settings, database: Database, clock: Clock) -> Result<Self, db::Error> {
        let has_no_users = database.read_blocking(db::staff::users::none_yet)?;
        Ok(Self {
            limits: SignInLimits::new(settings.sign_in_tries, &clock),
            kept_files: KeptFiles::new(2 * settings.upload_limit_bytes as u64),
            setup_token: has_no_users.then(random_secret),
            settings,
            database,
            clock,
        })
    }
}
