//! Claiming rooms, and what becomes of a claim.

use async_graphql::{Context, ID, Result};
use uuid::Uuid;

use super::{ChangeNote, GivenKey, contracted_property, submit, unknown};
use crate::auth::Scope;
use crate::graphql::access;
use crate::graphql::input::*;
use crate::graphql::loaders::Loaders;
use crate::graphql::mutation_result::MutationResult;
use crate::graphql::scalars::NodeId;
use crate::inventory::command::{Claim, ClaimKind};
use crate::inventory::{Action, Problem};

/// What a hold and a booking have in common.
pub(super) struct ClaimRequest {
    pub(super) property: ID,
    pub(super) contract: Option<ID>,
    pub(super) reference: String,
    pub(super) guest_name: Option<String>,
    pub(super) lines: Vec<LineInput>,
    pub(super) kind: ClaimKind,
}

pub(super) async fn claim(ctx: &Context<'_>, request: ClaimRequest, key: GivenKey) -> Result<MutationResult> {
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

pub(super) async fn on_reservation(
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
