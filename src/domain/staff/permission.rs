//! The permissions of members of staff and of API tokens.

/// Each route of the pages and of the API requires one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See everything but staff and tokens.
    View,
    /// Create, change and end promotions.
    ManagePromotions,
    /// Add and change SKUs, and count their stock.
    ManageCatalogue,
    /// Enter, ship and cancel orders.
    ManageOrders,
    /// Import files.
    Import,
    /// Add and change stores and their listings, and pause or resume pushing to them.
    ManageStores,
    /// Connect stores to their marketplaces and enter their credentials.
    ManageConnections,
    /// Verify the database against its ledger.
    Verify,
    /// Add, disable and enable members of staff.
    ManageStaff,
    /// Create and revoke the API's tokens.
    ManageTokens,
    /// Change one's own password, and end one's own sessions.
    ManageOwnAccount,
}

/// The permissions of one member of staff or of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions(&'static [Permission]);

impl Permissions {
    /// Every permission. There are no roles yet: all members of staff and all tokens have them all.
    pub const ALL: Self = Self::of(&[
        Permission::View,
        Permission::ManagePromotions,
        Permission::ManageCatalogue,
        Permission::ManageOrders,
        Permission::Import,
        Permission::ManageStores,
        Permission::ManageConnections,
        Permission::Verify,
        Permission::ManageStaff,
        Permission::ManageTokens,
        Permission::ManageOwnAccount,
    ]);

    /// Only the given permissions.
    pub const fn of(permissions: &'static [Permission]) -> Self {
        Self(permissions)
    }

    /// Whether `permission` is granted.
    pub fn include(self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }
}

/// Who may use a route. Each route declares it beside its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Without signing in or a token.
    Public,
    /// Callers with that permission.
    Needs(Permission),
}

impl Access {
    /// Whether a caller with these permissions may use it.
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
