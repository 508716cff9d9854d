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
    /// Every permission.
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

    /// The permissions of everyday work: everything but staff, tokens, connections and the organization.
    pub const WORK: Self = Self::of(&[
        Permission::View,
        Permission::ManagePromotions,
        Permission::ManageCatalogue,
        Permission::ManageOrders,
        Permission::Import,
        Permission::ManageStores,
        Permission::Verify,
        Permission::ManageOwnAccount,
    ]);

    /// None: of whoever is not signed in.
    pub const NONE: Self = Self::of(&[]);

    /// Only the given permissions.
    pub const fn of(permissions: &'static [Permission]) -> Self {
        Self(permissions)
    }

    /// Whether `permission` is granted.
    pub fn include(self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }
}

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Administrator,
    /// Everyday work: no users, tokens, connections and credentials.
    Staff,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 2] = [Self::Administrator, Self::Staff];

    /// The word that the database and forms use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Staff => "staff",
        }
    }

    /// The role of a word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// The label on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator",
            Self::Staff => "Staff",
        }
    }

    /// What the role allows, in a sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Administrator => "Everything, also users, API tokens, connections of stores and their credentials.",
            Self::Staff => "Promotions, stock, orders, imports and stores. No users, API tokens and connections.",
        }
    }

    /// The permissions of whoever has the role.
    pub fn permissions(self) -> Permissions {
        match self {
            Self::Administrator => Permissions::ALL,
            Self::Staff => Permissions::WORK,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_work_and_administrators_decide_who_may() {
        for (permission, is_work) in [
            (Permission::View, true),
            (Permission::ManagePromotions, true),
            (Permission::ManageCatalogue, true),
            (Permission::ManageOrders, true),
            (Permission::Import, true),
            (Permission::ManageStores, true),
            (Permission::Verify, true),
            (Permission::ManageOwnAccount, true),
            (Permission::ManageConnections, false),
            (Permission::ManageStaff, false),
            (Permission::ManageTokens, false),
        ] {
            assert_eq!(Role::Staff.permissions().include(permission), is_work, "{permission:?}");
            assert!(Role::Administrator.permissions().include(permission), "{permission:?}");
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
