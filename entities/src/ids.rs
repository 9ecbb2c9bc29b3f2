//! Typed ids: a property's number cannot be passed where a room type's is meant.

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )+};
}

typed_ids! {
    /// An organisation that calls Lodgate.
    TenantId
    /// A person of a tenant.
    UserId
    /// A machine of a tenant.
    ApiClientId
    /// A hotel.
    PropertyId
    /// A sellable category of rooms of one hotel.
    RoomTypeId
    /// The opening of one hotel to one partner. Never 0, which stands for the shared pool where a pool is stored.
    ContractId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_bare_number_on_the_wire() {
        let id: PropertyId = serde_json::from_str("42").unwrap();
        assert_eq!(id, PropertyId(42));
        assert_eq!(serde_json::to_string(&id).unwrap(), "42");
        assert_eq!(id.to_string(), "42");
    }
}
