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
use crate::inventory::{self, Action, Field, Level, Pool};

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

/// The level at which a restriction binds: exactly one of these fields.
#[derive(OneofObject, Clone, Debug)]
pub enum RestrictionLevel {
    /// `true`: the room night, which binds every pool.
    RoomNight(bool),
    /// `true`: the shared pool, which binds draws from it.
    Shared(bool),
    /// One contract: binds its draws from both pools.
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

impl From<RestrictionField> for Field {
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

/// Expected restrictions on every night of a range, with the room night and the shared pool together, as
/// `RoomType.calendar` shows them for the shared pool. An absent restriction may have any value, an explicit null
/// is refused.
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
    /// Restrictions that are expected not to be set.
    #[graphql(default)]
    pub unset: Vec<RestrictionField>,
}

/// Restrictions on one range of one level. An absent restriction is not changed, `clear` removes one, an explicit
/// null is refused.
#[derive(InputObject, Clone, Debug)]
pub struct RestrictionChangeInput {
    /// The room type.
    pub room_type_id: ID,
    /// The level at which it binds.
    pub level: RestrictionLevel,
    /// First night.
    pub from: Date,
    /// Last night, included.
    pub through: Date,
    /// Only these weekdays; absent means all.
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
    /// Fewest days between the business date and arrival, 0 to 1,096.
    pub min_advance_days: MaybeUndefined<i32>,
    /// Most days between the business date and arrival, 0 to 1,096.
    pub max_advance_days: MaybeUndefined<i32>,
    /// Most rooms over all pools, 0 to 10,000; at the level `roomNight` only.
    pub sell_limit: MaybeUndefined<i32>,
    /// Restrictions to clear.
    #[graphql(default)]
    pub clear: Vec<RestrictionField>,
    /// Expected current restrictions. Any other stored value on any night is refused as `CONFLICT`, and nothing is
    /// written.
    pub expected: Option<RestrictionExpectation>,
}

/// Sets and clears restrictions. Never changes a count.
#[derive(InputObject, Clone, Debug)]
pub struct SetRestrictionsInput {
    /// The property.
    pub property_id: ID,
    /// Ranges. Ranges of one level must not overlap.
    pub changes: Vec<RestrictionChangeInput>,
    /// Id that the caller makes. It groups several calls into one change set.
    pub change_set_id: Option<Uuid>,
    /// Idempotency key, 1 to 100 characters. A repeat with the same key returns the first result and changes nothing.
    pub idempotency_key: Option<String>,
    /// Reason, shown in the history; at most 500 characters.
    pub reason: Option<String>,
    /// The caller's own reference, shown in the history; at most 500 characters.
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
            _ => return Err(bad_input("changes.level", "give true, or a contractId")),
        };
        let given = [
            (Field::StopSell, flag(&self.stop_sell)),
            (Field::ClosedToArrival, flag(&self.closed_to_arrival)),
            (Field::ClosedToDeparture, flag(&self.closed_to_departure)),
            (Field::MinStayArrival, self.min_stay_arrival),
            (Field::MaxStayArrival, self.max_stay_arrival),
            (Field::MinStayThrough, self.min_stay_through),
            (Field::MaxStayThrough, self.max_stay_through),
            (Field::MinAdvanceDays, self.min_advance_days),
            (Field::MaxAdvanceDays, self.max_advance_days),
            (Field::SellLimit, self.sell_limit),
        ];
        let mut set = values(
            "changes",
            given,
            "null is not a value; leave the field out to keep what is set, or name it in clear",
        )?;
        set.extend(self.clear.iter().map(|cleared| (Field::from(*cleared), None)));
        Ok(RestrictionChange {
            room_type: room_type_id(property, &self.room_type_id),
            level,
            range: date_range(self.from, self.through, self.days_of_week.as_deref()),
            set,
            expected: self.expected.as_ref().map(RestrictionExpectation::to_fields).transpose()?.unwrap_or_default(),
        })
    }
}

impl RestrictionExpectation {
    /// As the core has it.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for an explicit null, or for a flag that is said to be unset.
    fn to_fields(&self) -> Result<Vec<(Field, Option<i32>)>> {
        let given = [
            (Field::StopSell, flag(&self.stop_sell)),
            (Field::ClosedToArrival, flag(&self.closed_to_arrival)),
            (Field::ClosedToDeparture, flag(&self.closed_to_departure)),
            (Field::MinStayArrival, self.min_stay_arrival),
            (Field::MaxStayArrival, self.max_stay_arrival),
            (Field::MinStayThrough, self.min_stay_through),
            (Field::MaxStayThrough, self.max_stay_through),
        ];
        let mut expected = values(
            "changes.expected",
            given,
            "null is not a value; leave the field out to expect nothing, or name it in unset",
        )?;
        for field in self.unset.iter().copied().map(Field::from) {
            if field.is_flag() {
                let message = format!("{} is on or off and never unset", field.code());
                return Err(bad_input("changes.expected.unset", message));
            }
            expected.push((field, None));
        }
        Ok(expected)
    }
}

fn flag(value: &MaybeUndefined<bool>) -> MaybeUndefined<i32> {
    (*value).map_value(i32::from)
}

/// The fields that have a value.
fn values(
    path: &str,
    given: impl IntoIterator<Item = (Field, MaybeUndefined<i32>)>,
    null: &str,
) -> Result<Vec<(Field, Option<i32>)>> {
    let mut found = Vec::new();
    for (field, value) in given {
        match value {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => return Err(bad_input(&format!("{path}.{}", field.code()), null)),
            MaybeUndefined::Value(value) => found.push((field, Some(value))),
        }
    }
    Ok(found)
}

/// Sets and clears restrictions.
pub(super) async fn set_restrictions(ctx: &Context<'_>, input: SetRestrictionsInput) -> Result<StockPayload> {
    let Some(access) = own_property(ctx, &input.property_id).await? else {
        return Ok(StockPayload(unknown("propertyId", "property")));
    };
    let key = input.idempotency_key.clone().map(|text| (text, hash("setRestrictions", &input)));
    let changes = input.changes.iter().map(|change| change.to_change(access.id())).collect::<Result<_>>()?;
    let note = ChangeNote { reason: input.reason, reference: input.reference, change_set: input.change_set_id };
    submit(ctx, access, Action::SetRestrictions(changes), note, key).await.map(StockPayload)
}
