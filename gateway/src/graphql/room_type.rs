//! Room types.

use async_graphql::{Context, ID, Object, OneofObject, Result};

use super::access::{self, PropertyAccess, app};
use super::allotment::{self, AllotmentCalendar, AllotmentNight, Nights};
use super::availability::{self, AvailabilityCalendar, AvailabilityNight};
use super::error::bad_input;
use super::property::Property;
use super::scalars::{CursorText, Date, NodeId};
use crate::auth::Scope;
use crate::inventory::{self, Pool};

/// Which pool: exactly one of the two.
#[derive(OneofObject, Clone, Debug)]
pub enum PoolInput {
    /// `true`: the shared pool.
    Shared(bool),
    /// A contract's own rooms.
    ContractId(ID),
}

/// A sellable category of rooms.
#[derive(Clone)]
pub struct RoomType {
    /// Its property, as the caller sees it.
    pub seen: PropertyAccess,
    /// Its values.
    pub room_type: inventory::RoomType,
}

impl RoomType {
    async fn nights_of(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        at_least: Option<&CursorText>,
    ) -> Result<Nights> {
        access::viewer_with(ctx, Scope::InventoryRead)?;
        let (from, through) = allotment::range(from, through)?;
        let least = access::at_least(ctx, at_least)?.get(&self.seen.id()).copied().unwrap_or(0);
        allotment::load(ctx, &self.seen, self.room_type.id, from, through, least).await
    }

    fn pool(&self, pool: Option<&PoolInput>) -> Result<Pool> {
        self.seen.supplier_only()?;
        match pool {
            None | Some(PoolInput::Shared(true)) => Ok(Pool::Shared),
            Some(PoolInput::Shared(false)) => Err(bad_input("pool.shared", "say true, or name a contractId instead")),
            Some(PoolInput::ContractId(id)) => access::contract_of(&self.seen, id)
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
        NodeId::RoomType(self.seen.id(), self.room_type.id).encode()
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

    /// Rooms that exist.
    async fn physical_rooms(&self) -> i32 {
        self.room_type.physical_rooms
    }

    /// Left to sell from which a night counts as low.
    async fn low_at(&self) -> i32 {
        self.room_type.low_at
    }

    /// Its property.
    async fn property(&self) -> Property {
        Property(self.seen.clone())
    }

    /// The nights from `from` through `through` (both included, at most 1,096) of one pool; the shared pool unless
    /// said otherwise. For the supplier.
    async fn nights(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        pool: Option<PoolInput>,
        at_least: Option<CursorText>,
    ) -> Result<Vec<AllotmentNight>> {
        let pool = self.pool(pool.as_ref())?;
        let nights = self.nights_of(ctx, from, through, at_least.as_ref()).await?;
        Ok(allotment::as_objects(&nights, &self.room_type, pool))
    }

    /// As `nights`, in columns: one array a measure, for grids and bulk readers. For the supplier.
    async fn calendar(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        pool: Option<PoolInput>,
        at_least: Option<CursorText>,
    ) -> Result<AllotmentCalendar> {
        let pool = self.pool(pool.as_ref())?;
        let nights = self.nights_of(ctx, from, through, at_least.as_ref()).await?;
        Ok(allotment::as_columns(&nights, pool))
    }

    /// What a partner may itself draw on each night under one of its contracts; optional when it has exactly one.
    async fn available_nights(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        contract_id: Option<ID>,
        at_least: Option<CursorText>,
    ) -> Result<Vec<AvailabilityNight>> {
        let contract = availability::contract(&self.seen, contract_id.as_ref())?;
        let nights = self.nights_of(ctx, from, through, at_least.as_ref()).await?;
        Ok(availability::as_objects(&self.seen, &nights, self.room_type.id, &contract, app(ctx)?.clock.now()))
    }

    /// As `availableNights`, in columns.
    async fn availability_calendar(
        &self,
        ctx: &Context<'_>,
        from: Date,
        through: Date,
        contract_id: Option<ID>,
        at_least: Option<CursorText>,
    ) -> Result<AvailabilityCalendar> {
        let contract = availability::contract(&self.seen, contract_id.as_ref())?;
        let nights = self.nights_of(ctx, from, through, at_least.as_ref()).await?;
        Ok(availability::as_columns(&self.seen, &nights, self.room_type.id, &contract, app(ctx)?.clock.now()))
    }
}
