//! Reservations with their lines and draws.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use lodgate_entities::ids::PropertyId;
use uuid::Uuid;

use super::access::{self, PropertyAccess, load_failed};
use super::contract::Contract;
use super::error;
use super::loaders::Loaders;
use super::mutation_result::MutationResult;
use super::property::Property;
use super::room_type::{RoomType, room_type_of};
use super::scalars::{CursorText, Date, NodeId};
use super::stock_event::StockEvent;
use super::user_error::UserError;
use crate::auth::Scope;
use crate::inventory::{self, Pool};

/// A reservation: rooms that a partner holds or has booked under one contract.
#[derive(Clone)]
pub struct Reservation {
    /// Its property, as the caller sees it.
    pub access: PropertyAccess,
    /// Its values.
    pub reservation: inventory::Reservation,
}

/// The reservation, if the caller may see it: the partner whose it is, and the supplier of the hotel.
///
/// # Errors
/// `FORBIDDEN` without the scope; when the database cannot be reached.
pub async fn find(ctx: &Context<'_>, property: PropertyId, id: Uuid) -> Result<Option<Reservation>> {
    let viewer = access::viewer_with(ctx, Scope::ReservationsRead)?;
    let Some(access) = access::property_access(ctx, property, 0).await? else { return Ok(None) };
    let found =
        ctx.data::<Loaders>()?.reservations.load((property, id)).await.map_err(|failure| load_failed(&failure))?;
    Ok(found
        .filter(|reservation| access.is_supplier() || reservation.partner == viewer.tenant)
        .map(|reservation| Reservation { access, reservation }))
}

/// A reservation: rooms that a partner holds or has booked under one contract.
#[Object]
impl Reservation {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        NodeId::Reservation(self.access.id(), self.reservation.id).encode()
    }

    /// The property.
    async fn property(&self) -> Property {
        Property(self.access.clone())
    }

    /// The contract. All draws of a reservation are made under it.
    async fn contract(&self) -> Result<Contract> {
        let contract = self.access.contract(self.reservation.contract).cloned();
        let contract = contract.ok_or_else(|| error::internal("a reservation's contract is gone"))?;
        Ok(Contract { access: self.access.clone(), contract })
    }

    /// Short code for people, unique at the property.
    async fn locator(&self) -> &str {
        &self.reservation.locator
    }

    /// The partner's own reference.
    async fn reference(&self) -> &str {
        &self.reservation.reference
    }

    /// Status.
    async fn status(&self) -> ReservationStatus {
        self.reservation.status.into()
    }

    /// Lead guest.
    async fn guest_name(&self) -> Option<&str> {
        self.reservation.guest_name.as_deref()
    }

    /// Expiry of a hold, by the gateway's clock.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.reservation.expires_at
    }

    /// Time of creation.
    async fn created_at(&self) -> DateTime<Utc> {
        self.reservation.created_at
    }

    /// 1, 2, 3 …, one more with each change.
    async fn revision(&self) -> i32 {
        self.reservation.revision
    }

    /// One line per room.
    async fn lines(&self) -> Vec<ReservationLine> {
        let lines = self.reservation.lines.iter().cloned();
        lines.map(|line| ReservationLine { access: self.access.clone(), line }).collect()
    }
}

/// One room of a reservation.
#[derive(Clone)]
pub struct ReservationLine {
    access: PropertyAccess,
    line: inventory::reservation::Line,
}

/// One room on one night, and the pool it came from.
#[derive(SimpleObject, Clone, Debug)]
pub struct Draw {
    /// The night.
    pub date: Date,
    /// `true`: from the shared pool; `false`: from the contract's own rooms.
    pub from_shared_pool: bool,
    /// Always 1: a line is one room.
    pub rooms: i32,
}

/// One room of a reservation.
#[Object]
impl ReservationLine {
    /// 1, 2, 3 … within the reservation.
    async fn number(&self) -> i32 {
        self.line.number
    }

    /// The room type.
    async fn room_type(&self) -> Result<RoomType> {
        room_type_of(&self.access, Some(self.line.room_type))
            .ok_or_else(|| error::internal("a line's room type is gone"))
    }

    /// First night.
    async fn check_in(&self) -> Date {
        Date(self.line.stay.check_in)
    }

    /// The morning of departure.
    async fn check_out(&self) -> Date {
        Date(self.line.stay.check_out)
    }

    /// Adults in the room.
    async fn adults(&self) -> i32 {
        self.line.adults
    }

    /// Age of each child in years.
    async fn child_ages(&self) -> &[i32] {
        &self.line.child_ages
    }

    /// Status of the line.
    async fn status(&self) -> ReservationStatus {
        self.line.status.into()
    }

    /// One draw per night.
    async fn draws(&self) -> Vec<Draw> {
        let draws = self.line.draws.iter();
        draws
            .map(|draw| Draw { date: Date(draw.date), from_shared_pool: draw.pool == Pool::Shared, rooms: 1 })
            .collect()
    }
}

/// The status of a reservation or of a line.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "inventory::Status")]
pub enum ReservationStatus {
    /// Rooms are kept until `expiresAt`.
    Held,
    /// Rooms are sold.
    Confirmed,
    /// Rooms were given back.
    Cancelled,
    /// The hold was not confirmed in time.
    Expired,
    /// The guest did not come.
    NoShow,
}

/// The result of a hold, a booking or a change of a reservation.
#[derive(Default)]
pub struct ReservationPayload(pub MutationResult);

/// The result of a hold, a booking or a change of a reservation.
#[Object]
impl ReservationPayload {
    /// The reservation after the change; for a repeated call, after the first call.
    async fn reservation(&self) -> Option<Reservation> {
        let reservation = self.0.outcome.as_ref()?.reservation.clone()?;
        Some(Reservation { access: self.0.access.clone()?, reservation })
    }

    /// The stock event of the change; null when nothing changed.
    async fn event(&self, ctx: &Context<'_>) -> Result<Option<StockEvent>> {
        self.0.event(ctx).await
    }

    /// Cursor after the write. A read with it as `atLeast` includes the write, on every node.
    async fn cursor(&self, ctx: &Context<'_>) -> Result<Option<CursorText>> {
        self.0.cursor(ctx)
    }

    /// `true` when this is the result of an earlier call with the same idempotency key.
    async fn replayed(&self) -> bool {
        self.0.outcome.as_ref().is_some_and(|outcome| outcome.replayed)
    }

    /// Reasons why nothing was written, night by night; empty after a write.
    async fn user_errors(&self) -> &[UserError] {
        &self.0.errors
    }
}
