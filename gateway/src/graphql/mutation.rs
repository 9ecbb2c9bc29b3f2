//! What can be changed. A resolver gets its proof, builds a command, hands it over, and maps the outcome.

mod reservations;
mod structure;

use async_graphql::{Context, ID, InputType, Object, Result};
use aws_lc_rs::digest;
use lodgate_entities::ids::RoomTypeId;
use uuid::Uuid;

use self::reservations::{ClaimRequest, claim, on_reservation};
use self::structure::{change_structure, create_contract, create_property, update_contract};
use super::access::{self, PropertyAccess, actor, app};
use super::enums::{OnConflict, Weekday};
use super::input::*;
use super::mutation_result::{
    ContractPayload, MutationResult, PropertyPayload, ReservationPayload, RoomTypePayload, StockPayload,
};
use super::presence::{self, ShowPresenceInput, ShowPresencePayload};
use super::scalars::NodeId;
use super::viewer::{self, CreateApiClientInput, CreateApiClientPayload, RevokeApiClientInput, RevokeApiClientPayload};
use crate::auth::Scope;
use crate::inventory::command::{ClaimKind, SetCounts, Structure};
use crate::inventory::{Action, Command, Problem, RoomType};
use crate::limits::NightsWritten;
use crate::writer::{Key, Submission};

/// The mutation root.
pub struct Mutation;

/// What can be changed.
#[Object]
impl Mutation {
    /// Creates a property of yours.
    async fn create_property(&self, ctx: &Context<'_>, input: CreatePropertyInput) -> Result<PropertyPayload> {
        create_property(ctx, input).await.map(PropertyPayload)
    }

    /// Changes a property of yours; an absent field stays.
    async fn update_property(&self, ctx: &Context<'_>, input: UpdatePropertyInput) -> Result<PropertyPayload> {
        let Some(seen) = own_property(ctx, &input.property_id).await? else {
            return Ok(PropertyPayload(unknown("propertyId", "property")));
        };
        let mut property = seen.structure.property.clone();
        patch(&mut property.name, "name", input.name)?;
        patch(&mut property.place, "place", input.place)?;
        patch(&mut property.country, "country", input.country.map_value(Some))?;
        patch(&mut property.same_day_cut_off, "sameDayCutOff", input.same_day_cut_off)?;
        patch(
            &mut property.weekend_days,
            "weekendDays",
            input.weekend_days.map_value(|days| Weekday::set(Some(&days))),
        )?;
        change_structure(ctx, seen, Structure::Property(property)).await.map(PropertyPayload)
    }

    /// Creates a room type at a property of yours.
    async fn create_room_type(&self, ctx: &Context<'_>, input: CreateRoomTypeInput) -> Result<RoomTypePayload> {
        let Some(seen) = own_property(ctx, &input.property_id).await? else {
            return Ok(RoomTypePayload(unknown("propertyId", "property")));
        };
        let room_type = RoomType {
            id: RoomTypeId(0),
            code: input.code,
            name: input.name,
            max_occupancy: input.max_occupancy,
            max_adults: input.max_adults,
            max_children: input.max_children,
            physical_rooms: input.physical_rooms,
            low_at: input.low_at,
        };
        change_structure(ctx, seen, Structure::RoomType(room_type)).await.map(RoomTypePayload)
    }

    /// Changes a room type of yours; an absent field stays.
    async fn update_room_type(&self, ctx: &Context<'_>, input: UpdateRoomTypeInput) -> Result<RoomTypePayload> {
        let Some(NodeId::RoomType(property, id)) = NodeId::decode(&input.room_type_id) else {
            return Ok(RoomTypePayload(unknown("roomTypeId", "room type")));
        };
        let seen = own_property(ctx, &NodeId::Property(property).encode()).await?;
        let found = seen.and_then(|seen| Some((seen.structure.room_types.get(&id)?.clone(), seen)));
        let Some((mut room_type, seen)) = found else { return Ok(RoomTypePayload(unknown("roomTypeId", "room type"))) };
        patch(&mut room_type.name, "name", input.name)?;
        patch(&mut room_type.max_occupancy, "maxOccupancy", input.max_occupancy)?;
        patch(&mut room_type.max_adults, "maxAdults", input.max_adults)?;
        patch(&mut room_type.max_children, "maxChildren", input.max_children)?;
        patch(&mut room_type.physical_rooms, "physicalRooms", input.physical_rooms)?;
        patch(&mut room_type.low_at, "lowAt", input.low_at)?;
        change_structure(ctx, seen, Structure::RoomType(room_type)).await.map(RoomTypePayload)
    }

    /// Opens a property of yours to a partner.
    async fn create_contract(&self, ctx: &Context<'_>, input: CreateContractInput) -> Result<ContractPayload> {
        create_contract(ctx, input).await.map(ContractPayload)
    }

    /// Changes or suspends a contract of yours; an absent field stays.
    async fn update_contract(&self, ctx: &Context<'_>, input: UpdateContractInput) -> Result<ContractPayload> {
        update_contract(ctx, input).await.map(ContractPayload)
    }

    /// Sets how many rooms are on sale. Saves every night or none.
    async fn set_allotments(&self, ctx: &Context<'_>, input: SetAllotmentsInput) -> Result<StockPayload> {
        let Some(seen) = own_property(ctx, &input.property_id).await? else {
            return Ok(StockPayload(unknown("propertyId", "property")));
        };
        let key = input.idempotency_key.clone().map(|text| (text, hash("setAllotments", &input)));
        let changes = input.changes.iter().map(|change| change.to_change(seen.id())).collect::<Result<_>>()?;
        let set = SetCounts {
            changes,
            allow_overcommit: input.allow_overcommit,
            skip_conflicts: input.on_conflict == OnConflict::Skip,
            relative: false,
        };
        let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
        submit(ctx, seen, Action::SetCounts(set), note, key).await.map(StockPayload)
    }

    /// Adds or takes away rooms on sale, whatever is there now. Saves every night or none.
    async fn adjust_allotments(&self, ctx: &Context<'_>, input: AdjustAllotmentsInput) -> Result<StockPayload> {
        let Some(seen) = own_property(ctx, &input.property_id).await? else {
            return Ok(StockPayload(unknown("propertyId", "property")));
        };
        let key = Some((input.idempotency_key.clone(), hash("adjustAllotments", &input)));
        let changes = input.changes.iter().map(|change| change.to_change(seen.id())).collect::<Result<_>>()?;
        let set = SetCounts {
            changes,
            allow_overcommit: input.allow_overcommit,
            skip_conflicts: input.on_conflict == OnConflict::Skip,
            relative: true,
        };
        let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
        submit(ctx, seen, Action::SetCounts(set), note, key).await.map(StockPayload)
    }

    /// Sets and clears restrictions, for everybody or for one pool. Never touches a count.
    async fn set_restrictions(&self, ctx: &Context<'_>, input: SetRestrictionsInput) -> Result<StockPayload> {
        let Some(seen) = own_property(ctx, &input.property_id).await? else {
            return Ok(StockPayload(unknown("propertyId", "property")));
        };
        let key = input.idempotency_key.clone().map(|text| (text, hash("setRestrictions", &input)));
        let changes = input.changes.iter().map(|change| change.to_change(seen.id())).collect::<Result<_>>()?;
        let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
        submit(ctx, seen, Action::SetRestrictions(changes), note, key).await.map(StockPayload)
    }

    /// Takes back what a change set did at a property, unless its cells were changed again since.
    async fn undo_change_set(&self, ctx: &Context<'_>, input: UndoChangeSetInput) -> Result<StockPayload> {
        let Some(seen) = own_property(ctx, &input.property_id).await? else {
            return Ok(StockPayload(unknown("propertyId", "property")));
        };
        let key = input.idempotency_key.clone().map(|text| (text, hash("undoChangeSet", &input)));
        let note = ChangeNote { reason: input.reason, change_set: input.as_change_set_id, ..ChangeNote::default() };
        submit(ctx, seen, Action::Undo(input.change_set_id), note, key).await.map(StockPayload)
    }

    /// Holds rooms until they are confirmed or the time is over. All lines or none.
    async fn place_hold(&self, ctx: &Context<'_>, input: PlaceHoldInput) -> Result<ReservationPayload> {
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

    /// Books rooms at once. All lines or none.
    async fn book_rooms(&self, ctx: &Context<'_>, input: BookRoomsInput) -> Result<ReservationPayload> {
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

    /// Prolongs a hold of yours. A stop sell on any of its nights refuses.
    async fn extend_hold(&self, ctx: &Context<'_>, input: ExtendHoldInput) -> Result<ReservationPayload> {
        let key = input.idempotency_key.clone().map(|text| (text, hash("extendHold", &input)));
        let action = |reservation| Action::ExtendHold { reservation, by_minutes: input.by_minutes };
        on_reservation(ctx, &input.reservation_id, action, None, key).await.map(ReservationPayload)
    }

    /// Turns a hold of yours into a sale. Confirming twice changes nothing.
    async fn confirm_reservation(
        &self,
        ctx: &Context<'_>,
        input: ConfirmReservationInput,
    ) -> Result<ReservationPayload> {
        let key = input.idempotency_key.clone().map(|text| (text, hash("confirmReservation", &input)));
        let action = |reservation| Action::Confirm { reservation };
        on_reservation(ctx, &input.reservation_id, action, None, key).await.map(ReservationPayload)
    }

    /// Gives rooms of yours back, held or sold, each to the pool it came from. Cancelling twice changes nothing.
    async fn cancel_reservation(&self, ctx: &Context<'_>, input: CancelReservationInput) -> Result<ReservationPayload> {
        let key = Some((input.idempotency_key.clone(), hash("cancelReservation", &input)));
        let action = |reservation| Action::Cancel { reservation, lines: input.lines.clone() };
        on_reservation(ctx, &input.reservation_id, action, input.reason.clone(), key).await.map(ReservationPayload)
    }

    /// Shows your colleagues where a page of yours is. Say it whenever that changes, and again every 15 seconds: after 40
    /// seconds without a word the page has gone. Never in the journal. For people.
    async fn show_presence(&self, ctx: &Context<'_>, input: ShowPresenceInput) -> Result<ShowPresencePayload> {
        presence::show(ctx, input).await
    }

    /// Makes a machine of your organisation. Its secret is shown this once.
    async fn create_api_client(
        &self,
        ctx: &Context<'_>,
        input: CreateApiClientInput,
    ) -> Result<CreateApiClientPayload> {
        viewer::create_api_client(ctx, input).await
    }

    /// Shuts a machine of your organisation out; its tokens end within seconds.
    async fn revoke_api_client(
        &self,
        ctx: &Context<'_>,
        input: RevokeApiClientInput,
    ) -> Result<RevokeApiClientPayload> {
        viewer::revoke_api_client(ctx, input).await
    }
}

/// What the journal keeps of the circumstances.
#[derive(Default)]
struct ChangeNote {
    reason: Option<String>,
    reference: Option<String>,
    change_set: Option<Uuid>,
}

type GivenKey = (String, [u8; 32]);

/// SHA-256 of the operation and its coerced input: the same key with another is refused.
fn hash(operation: &str, input: &impl InputType) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(operation.as_bytes());
    context.update(input.to_value().to_string().as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn unknown(field: &str, what: &str) -> MutationResult {
    MutationResult::refused(None, [Problem::invalid(&[field], format!("no such {what} of yours"))])
}

/// A property that the caller owns and may change.
async fn own_property(ctx: &Context<'_>, id: &ID) -> Result<Option<PropertyAccess>> {
    access::viewer_with(ctx, Scope::InventoryWrite)?;
    Ok(access::seen_by_id(ctx, id).await?.filter(PropertyAccess::is_supplier))
}

/// A property that the caller has a contract for.
async fn contracted_property(ctx: &Context<'_>, id: &ID) -> Result<Option<PropertyAccess>> {
    access::viewer_with(ctx, Scope::ReservationsWrite)?;
    Ok(access::seen_by_id(ctx, id).await?.filter(|seen| !seen.is_supplier()))
}

fn text_problems(note: &ChangeNote, key: Option<&GivenKey>) -> Vec<Problem> {
    let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.chars().count() > 500);
    let bad_key = key.is_some_and(|(text, _)| text.is_empty() || text.len() > 100);
    [
        bad_key.then(|| Problem::invalid(&["idempotencyKey"], "an idempotency key has 1 to 100 characters")),
        long(&note.reason).then(|| Problem::invalid(&["reason"], "a reason has at most 500 characters")),
        long(&note.reference).then(|| Problem::invalid(&["reference"], "a reference has at most 500 characters")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

async fn submit(
    ctx: &Context<'_>,
    seen: PropertyAccess,
    action: Action,
    note: ChangeNote,
    key: Option<GivenKey>,
) -> Result<MutationResult> {
    let viewer = access::viewer(ctx)?;
    let problems = text_problems(&note, key.as_ref());
    if !problems.is_empty() {
        return Ok(MutationResult::refused(Some(seen), problems));
    }
    let command = Command {
        actor: actor(viewer),
        reason: note.reason,
        reference: note.reference,
        change_set: note.change_set,
        action,
    };
    let key = key.map(|(text, hash)| Key { tenant: viewer.tenant, text, hash });
    let answer = app(ctx)?.writer.submit(Submission { property: seen.id(), command, key }).await;
    if let (Ok(outcome), Some(written)) = (&answer, ctx.data_opt::<NightsWritten>())
        && !outcome.replayed
    {
        written.add(outcome.changed);
    }
    MutationResult::from(Some(seen), answer)
}
