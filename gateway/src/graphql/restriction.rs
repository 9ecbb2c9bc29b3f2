//! Selling rules, and the mutation that sets and clears them.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, OneofObject, Result, SimpleObject};
use lodgate_entities::ids::PropertyId;
use uuid::Uuid;

use super::access::own_property;
use super::change_set::StockPayload;
use super::error::bad_input;
use super::mutation_result::unknown;
use super::scalars::{Date, contract_id, room_type_id};
use super::submit::{ChangeNote, hash, submit};
use super::weekday::{Weekday, date_range};
use crate::inventory::command::RestrictionChange;
use crate::inventory::{self, Action, Level, Measure, Pool};

/// Selling rules of one level. A number that is not set does not bind.
#[derive(SimpleObject, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restrictions {
    /// Nothing may be sold on this night.
    pub stop_sell: bool,
    /// No stay may begin on this date.
    pub closed_to_arrival: bool,
    /// No stay may end on this date.
    pub closed_to_departure: bool,
    /// Fewest nights of a stay that begins here.
    pub min_stay_arrival: Option<i32>,
    /// Most nights of a stay that begins here.
    pub max_stay_arrival: Option<i32>,
    /// Fewest nights of a stay that includes this night.
    pub min_stay_through: Option<i32>,
    /// Most nights of a stay that includes this night.
    pub max_stay_through: Option<i32>,
    /// Fewest days between booking and arrival.
    pub min_advance_days: Option<i32>,
    /// Most days between booking and arrival.
    pub max_advance_days: Option<i32>,
}

impl From<inventory::Restrictions> for Restrictions {
    fn from(rules: inventory::Restrictions) -> Self {
        Self {
            stop_sell: rules.stop_sell,
            closed_to_arrival: rules.closed_to_arrival,
            closed_to_departure: rules.closed_to_departure,
            min_stay_arrival: rules.min_stay_arrival,
            max_stay_arrival: rules.max_stay_arrival,
            min_stay_through: rules.min_stay_through,
            max_stay_through: rules.max_stay_through,
            min_advance_days: rules.min_advance_days,
            max_advance_days: rules.max_advance_days,
        }
    }
}

/// Where a restriction binds: exactly one of these.
#[derive(OneofObject, Clone, Debug)]
pub enum RestrictionLevel {
    /// `true`: everybody.
    RoomNight(bool),
    /// `true`: what is drawn from the shared pool.
    Shared(bool),
    /// One contract, from both pools.
    ContractId(ID),
}

/// A restriction that can be cleared.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestrictionField {
    /// `stopSell`
    StopSell,
    /// `closedToArrival`
    ClosedToArrival,
    /// `closedToDeparture`
    ClosedToDeparture,
    /// `minStayArrival`
    MinStayArrival,
    /// `maxStayArrival`
    MaxStayArrival,
    /// `minStayThrough`
    MinStayThrough,
    /// `maxStayThrough`
    MaxStayThrough,
    /// `minAdvanceDays`
    MinAdvanceDays,
    /// `maxAdvanceDays`
    MaxAdvanceDays,
    /// `sellLimit`
    SellLimit,
}

impl From<RestrictionField> for Measure {
    fn from(field: RestrictionField) -> Self {
        match field {
            RestrictionField::StopSell => Self::StopSell,
            RestrictionField::ClosedToArrival => Self::ClosedToArrival,
            RestrictionField::ClosedToDeparture => Self::ClosedToDeparture,
            RestrictionField::MinStayArrival => Self::MinStayArrival,
            RestrictionField::MaxStayArrival => Self::MaxStayArrival,
            RestrictionField::MinStayThrough => Self::MinStayThrough,
            RestrictionField::MaxStayThrough => Self::MaxStayThrough,
            RestrictionField::MinAdvanceDays => Self::MinAdvanceDays,
            RestrictionField::MaxAdvanceDays => Self::MaxAdvanceDays,
            RestrictionField::SellLimit => Self::SellLimit,
        }
    }
}

/// What you believe stands on every night of a range, at the room night and the shared pool together: as
/// `RoomType.calendar` shows it for the shared pool. An absent rule may be anything, an explicit null is refused.
#[derive(InputObject, Clone, Debug, Default)]
pub struct RestrictionExpectation {
    /// Nothing may be sold.
    pub stop_sell: MaybeUndefined<bool>,
    /// No stay may begin.
    pub closed_to_arrival: MaybeUndefined<bool>,
    /// No stay may end.
    pub closed_to_departure: MaybeUndefined<bool>,
    /// Fewest nights of a stay that begins here.
    pub min_stay_arrival: MaybeUndefined<i32>,
    /// Most nights of a stay that begins here.
    pub max_stay_arrival: MaybeUndefined<i32>,
    /// Fewest nights of a stay that includes the night.
    pub min_stay_through: MaybeUndefined<i32>,
    /// Most nights of a stay that includes the night.
    pub max_stay_through: MaybeUndefined<i32>,
    /// Numbers that are not set.
    #[graphql(default)]
    pub unset: Vec<RestrictionField>,
}

/// Rules on one range of one level. An absent rule stays, `clear` takes one off, an explicit null is refused.
#[derive(InputObject, Clone, Debug)]
pub struct RestrictionChangeInput {
    /// The room type.
    pub room_type_id: ID,
    /// Where it binds.
    pub level: RestrictionLevel,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// Only these weekdays; absent is all.
    pub days_of_week: Option<Vec<Weekday>>,
    /// Nothing may be sold.
    pub stop_sell: MaybeUndefined<bool>,
    /// No stay may begin.
    pub closed_to_arrival: MaybeUndefined<bool>,
    /// No stay may end.
    pub closed_to_departure: MaybeUndefined<bool>,
    /// Fewest nights of a stay that begins here, 1 to 366.
    pub min_stay_arrival: MaybeUndefined<i32>,
    /// Most nights of a stay that begins here, 1 to 366.
    pub max_stay_arrival: MaybeUndefined<i32>,
    /// Fewest nights of a stay that includes the night, 1 to 366.
    pub min_stay_through: MaybeUndefined<i32>,
    /// Most nights of a stay that includes the night, 1 to 366.
    pub max_stay_through: MaybeUndefined<i32>,
    /// Fewest days ahead, 0 to 1,096.
    pub min_advance_days: MaybeUndefined<i32>,
    /// Most days ahead, 0 to 1,096.
    pub max_advance_days: MaybeUndefined<i32>,
    /// Most rooms over all pools, 0 to 10,000; at the level `roomNight` only.
    pub sell_limit: MaybeUndefined<i32>,
    /// What to take off.
    #[graphql(default)]
    pub clear: Vec<RestrictionField>,
    /// What you believe you change; if anything of it moved on any night, `CONFLICT` and nothing is written.
    pub expected: Option<RestrictionExpectation>,
}

/// Sets and clears restrictions. Never touches a count.
#[derive(InputObject, Clone, Debug)]
pub struct SetRestrictionsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges; those of one level must not overlap.
    pub changes: Vec<RestrictionChangeInput>,
    /// Made by you: groups the calls of one gesture.
    pub change_set_id: Option<Uuid>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// Why, for the history.
    pub reason: Option<String>,
    /// Your own reference, for the history.
    pub reference: Option<String>,
}

impl RestrictionChangeInput {
    /// As the core has it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for an explicit null or a choice of `false`.
    pub fn to_change(&self, property: PropertyId) -> Result<RestrictionChange> {
        let level = match &self.level {
            RestrictionLevel::RoomNight(true) => Level::Night,
            RestrictionLevel::Shared(true) => Level::Pool(Pool::Shared),
            RestrictionLevel::ContractId(id) => Level::Pool(Pool::Contract(contract_id(property, id))),
            _ => return Err(bad_input("changes.level", "say true, or name a contractId")),
        };
        let given = [
            (Measure::StopSell, flag(&self.stop_sell)),
            (Measure::ClosedToArrival, flag(&self.closed_to_arrival)),
            (Measure::ClosedToDeparture, flag(&self.closed_to_departure)),
            (Measure::MinStayArrival, self.min_stay_arrival),
            (Measure::MaxStayArrival, self.max_stay_arrival),
            (Measure::MinStayThrough, self.min_stay_through),
            (Measure::MaxStayThrough, self.max_stay_through),
            (Measure::MinAdvanceDays, self.min_advance_days),
            (Measure::MaxAdvanceDays, self.max_advance_days),
            (Measure::SellLimit, self.sell_limit),
        ];
        let mut set = values(
            "changes",
            given,
            "null is not a value; leave the field out to keep what is set, or name it in clear",
        )?;
        set.extend(self.clear.iter().map(|field| (Measure::from(*field), None)));
        Ok(RestrictionChange {
            room_type: room_type_id(property, &self.room_type_id),
            level,
            range: date_range(self.from, self.through, self.days_of_week.as_deref()),
            set,
            expected: self.expected.as_ref().map(RestrictionExpectation::to_measures).transpose()?.unwrap_or_default(),
        })
    }
}

impl RestrictionExpectation {
    /// As the core has it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for an explicit null, or for a flag that is said to be unset.
    fn to_measures(&self) -> Result<Vec<(Measure, Option<i32>)>> {
        let given = [
            (Measure::StopSell, flag(&self.stop_sell)),
            (Measure::ClosedToArrival, flag(&self.closed_to_arrival)),
            (Measure::ClosedToDeparture, flag(&self.closed_to_departure)),
            (Measure::MinStayArrival, self.min_stay_arrival),
            (Measure::MaxStayArrival, self.max_stay_arrival),
            (Measure::MinStayThrough, self.min_stay_through),
            (Measure::MaxStayThrough, self.max_stay_through),
        ];
        let mut expected = values(
            "changes.expected",
            given,
            "null is not a value; leave the field out to expect nothing, or name it in unset",
        )?;
        for measure in self.unset.iter().map(|field| Measure::from(*field)) {
            if measure.is_flag() {
                let message = format!("{} is on or off and never unset", measure.code());
                return Err(bad_input("changes.expected.unset", message));
            }
            expected.push((measure, None));
        }
        Ok(expected)
    }
}

fn flag(value: &MaybeUndefined<bool>) -> MaybeUndefined<i32> {
    (*value).map_value(i32::from)
}

/// What is given of these fields.
fn values(
    path: &str,
    given: impl IntoIterator<Item = (Measure, MaybeUndefined<i32>)>,
    null: &str,
) -> Result<Vec<(Measure, Option<i32>)>> {
    let mut found = Vec::new();
    for (measure, value) in given {
        match value {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => return Err(bad_input(&format!("{path}.{}", measure.code()), null)),
            MaybeUndefined::Value(value) => found.push((measure, Some(value))),
        }
    }
    Ok(found)
}

/// Sets and clears restrictions.
pub(super) async fn set_restrictions(ctx: &Context<'_>, input: SetRestrictionsInput) -> Result<StockPayload> {
    let Some(seen) = own_property(ctx, &input.property_id).await? else {
        return Ok(StockPayload(unknown("propertyId", "property")));
    };
    let key = input.idempotency_key.clone().map(|text| (text, hash("setRestrictions", &input)));
    let changes = input.changes.iter().map(|change| change.to_change(seen.id())).collect::<Result<_>>()?;
    let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
    submit(ctx, seen, Action::SetRestrictions(changes), note, key).await.map(StockPayload)
}
