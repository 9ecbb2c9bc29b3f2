//! The mutations of holds and bookings: place, book, extend, confirm, cancel.

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
use crate::inventory::command::{BookingKind, BookingRequest, LineRequest};
use crate::inventory::text_limits::guest_name_problem;
use crate::inventory::{Action, Stay};

/// One requested room.
#[derive(InputObject, Clone, Debug)]
pub struct LineInput {
    /// The room type.
    pub room_type_id: ID,
    /// First night.
    pub check_in: Date,
    /// The morning of departure: 1 to 366 nights after `checkIn`.
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

/// Holds rooms until the hold is confirmed or expires.
#[derive(InputObject, Clone, Debug)]
pub struct PlaceHoldInput {
    /// The property.
    pub property_id: ID,
    /// The contract; optional when exactly one of yours covers all lines.
    pub contract_id: Option<ID>,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: String,
    /// The partner's own reference, 1 to 100 characters, unique at the property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// 1 to 100 lines, one per room. All are taken or none.
    pub lines: Vec<LineInput>,
    /// Minutes until the hold ends; 15 unless the gateway is configured otherwise.
    pub hold_minutes: Option<i32>,
}

/// Books rooms without a hold.
#[derive(InputObject, Clone, Debug)]
pub struct BookRoomsInput {
    /// The property.
    pub property_id: ID,
    /// The contract; optional when exactly one of yours covers all lines.
    pub contract_id: Option<ID>,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: String,
    /// The partner's own reference, 1 to 100 characters, unique at the property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// 1 to 100 lines, one per room. All are taken or none.
    pub lines: Vec<LineInput>,
}

/// Extends a hold.
#[derive(InputObject, Clone, Debug)]
pub struct ExtendHoldInput {
    /// The reservation.
    pub reservation_id: ID,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: Option<String>,
    /// Minutes to add; 15 unless the gateway is configured otherwise.
    pub by_minutes: Option<i32>,
}

/// Turns a hold into a sale.
#[derive(InputObject, Clone, Debug)]
pub struct ConfirmReservationInput {
    /// The reservation.
    pub reservation_id: ID,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: Option<String>,
}

/// Gives held or sold rooms back.
#[derive(InputObject, Clone, Debug)]
pub struct CancelReservationInput {
    /// The reservation.
    pub reservation_id: ID,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: String,
    /// Numbers of the lines to cancel; absent means all.
    pub lines: Option<Vec<i32>>,
    /// Reason, shown in the history; at most 500 characters.
    pub reason: Option<String>,
}

/// Holds rooms.
pub(super) async fn place_hold(ctx: &Context<'_>, input: PlaceHoldInput) -> Result<ReservationPayload> {
    let key = (input.idempotency_key.clone(), hash("placeHold", &input));
    let args = BookingArgs {
        property: input.property_id,
        contract: input.contract_id,
        reference: input.reference,
        guest_name: input.guest_name,
        lines: input.lines,
        kind: BookingKind::Hold(input.hold_minutes),
    };
    book(ctx, args, key).await.map(ReservationPayload)
}

/// Books rooms.
pub(super) async fn book_rooms(ctx: &Context<'_>, input: BookRoomsInput) -> Result<ReservationPayload> {
    let key = (input.idempotency_key.clone(), hash("bookRooms", &input));
    let args = BookingArgs {
        property: input.property_id,
        contract: input.contract_id,
        reference: input.reference,
        guest_name: input.guest_name,
        lines: input.lines,
        kind: BookingKind::Book,
    };
    book(ctx, args, key).await.map(ReservationPayload)
}

/// Extends a hold.
pub(super) async fn extend_hold(ctx: &Context<'_>, input: ExtendHoldInput) -> Result<ReservationPayload> {
    let key = input.idempotency_key.clone().map(|text| (text, hash("extendHold", &input)));
    let action = |reservation| Action::ExtendHold { reservation, by_minutes: input.by_minutes };
    change_reservation(ctx, &input.reservation_id, action, None, key).await.map(ReservationPayload)
}

/// Confirms a hold.
pub(super) async fn confirm_reservation(
    ctx: &Context<'_>,
    input: ConfirmReservationInput,
) -> Result<ReservationPayload> {
    let key = input.idempotency_key.clone().map(|text| (text, hash("confirmReservation", &input)));
    let action = |reservation| Action::Confirm { reservation };
    change_reservation(ctx, &input.reservation_id, action, None, key).await.map(ReservationPayload)
}

/// Cancels a reservation or some of its lines.
pub(super) async fn cancel_reservation(ctx: &Context<'_>, input: CancelReservationInput) -> Result<ReservationPayload> {
    let key = Some((input.idempotency_key.clone(), hash("cancelReservation", &input)));
    let action = |reservation| Action::Cancel { reservation, lines: input.lines.clone() };
    change_reservation(ctx, &input.reservation_id, action, input.reason.clone(), key).await.map(ReservationPayload)
}

/// The arguments that a hold and a booking share.
struct BookingArgs {
    property: ID,
    contract: Option<ID>,
    reference: String,
    guest_name: Option<String>,
    lines: Vec<LineInput>,
    kind: BookingKind,
}

async fn book(ctx: &Context<'_>, args: BookingArgs, key: GivenKey) -> Result<MutationResult> {
    let Some(access) = contracted_property(ctx, &args.property).await? else {
        return Ok(unknown("propertyId", "property"));
    };
    if let Some(problem) = args.guest_name.as_deref().and_then(guest_name_problem) {
        return Ok(MutationResult::refused(Some(access), [problem]));
    }
    let booking = BookingRequest {
        id: Uuid::now_v7(),
        locator: locator(),
        partner: access::viewer(ctx)?.tenant,
        contract: args.contract.as_ref().map(|id| contract_id(access.id(), id)),
        reference: args.reference,
        guest_name: args.guest_name,
        lines: args.lines.iter().map(|line| line.to_request(access.id())).collect(),
        kind: args.kind,
    };
    submit(ctx, access, Action::Book(booking), ChangeNote::default(), Some(key)).await
}

/// A random locator: eight letters and digits without `0`, `1`, `I` and `O`, which people confuse.
fn locator() -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..8).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
}

async fn change_reservation(
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
    let Some(access) = contracted_property(ctx, &NodeId::Property(property).encode()).await? else {
        return Ok(unknown("reservationId", "reservation"));
    };
    // The partner of a reservation never changes, so this check before the property lock is no race.
    let loaders = ctx.data::<Loaders>()?;
    let found = loaders.reservations.load((property, id)).await.map_err(|failure| access::load_failed(&failure))?;
    if found.is_none_or(|reservation| reservation.partner != viewer.tenant) {
        return Ok(unknown("reservationId", "reservation"));
    }
    submit(ctx, access, action(id), ChangeNote { reason, ..ChangeNote::default() }, key).await
}
