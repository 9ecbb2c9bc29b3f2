//! Contracts.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, Result};
use lodgate_entities::ids::{ContractId, RoomTypeId};
use lodgate_entities::tenant::{self, TenantKind};

use super::access::{self, PropertyAccess, app, own_property};
use super::error::bad_input;
use super::mutation_result::{MutationResult, unknown};
use super::patch::patch;
use super::property::Property;
use super::room_type::RoomType;
use super::scalars::{CursorText, Date, NodeId, room_type_id};
use super::submit::change_structure;
use super::tenant::{Tenant, tenant};
use super::user_error::UserError;
use crate::inventory;
use crate::inventory::Problem;
use crate::inventory::command::Structure;

/// A contract: it opens a property to a partner.
#[derive(Clone)]
pub struct Contract {
    /// Its property, as the caller sees it.
    pub access: PropertyAccess,
    /// Its values.
    pub contract: inventory::Contract,
}

/// A contract: it opens a property to a partner.
#[Object]
impl Contract {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        NodeId::Contract(self.access.id(), self.contract.id).encode()
    }

    /// The supplier's own code.
    async fn code(&self) -> &str {
        &self.contract.code
    }

    /// The property.
    async fn property(&self) -> Property {
        Property(self.access.clone())
    }

    /// The partner.
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

    /// The room types it covers; null means all, later ones included.
    async fn room_types(&self) -> Option<Vec<RoomType>> {
        let list = self.contract.room_types.as_ref()?;
        let found = list.iter().filter_map(|id| self.access.room_type(*id));
        Some(found.map(|room_type| RoomType { access: self.access.clone(), room_type: room_type.clone() }).collect())
    }

    /// `ACTIVE` while it takes new holds and bookings.
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

    /// Longest hold in minutes, extensions included; null is the gateway's limit.
    async fn longest_hold_minutes(&self) -> Option<i32> {
        self.contract.longest_hold_minutes
    }

    /// Most rooms under live holds at a time; null is the gateway's limit.
    async fn max_held_rooms(&self) -> Option<i32> {
        self.contract.max_held_rooms
    }

    /// The partner sees at most this many rooms left to sell; null is no cap.
    async fn left_to_sell_shown_up_to(&self) -> Option<i32> {
        self.contract.left_to_sell_shown_up_to
    }
}

/// The status of a contract.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::ContractStatus")]
pub enum ContractStatus {
    /// It takes holds and bookings.
    Active,
    /// It keeps its reservations and takes no new holds or bookings.
    Suspended,
}

/// A contract's access to the shared pool, per room type and night.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolAccess {
    /// Its own rooms only.
    None,
    /// At most `poolCap` rooms, held and sold together.
    Capped,
    /// All rooms of the shared pool.
    Full,
}

/// The access with its cap.
///
/// # Errors
/// `BAD_USER_INPUT` when the cap is missing or too many.
pub fn pool_access(access: PoolAccess, cap: Option<i32>) -> Result<inventory::PoolAccess> {
    match (access, cap) {
        (PoolAccess::None, None) => Ok(inventory::PoolAccess::None),
        (PoolAccess::Full, None) => Ok(inventory::PoolAccess::Full),
        (PoolAccess::Capped, Some(cap)) => Ok(inventory::PoolAccess::Capped(cap)),
        (PoolAccess::Capped, None) => Err(bad_input("poolCap", "CAPPED needs a cap")),
        (PoolAccess::None | PoolAccess::Full, Some(_)) => Err(bad_input("poolCap", "a cap goes with CAPPED only")),
    }
}

/// A new contract.
#[derive(InputObject, Clone, Debug)]
pub struct CreateContractInput {
    /// The property.
    pub property_id: ID,
    /// Code of the partner's organisation.
    pub partner_code: String,
    /// Your own code: 1 to 40 letters, digits, dashes, dots or underscores.
    pub code: String,
    /// First night it covers.
    pub first_stay_date: Date,
    /// Last night it covers, included.
    pub last_stay_date: Date,
    /// The room types it covers; absent means all, later ones included.
    pub room_type_ids: Option<Vec<ID>>,
    /// Its access to the shared pool.
    pub pool_access: PoolAccess,
    /// With `CAPPED`: most rooms per room type and night.
    pub pool_cap: Option<i32>,
    /// Longest hold in minutes, extensions included; 1 to 10,080.
    pub longest_hold_minutes: Option<i32>,
    /// Most rooms under live holds at a time; 0 to 10,000.
    pub max_held_rooms: Option<i32>,
    /// The partner sees at most this many rooms left to sell; 1 to 10,000.
    pub left_to_sell_shown_up_to: Option<i32>,
}

/// New values of a contract. An absent field is not changed.
#[derive(InputObject, Clone, Debug)]
pub struct UpdateContractInput {
    /// The contract.
    pub contract_id: ID,
    /// First night it covers.
    pub first_stay_date: MaybeUndefined<Date>,
    /// Last night it covers, included.
    pub last_stay_date: MaybeUndefined<Date>,
    /// `ACTIVE` while it takes new holds and bookings.
    pub status: MaybeUndefined<ContractStatus>,
    /// Its access to the shared pool.
    pub pool_access: MaybeUndefined<PoolAccess>,
    /// With `CAPPED`: most rooms per room type and night.
    pub pool_cap: MaybeUndefined<i32>,
    /// Longest hold in minutes, extensions included; 1 to 10,080.
    pub longest_hold_minutes: MaybeUndefined<i32>,
    /// Most rooms under live holds at a time; 0 to 10,000.
    pub max_held_rooms: MaybeUndefined<i32>,
    /// The partner sees at most this many rooms left to sell; 1 to 10,000.
    pub left_to_sell_shown_up_to: MaybeUndefined<i32>,
}

/// The result of creating or changing a contract.
#[derive(Default)]
pub struct ContractPayload(pub MutationResult);

/// The result of creating or changing a contract.
#[Object]
impl ContractPayload {
    /// The contract after the change.
    async fn contract(&self) -> Option<Contract> {
        let access = self.0.access.as_ref()?;
        let id = self.0.outcome.as_ref()?.structure.unwrap_or(0);
        let contract = access.contract(id.into())?.clone();
        Some(Contract { access: access.clone(), contract })
    }

    /// Cursor after the write. A read with it as `atLeast` includes the write, on every node.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        self.0.cursor(ctx)
    }

    /// Reasons why nothing was written; empty after a write.
    async fn user_errors(&self) -> &[UserError] {
        &self.0.errors
    }
}

/// Creates a contract at a property of the caller.
pub(super) async fn create_contract(ctx: &Context<'_>, input: CreateContractInput) -> Result<MutationResult> {
    let Some(access) = own_property(ctx, &input.property_id).await? else {
        return Ok(unknown("propertyId", "property"));
    };
    let named = tenant::Entity::of_code(&input.partner_code);
    let partner = access::read(ctx, named.one(&app(ctx)?.database.read)).await?;
    let partner = partner.filter(|found| found.kind == TenantKind::Partner);
    let Some(partner) = partner else {
        return Ok(MutationResult::refused(
            Some(access),
            [Problem::invalid(&["partnerCode"], "no partner has this code")],
        ));
    };
    let mut room_types: Option<Vec<RoomTypeId>> =
        input.room_type_ids.map(|list| list.iter().map(|id| room_type_id(access.id(), id)).collect());
    if let Some(list) = &mut room_types {
        list.sort_unstable();
        list.dedup();
    }
    let contract = inventory::Contract {
        id: ContractId(0),
        partner: partner.id,
        code: input.code,
        first_stay_date: input.first_stay_date.0,
        last_stay_date: input.last_stay_date.0,
        room_types,
        status: inventory::ContractStatus::Active,
        pool_access: pool_access(input.pool_access, input.pool_cap)?,
        longest_hold_minutes: input.longest_hold_minutes,
        max_held_rooms: input.max_held_rooms,
        left_to_sell_shown_up_to: input.left_to_sell_shown_up_to,
    };
    change_structure(ctx, access, Structure::Contract(contract)).await
}

/// Changes or suspends a contract of the caller.
pub(super) async fn update_contract(ctx: &Context<'_>, input: UpdateContractInput) -> Result<MutationResult> {
    let Some(NodeId::Contract(property, id)) = NodeId::decode(&input.contract_id) else {
        return Ok(unknown("contractId", "contract"));
    };
    let access = own_property(ctx, &NodeId::Property(property).encode()).await?;
    let found = access.and_then(|access| Some((access.contract(id)?.clone(), access)));
    let Some((mut contract, access)) = found else { return Ok(unknown("contractId", "contract")) };
    patch(&mut contract.first_stay_date, "firstStayDate", input.first_stay_date.map_value(|date| date.0))?;
    patch(&mut contract.last_stay_date, "lastStayDate", input.last_stay_date.map_value(|date| date.0))?;
    patch(&mut contract.status, "status", input.status.map_value(Into::into))?;
    patch(&mut contract.longest_hold_minutes, "longestHoldMinutes", input.longest_hold_minutes.map_value(Some))?;
    patch(&mut contract.max_held_rooms, "maxHeldRooms", input.max_held_rooms.map_value(Some))?;
    patch(
        &mut contract.left_to_sell_shown_up_to,
        "leftToSellShownUpTo",
        input.left_to_sell_shown_up_to.map_value(Some),
    )?;
    let mut cap = None;
    patch(&mut cap, "poolCap", input.pool_cap.map_value(Some))?;
    let mut kind = None;
    patch(&mut kind, "poolAccess", input.pool_access.map_value(Some))?;
    match (kind, cap) {
        (Some(kind), cap) => contract.pool_access = pool_access(kind, cap)?,
        (None, Some(cap)) if matches!(contract.pool_access, inventory::PoolAccess::Capped(_)) => {
            contract.pool_access = inventory::PoolAccess::Capped(cap);
        }
        (None, Some(_)) => return Err(bad_input("poolCap", "a cap goes with CAPPED only")),
        (None, None) => {}
    }
    change_structure(ctx, access, Structure::Contract(contract)).await
}
