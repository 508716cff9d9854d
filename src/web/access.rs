//! Who may use a route. Each declares it beside its path.

use crate::domain::staff::permission::{Permission, Permissions};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without signing in or a token.
    Public,
    /// Those who have the permission.
    Needs(Permission),
}

impl Access {
    /// Whether someone with these permissions may use the route.
    #[must_use]
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
