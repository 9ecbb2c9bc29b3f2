//! Holds and bookings, and what becomes of them.

use async_graphql::{Context, ID, InputObject, Result};
use lodgate_entities::ids::PropertyId;
use uuid::Uuid;

use super::access::{self, contracted_property};
use super::loaders::Loaders;
use super::mutation_result::{MutationResult, unknown};
use super::reservation::ReservationPayload;
use super::scalars::{Date, NodeId, contract_id, room_type_id};
use super::submit::{ChangeNote, GivenKey, hash, submit};
use crate::auth::Scope;
use crate::inventory::command::{Claim, ClaimKind, LineRequest};
use crate::inventory::{Action, Problem, Stay};

/// One room asked for.
#[derive(InputObject, Clone, Debug)]
pub struct LineInput {
    /// What.
    pub room_type_id: ID,
    /// First night.
    pub check_in: Date,
    /// The morning of leaving; after `checkIn`, at most 366 nights later.
    pub check_out: Date,
    /// Adults in the room, at least 1.
    pub adults: i32,
    /// Age of each child, 0 to 17 years.
    #[graphql(default)]
    pub child_ages: Vec<i32>,
}

impl LineInput {
    /// As the core has it.
    pub fn to_request(&self, property: PropertyId) -> LineRequest {
        LineRequest {
            room_type: room_type_id(property, &self.room_type_id),
            stay: Stay { check_in: self.check_in.0, check_out: self.check_out.0 },
            adults: self.adults,
            child_ages: self.child_ages.clone(),
        }
    }
}

/// Holds rooms until they are confirmed or the time is over.
#[derive(InputObject, Clone, Debug)]
pub struct PlaceHoldInput {
    /// The property.
    pub property_id: ID,
    /// Under which of your contracts; optional when exactly one fits.
    pub contract_id: Option<ID>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Your own reference, 1 to 100 characters, unique at the property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// 1 to 100, one a room; all or none.
    pub lines: Vec<LineInput>,
    /// Minutes until it ends; 15 unless the gateway is set otherwise.
    pub hold_minutes: Option<i32>,
}

/// Books rooms at once.
#[derive(InputObject, Clone, Debug)]
pub struct BookRoomsInput {
    /// The property.
    pub property_id: ID,
    /// Under which of your contracts; optional when exactly one fits.
    pub contract_id: Option<ID>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Your own reference, 1 to 100 characters, unique at the property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// 1 to 100, one a room; all or none.
    pub lines: Vec<LineInput>,
}

/// Prolongs a hold.
#[derive(InputObject, Clone, Debug)]
pub struct ExtendHoldInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// By how many minutes; 15 unless the gateway is set otherwise.
    pub by_minutes: Option<i32>,
}

/// Turns a hold into a sale.
#[derive(InputObject, Clone, Debug)]
pub struct ConfirmReservationInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
}

/// Gives rooms back, held or sold.
#[derive(InputObject, Clone, Debug)]
pub struct CancelReservationInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Numbers of the lines to give back; absent is all.
    pub lines: Option<Vec<i32>>,
    /// Why, for the history.
    pub reason: Option<String>,
}

/// Holds rooms.
pub(super) async fn place_hold(ctx: &Context<'_>, input: PlaceHoldInput) -> Result<ReservationPayload> {
    let key = (input.idempotency_key.clone(), hash("placeHold", &input));
    let request = ClaimRequest {
        property: input.property_id,
        contract: input.contract_id,
        reference: input.reference,
        guest_name: input.guest_name,
        lines: input.lines,
        kind: ClaimKind::Hold(input.hold_minutes),
    };
    claim(ctx, request, key).await.map(ReservationPayload)
}

/// Books rooms.
pub(super) async fn book_rooms(ctx: &Context<'_>, input: BookRoomsInput) -> Result<ReservationPayload> {
    let key = (input.idempotency_key.clone(), hash("bookRooms", &input));
    let request = ClaimRequest {
        property: input.property_id,
        contract: input.contract_id,
        reference: input.reference,
        guest_name: input.guest_name,
        lines: input.lines,
        kind: ClaimKind::Book,
    };
    claim(ctx, request, key).await.map(ReservationPayload)
}

/// Prolongs a hold.
pub(super) async fn extend_hold(ctx: &Context<'_>, input: ExtendHoldInput) -> Result<ReservationPayload> {
    let key = input.idempotency_key.clone().map(|text| (text, hash("extendHold", &input)));
    let action = |reservation| Action::ExtendHold { reservation, by_minutes: input.by_minutes };
    on_reservation(ctx, &input.reservation_id, action, None, key).await.map(ReservationPayload)
}

/// Confirms a hold.
pub(super) async fn confirm_reservation(
    ctx: &Context<'_>,
    input: ConfirmReservationInput,
) -> Result<ReservationPayload> {
    let key = input.idempotency_key.clone().map(|text| (text, hash("confirmReservation", &input)));
    let action = |reservation| Action::Confirm { reservation };
    on_reservation(ctx, &input.reservation_id, action, None, key).await.map(ReservationPayload)
}

/// Cancels a reservation or some of its lines.
pub(super) async fn cancel_reservation(ctx: &Context<'_>, input: CancelReservationInput) -> Result<ReservationPayload> {
    let key = Some((input.idempotency_key.clone(), hash("cancelReservation", &input)));
    let action = |reservation| Action::Cancel { reservation, lines: input.lines.clone() };
    on_reservation(ctx, &input.reservation_id, action, input.reason.clone(), key).await.map(ReservationPayload)
}

/// What a hold and a booking have in common.
struct ClaimRequest {
    property: ID,
    contract: Option<ID>,
    reference: String,
    guest_name: Option<String>,
    lines: Vec<LineInput>,
    kind: ClaimKind,
}

async fn claim(ctx: &Context<'_>, request: ClaimRequest, key: GivenKey) -> Result<MutationResult> {
    let Some(seen) = contracted_property(ctx, &request.property).await? else {
        return Ok(unknown("propertyId", "property"));
    };
    if request.guest_name.as_ref().is_some_and(|name| name.chars().count() > 200) {
        return Ok(MutationResult::refused(
            Some(seen),
            [Problem::invalid(&["guestName"], "a guest's name has at most 200 characters")],
        ));
    }
    let claim = Claim {
        id: Uuid::now_v7(),
        locator: locator(),
        partner: access::viewer(ctx)?.tenant,
        contract: request.contract.as_ref().map(|id| contract_id(seen.id(), id)),
        reference: request.reference,
        guest_name: request.guest_name,
        lines: request.lines.iter().map(|line| line.to_request(seen.id())).collect(),
        kind: request.kind,
    };
    submit(ctx, seen, Action::Claim(claim), ChangeNote::default(), Some(key)).await
}

/// Eight letters and digits that are not mistaken for one another when read out.
fn locator() -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..8).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
}

async fn on_reservation(
    ctx: &Context<'_>,
    id: &ID,
    action: impl FnOnce(Uuid) -> Action,
    reason: Option<String>,
    key: Option<GivenKey>,
) -> Result<MutationResult> {
    let viewer = access::viewer_with(ctx, Scope::ReservationsWrite)?;
    let Some(NodeId::Reservation(property, id)) = NodeId::decode(id) else {
        return Ok(unknown("reservationId", "reservation"));
    };
    let Some(seen) = contracted_property(ctx, &NodeId::Property(property).encode()).await? else {
        return Ok(unknown("reservationId", "reservation"));
    };
    // The partner of a reservation never changes, so that looking before the lock is no race.
    let loaders = ctx.data::<Loaders>()?;
    let found = loaders.reservations.load((property, id)).await.map_err(|failure| access::load_failed(&failure))?;
    if found.is_none_or(|reservation| reservation.partner != viewer.tenant) {
        return Ok(unknown("reservationId", "reservation"));
    }
    submit(ctx, seen, action(id), ChangeNote { reason, ..ChangeNote::default() }, key).await
}
