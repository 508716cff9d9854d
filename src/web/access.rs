//! Who may use a route. Each route declares it beside its path.

use crate::domain::staff::permission::{Permission, Permissions};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Without signing in or a token.
    Public,
    Needs(Permission),
}

impl Access {
    pub fn allows(self, permissions: Permissions) -> bool {
        match self {
            Self::Public => true,
            Self::Needs(permission) => permissions.include(permission),
        }
    }
}

impl From<Permission> for Access {
    fn from(permission: Permission) -> Self {
        Self::Needs(permission)
    }
}
