//! Room types.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};
use lodgate_entities::ids::RoomTypeId;

use super::access::{self, PropertyAccess, app, own_property};
use super::allotment::{self, AllotmentCalendar, AllotmentNight};
use super::availability::{self, AvailabilityCalendar, AvailabilityNight};
use super::error::bad_input;
use super::mutation_result::{MutationResult, unknown};
use super::nights::{self, Nights};
use super::patch::patch;
use super::pool::PoolInput;
use super::property::Property;
use super::scalars::{CursorText, Date, NodeId};
use super::submit::change_structure;
use super::user_error::UserError;
use crate::auth::Scope;
use crate::inventory::command::Structure;
use crate::inventory::{self, Pool};

/// A sellable category of rooms.
#[derive(Clone)]
pub struct RoomType {
    /// Its property, as the caller sees it.
    pub access: PropertyAccess,
    /// Its values.
    pub room_type: inventory::RoomType,
}

impl RoomType {
    async fn load_nights(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        at_least: Option<&CursorText>,
    ) -> Result<Nights> {
        access::viewer_with(ctx, Scope::InventoryRead)?;
        let (from, through) = nights::range(from, through)?;
        let least = access::at_least(ctx, at_least)?.get(&self.access.id()).copied().unwrap_or(0);
        nights::load(ctx, &self.access, self.room_type.id, from, through, least).await
    }

    fn pool(&self, pool: Option<&PoolInput>) -> Result<Pool> {
        self.access.supplier_only()?;
        match pool {
            None | Some(PoolInput::Shared(true)) => Ok(Pool::Shared),
            Some(PoolInput::Shared(false)) => Err(bad_input("pool.shared", "give true, or a contractId")),
            Some(PoolInput::ContractId(id)) => access::contract_of(&self.access, id)
                .map(|contract| Pool::Contract(contract.id))
                .ok_or_else(|| bad_input("pool.contractId", "no such contract at this property")),
        }
    }
}

/// A sellable category of rooms.
#[Object]
impl RoomType {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        NodeId::RoomType(self.access.id(), self.room_type.id).encode()
    }

    /// The supplier's own code.
    async fn code(&self) -> &str {
        &self.room_type.code
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.room_type.name
    }

    /// Most guests of any age.
    async fn max_occupancy(&self) -> i32 {
        self.room_type.max_occupancy
    }

    /// Most adults.
    async fn max_adults(&self) -> i32 {
        self.room_type.max_adults
    }

    /// Most children.
    async fn max_children(&self) -> i32 {
        self.room_type.max_children
    }

    /// Number of rooms in the building.
    async fn physical_rooms(&self) -> i32 {
        self.room_type.physical_rooms
    }

    /// A night is low when no more than this many rooms are left to sell.
    async fn low_at(&self) -> i32 {
        self.room_type.low_at
    }

    /// Its property.
    async fn property(&self) -> Property {
        Property(self.access.clone())
    }

    /// The nights from `from` through `through` of one pool, both included, at most 1,096. `pool` defaults to the
    /// shared pool. For the supplier.
    async fn nights(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        pool: Option<PoolInput>,
        at_least: Option<CursorText>,
    ) -> Result<Vec<AllotmentNight>> {
        let pool = self.pool(pool.as_ref())?;
        let nights = self.load_nights(ctx, from, through, at_least.as_ref()).await?;
        Ok(allotment::as_objects(&nights, &self.room_type, pool))
    }

    /// As `nights`, in columns: one array per value, for grids and bulk readers. For the supplier.
    async fn calendar(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        pool: Option<PoolInput>,
        at_least: Option<CursorText>,
    ) -> Result<AllotmentCalendar> {
        let pool = self.pool(pool.as_ref())?;
        let nights = self.load_nights(ctx, from, through, at_least.as_ref()).await?;
        Ok(allotment::as_columns(&nights, pool))
    }

    /// The rooms that a partner can draw on each night under one of its contracts, with the rules in force.
    /// `contractId` is optional when the partner has exactly one contract. At most 1,096 nights.
    async fn available_nights(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        contract_id: Option<ID>,
        at_least: Option<CursorText>,
    ) -> Result<Vec<AvailabilityNight>> {
        let contract = availability::contract(&self.access, contract_id.as_ref())?;
        let nights = self.load_nights(ctx, from, through, at_least.as_ref()).await?;
        Ok(availability::as_objects(&self.access, &nights, self.room_type.id, &contract, app(ctx)?.clock.now()))
    }

    /// As `availableNights`, in columns: one array per value.
    async fn availability_calendar(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        contract_id: Option<ID>,
        at_least: Option<CursorText>,
    ) -> Result<AvailabilityCalendar> {
        let contract = availability::contract(&self.access, contract_id.as_ref())?;
        let nights = self.load_nights(ctx, from, through, at_least.as_ref()).await?;
        Ok(availability::as_columns(&self.access, &nights, self.room_type.id, &contract, app(ctx)?.clock.now()))
    }
}

/// A room type of the property by its id.
pub fn room_type_of(access: &PropertyAccess, id: Option<RoomTypeId>) -> Option<RoomType> {
    let room_type = access.room_type(id?)?.clone();
    Some(RoomType { access: access.clone(), room_type })
}

/// A new room type.
#[derive(InputObject, Clone, Debug)]
pub struct CreateRoomTypeInput {
    /// The property.
    pub property_id: ID,
    /// Your own code: 1 to 40 letters, digits, dashes, dots or underscores.
    pub code: String,
    /// Name shown to people.
    pub name: String,
    /// Most guests of any age, 1 to 100.
    pub max_occupancy: i32,
    /// Most adults, 1 to 100.
    pub max_adults: i32,
    /// Most children, 0 to 100.
    pub max_children: i32,
    /// Number of rooms in the building.
    pub physical_rooms: i32,
    /// A night is low when no more than this many rooms are left to sell.
    #[graphql(default = 2)]
    pub low_at: i32,
}

/// New values of a room type. An absent field is not changed.
#[derive(InputObject, Clone, Debug)]
pub struct UpdateRoomTypeInput {
    /// The room type.
    pub room_type_id: ID,
    /// Name shown to people.
    pub name: MaybeUndefined<String>,
    /// Most guests of any age.
    pub max_occupancy: MaybeUndefined<i32>,
    /// Most adults.
    pub max_adults: MaybeUndefined<i32>,
    /// Most children.
    pub max_children: MaybeUndefined<i32>,
    /// Number of rooms in the building.
    pub physical_rooms: MaybeUndefined<i32>,
    /// A night is low when no more than this many rooms are left to sell.
    pub low_at: MaybeUndefined<i32>,
}

/// The result of creating or changing a room type.
#[derive(Default)]
pub struct RoomTypePayload(pub MutationResult);

/// The result of creating or changing a room type.
#[Object]
impl RoomTypePayload {
    /// The room type after the change.
    async fn room_type(&self) -> Option<RoomType> {
        let id = self.0.outcome.as_ref()?.structure.unwrap_or(0);
        room_type_of(self.0.access.as_ref()?, Some(id.into()))
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

/// Creates a room type at a property of the caller.
pub(super) async fn create_room_type(ctx: &Context<'_>, input: CreateRoomTypeInput) -> Result<RoomTypePayload> {
    let Some(access) = own_property(ctx, &input.property_id).await? else {
        return Ok(RoomTypePayload(unknown("propertyId", "property")));
    };
    let room_type = inventory::RoomType {
        id: RoomTypeId(0),
        code: input.code,
        name: input.name,
        max_occupancy: input.max_occupancy,
        max_adults: input.max_adults,
        max_children: input.max_children,
        physical_rooms: input.physical_rooms,
        low_at: input.low_at,
    };
    change_structure(ctx, access, Structure::RoomType(room_type)).await.map(RoomTypePayload)
}

/// Changes a room type of the caller.
pub(super) async fn update_room_type(ctx: &Context<'_>, input: UpdateRoomTypeInput) -> Result<RoomTypePayload> {
    let Some(NodeId::RoomType(property, id)) = NodeId::decode(&input.room_type_id) else {
        return Ok(RoomTypePayload(unknown("roomTypeId", "room type")));
    };
    let access = own_property(ctx, &NodeId::Property(property).encode()).await?;
    let found = access.and_then(|access| Some((access.room_type(id)?.clone(), access)));
    let Some((mut room_type, access)) = found else { return Ok(RoomTypePayload(unknown("roomTypeId", "room type"))) };
    patch(&mut room_type.name, "name", input.name)?;
    patch(&mut room_type.max_occupancy, "maxOccupancy", input.max_occupancy)?;
    patch(&mut room_type.max_adults, "maxAdults", input.max_adults)?;
    patch(&mut room_type.max_children, "maxChildren", input.max_children)?;
    patch(&mut room_type.physical_rooms, "physicalRooms", input.physical_rooms)?;
    patch(&mut room_type.low_at, "lowAt", input.low_at)?;
    change_structure(ctx, access, Structure::RoomType(room_type)).await.map(RoomTypePayload)
}
