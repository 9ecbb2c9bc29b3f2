//! Contracts.

use async_graphql::{Context, ID, Object, Result};

use super::access::PropertyAccess;
use super::enums::{ContractStatus, PoolAccess};
use super::property::{Property, Tenant, tenant};
use super::room_type::RoomType;
use super::scalars::{Date, NodeId};
use crate::inventory;

/// What opens a property to a partner.
#[derive(Clone)]
pub struct Contract {
    /// Its property, as the caller sees it.
    pub seen: PropertyAccess,
    /// Its values.
    pub contract: inventory::Contract,
}

/// What opens a property to a partner.
#[Object]
impl Contract {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        NodeId::Contract(self.seen.id(), self.contract.id).encode()
    }

    /// The supplier's own code.
    async fn code(&self) -> &str {
        &self.contract.code
    }

    /// The property it opens.
    async fn property(&self) -> Property {
        Property(self.seen.clone())
    }

    /// To whom.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Tenant> {
        tenant(ctx, self.contract.partner).await
    }

    /// First night it covers.
    async fn first_stay_date(&self) -> Date {
        Date(self.contract.first_stay_date)
    }

    /// Last night it covers, included.
    async fn last_stay_date(&self) -> Date {
        Date(self.contract.last_stay_date)
    }

    /// The room types it covers; null is all, later ones included.
    async fn room_types(&self) -> Option<Vec<RoomType>> {
        let list = self.contract.room_types.as_ref()?;
        let found = list.iter().filter_map(|id| self.seen.structure.room_types.get(id));
        Some(found.map(|room_type| RoomType { seen: self.seen.clone(), room_type: room_type.clone() }).collect())
    }

    /// Whether it takes new claims.
    async fn status(&self) -> ContractStatus {
        self.contract.status.into()
    }

    /// Its access to the shared pool.
    async fn pool_access(&self) -> PoolAccess {
        match self.contract.pool_access {
            inventory::PoolAccess::None => PoolAccess::None,
            inventory::PoolAccess::Capped(_) => PoolAccess::Capped,
            inventory::PoolAccess::Full => PoolAccess::Full,
        }
    }

    /// With `CAPPED`: most rooms of the shared pool per room type and night, held and sold together.
    async fn pool_cap(&self) -> Option<i32> {
        match self.contract.pool_access {
            inventory::PoolAccess::Capped(cap) => Some(cap),
            _ => None,
        }
    }

    /// Longest hold in minutes, extensions included; null is the gateway's.
    async fn longest_hold_minutes(&self) -> Option<i32> {
        self.contract.longest_hold_minutes
    }

    /// Most rooms under live holds at a time; null is the gateway's.
    async fn max_held_rooms(&self) -> Option<i32> {
        self.contract.max_held_rooms
    }

    /// The partner is shown no more than this left to sell; null is no cap.
    async fn left_to_sell_shown_up_to(&self) -> Option<i32> {
        self.contract.left_to_sell_shown_up_to
    }
}
