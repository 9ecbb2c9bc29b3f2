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
    /// A user of a tenant.
    UserId
    /// An API client of a tenant.
    ApiClientId
    /// A property (hotel).
    PropertyId
    /// A room type of one property.
    RoomTypeId
    /// A contract of one property with one partner. Never 0, which is the shared pool where a pool is stored.
    ContractId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_plain_number_in_json() {
        let id: PropertyId = serde_json::from_str("42").unwrap();
        assert_eq!(id, PropertyId(42));
        assert_eq!(serde_json::to_string(&id).unwrap(), "42");
        assert_eq!(id.to_string(), "42");
    }
}
