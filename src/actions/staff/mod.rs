//! Members of staff, their sessions, and API tokens.

pub mod add_first_user;
pub mod add_token;
pub mod add_user;
pub mod begin_session;
pub mod change_password;
pub mod change_role;
pub mod disable_user;
pub mod end_session;
pub mod reset_password;
pub mod revoke_token;
pub mod save_organization;
