//! What members of staff, and programs with a token, may do.

/// One kind of thing to do. Each route of the pages and of the API needs one.
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
    /// Connect stores to their marketplaces, with the credentials that it takes.
    ManageConnections,
    /// Verify the database against its ledger.
    Verify,
    /// Add, disable and enable members of staff.
    ManageStaff,
    /// Create and revoke the API's tokens.
    ManageTokens,
    /// Change the own password, and end the own sessions.
    ManageOwnAccount,
}

/// What one member of staff, or one program, may do.
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

    /// These permissions and no other.
    #[must_use]
    pub const fn of(permissions: &'static [Permission]) -> Self {
        Self(permissions)
    }

    /// Whether `permission` is one of them.
    #[must_use]
    pub fn include(self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }
}
