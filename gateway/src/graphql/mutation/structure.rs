//! Making and changing properties, room types and contracts.

use async_graphql::{Context, Result};
use chrono_tz::Tz;
use lodgate_entities::ids::{ContractId, PropertyId, RoomTypeId};
use lodgate_entities::tenant::{self, TenantKind};

use super::{ChangeNote, own_property, submit, unknown};
use crate::auth::Scope;
use crate::graphql::access::{self, PropertyAccess, actor, app};
use crate::graphql::enums::Weekday;
use crate::graphql::error;
use crate::graphql::input::*;
use crate::graphql::mutation_result::MutationResult;
use crate::graphql::scalars::NodeId;
use crate::inventory::command::Structure;
use crate::inventory::{Action, Contract, ContractStatus, Problem, Property};
use crate::writer::{CommandResult, NewProperty};

/// A property's structure after a write of its own: what the payload shows.
async fn refreshed(ctx: &Context<'_>, outcome: &CommandResult) -> Result<Option<PropertyAccess>> {
    access::seen(ctx, outcome.property, outcome.seq).await
}

pub(super) async fn change_structure(
    ctx: &Context<'_>,
    seen: PropertyAccess,
    structure: Structure,
) -> Result<MutationResult> {
    let known = match &structure {
        Structure::Property(_) => 0,
        Structure::RoomType(room_type) => room_type.id.0,
        Structure::Contract(contract) => contract.id.0,
    };
    let mut done = submit(ctx, seen, Action::Structure(structure), ChangeNote::default(), None).await?;
    if let Some(outcome) = &mut done.outcome {
        outcome.structure.get_or_insert(known);
        done.seen = refreshed(ctx, outcome).await?;
    }
    Ok(done)
}

pub(super) async fn create_property(ctx: &Context<'_>, input: CreatePropertyInput) -> Result<MutationResult> {
    let viewer = access::viewer_with(ctx, Scope::InventoryWrite)?;
    if viewer.kind != TenantKind::Supplier {
        return Err(error::ErrorCode::Forbidden.error("only suppliers have properties"));
    }
    let Ok(time_zone) = input.time_zone.parse::<Tz>() else {
        return Ok(MutationResult::refused(
            None,
            [Problem::invalid(&["timeZone"], "not an IANA time zone such as Europe/Lisbon")],
        ));
    };
    let property = Property {
        id: PropertyId(0),
        supplier: viewer.tenant,
        code: input.code,
        name: input.name,
        place: input.place,
        country: input.country,
        time_zone,
        same_day_cut_off: input.same_day_cut_off,
        weekend_days: Weekday::set(Some(&input.weekend_days)),
    };
    let answer = app(ctx)?.writer.create_property(NewProperty { actor: actor(viewer), property }).await;
    let mut done = MutationResult::from(None, answer)?;
    if let Some(outcome) = &done.outcome {
        done.seen = refreshed(ctx, outcome).await?;
    }
    Ok(done)
}

pub(super) async fn create_contract(ctx: &Context<'_>, input: CreateContractInput) -> Result<MutationResult> {
    let Some(seen) = own_property(ctx, &input.property_id).await? else { return Ok(unknown("propertyId", "property")) };
    let named = tenant::Entity::of_code(&input.partner_code);
    let partner = access::read(ctx, named.one(&app(ctx)?.database.read)).await?;
    let partner = partner.filter(|found| found.kind == TenantKind::Partner);
    let Some(partner) = partner else {
        return Ok(MutationResult::refused(
            Some(seen),
            [Problem::invalid(&["partnerCode"], "no partner has this code")],
        ));
    };
    let mut room_types: Option<Vec<RoomTypeId>> =
        input.room_type_ids.map(|list| list.iter().map(|id| room_type_id(seen.id(), id)).collect());
    if let Some(list) = &mut room_types {
        list.sort_unstable();
        list.dedup();
    }
    let contract = Contract {
        id: ContractId(0),
        partner: partner.id,
        code: input.code,
        first_stay_date: input.first_stay_date.0,
        last_stay_date: input.last_stay_date.0,
        room_types,
        status: ContractStatus::Active,
        pool_access: pool_access(input.pool_access, input.pool_cap)?,
        longest_hold_minutes: input.longest_hold_minutes,
        max_held_rooms: input.max_held_rooms,
        left_to_sell_shown_up_to: input.left_to_sell_shown_up_to,
    };
    change_structure(ctx, seen, Structure::Contract(contract)).await
}

pub(super) async fn update_contract(ctx: &Context<'_>, input: UpdateContractInput) -> Result<MutationResult> {
    let Some(NodeId::Contract(property, id)) = NodeId::decode(&input.contract_id) else {
        return Ok(unknown("contractId", "contract"));
    };
    let seen = own_property(ctx, &NodeId::Property(property).encode()).await?;
    let found = seen.and_then(|seen| Some((seen.structure.contracts.get(&id)?.clone(), seen)));
    let Some((mut contract, seen)) = found else { return Ok(unknown("contractId", "contract")) };
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
    let mut access = None;
    patch(&mut access, "poolAccess", input.pool_access.map_value(Some))?;
    match (access, cap) {
        (Some(access), cap) => contract.pool_access = pool_access(access, cap)?,
        (None, Some(cap)) if matches!(contract.pool_access, crate::inventory::PoolAccess::Capped(_)) => {
            contract.pool_access = crate::inventory::PoolAccess::Capped(cap);
        }
        (None, Some(_)) => return Err(error::bad_input("poolCap", "a cap goes with CAPPED only")),
        (None, None) => {}
    }
    change_structure(ctx, seen, Structure::Contract(contract)).await
}
