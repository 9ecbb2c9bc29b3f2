//! Scopes: the permissions of a token.

use std::fmt;
use std::str::FromStr;

use lodgate_entities::tenant::TenantKind;
use lodgate_entities::user::UserRole;

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Read properties and availability.
    InventoryRead,
    /// Change allotments, restrictions, properties, room types and contracts.
    InventoryWrite,
    /// Read reservations.
    ReservationsRead,
    /// Create, confirm, change and cancel reservations and holds.
    ReservationsWrite,
    /// Manage API clients.
    TenantAdmin,
}

impl Scope {
    /// Every scope, in the order of their text form.
    pub const ALL: [Self; 5] =
        [Self::InventoryRead, Self::InventoryWrite, Self::ReservationsRead, Self::ReservationsWrite, Self::TenantAdmin];

    /// The name in tokens.
    pub fn name(self) -> &'static str {
        match self {
            Self::InventoryRead => "inventory:read",
            Self::InventoryWrite => "inventory:write",
            Self::ReservationsRead => "reservations:read",
            Self::ReservationsWrite => "reservations:write",
            Self::TenantAdmin => "tenant:admin",
        }
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of permissions, written as names separated by spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Whether the set contains `scope`.
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether the set contains all of `others`.
    pub fn covers(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// The intersection.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes, one by one.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }

    /// All scopes of a tenant of this kind.
    pub fn of_kind(kind: TenantKind) -> Self {
        use Scope::{InventoryRead, ReservationsRead, ReservationsWrite, TenantAdmin};
        match kind {
            TenantKind::Supplier => Scope::ALL.into_iter().collect(),
            TenantKind::Partner => {
                [InventoryRead, ReservationsRead, ReservationsWrite, TenantAdmin].into_iter().collect()
            }
            TenantKind::Operator => [InventoryRead, ReservationsRead, TenantAdmin].into_iter().collect(),
        }
    }

    /// The scopes of a role: a viewer reads, a manager also writes, an owner also administers.
    pub fn of_role(role: UserRole) -> Self {
        use Scope::{InventoryRead, InventoryWrite, ReservationsRead, ReservationsWrite};
        match role {
            UserRole::Viewer => [InventoryRead, ReservationsRead].into_iter().collect(),
            UserRole::Manager => {
                [InventoryRead, InventoryWrite, ReservationsRead, ReservationsWrite].into_iter().collect()
            }
            UserRole::Owner => Scope::ALL.into_iter().collect(),
        }
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{scope}")?;
        }
        Ok(())
    }
}

/// No scope has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown scope; the scopes are inventory:read inventory:write reservations:read reservations:write tenant:admin"
)]
pub struct UnknownScope;

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(names: &str) -> Result<Self, UnknownScope> {
        names
            .split_ascii_whitespace()
            .map(|name| Scope::ALL.into_iter().find(|scope| scope.name() == name).ok_or(UnknownScope))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_written_by_name() {
        let scopes: Scopes = "reservations:write  inventory:read".parse().unwrap();
        assert_eq!(scopes.to_string(), "inventory:read reservations:write");
        assert_eq!("".parse(), Ok(Scopes::NONE));
        assert_eq!("inventory:everything".parse::<Scopes>(), Err(UnknownScope));
    }

    #[test]
    fn a_role_holds_all_of_the_lesser_one() {
        let (viewer, manager, owner) =
            (Scopes::of_role(UserRole::Viewer), Scopes::of_role(UserRole::Manager), Scopes::of_role(UserRole::Owner));
        assert!(owner.covers(manager) && manager.covers(viewer));
        assert!(!viewer.contains(Scope::InventoryWrite) && !manager.contains(Scope::TenantAdmin));
        assert!(!Scopes::of_kind(TenantKind::Partner).contains(Scope::InventoryWrite));
    }
}
