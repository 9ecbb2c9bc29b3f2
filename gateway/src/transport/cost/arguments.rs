//! The amount of work in the arguments of a field: the length of its page, and the nights that it writes.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::{Name, Value as ConstValue};
use chrono::NaiveDate;

use super::Values;
use super::schema::FieldType;

/// Nights of an undo, whose input names none.
const UNDONE: u64 = 100;
/// Above any allowed page or range; larger ones are refused.
const LONGEST: u64 = 5_000;

/// The arguments of one field of an operation.
pub(super) struct Arguments<'a> {
    pub(super) field: &'a Field,
    pub(super) definition: &'a FieldType,
    pub(super) values: &'a Values<'a>,
}

impl Arguments<'_> {
    /// The length of its page, if an argument gives it.
    pub(super) fn page(&self) -> Option<u64> {
        if let Some(length) = self.definition.length {
            return Some(length);
        }
        if let (Some(from), Some(through)) = (self.get("from"), self.get("through")) {
            return Some(nights(&from, &through, true));
        }
        for name in ["first", "hours"] {
            if let Some(number) = self.get(name).as_deref().and_then(number) {
                return Some(number.min(LONGEST));
            }
        }
        let filter = self.get("where")?;
        match member(&filter, "propertyIds")? {
            ConstValue::List(ids) => Some(length(ids)),
            _ => None,
        }
    }

    /// The nights that a mutation writes.
    pub(super) fn nights_written(&self) -> u64 {
        if self.field.name.node.as_str() == "undoChangeSet" {
            return UNDONE;
        }
        let Some(input) = self.get("input") else { return 0 };
        let changes = items(member(&input, "changes")).map(|change| {
            let (from, through) = (member(change, "from"), member(change, "through"));
            let range = from.zip(through).map_or(0, |(from, through)| nights(from, through, true));
            match member(change, "daysOfWeek") {
                Some(ConstValue::List(days)) => range.min(range.div_ceil(7).saturating_mul(length(days))),
                _ => range,
            }
        });
        let lines = items(member(&input, "lines")).map(|line| {
            let (check_in, check_out) = (member(line, "checkIn"), member(line, "checkOut"));
            check_in.zip(check_out).map_or(0, |(from, to)| nights(from, to, false))
        });
        changes.chain(lines).fold(0, u64::saturating_add)
    }

    /// An argument with its variables substituted; the schema's default if it is absent.
    fn get(&self, name: &str) -> Option<Cow<'_, ConstValue>> {
        let default = || self.definition.defaults.get(name);
        let Some(given) = self.field.get_argument(name) else { return default().map(Cow::Borrowed) };
        // An absent variable means the default of the argument.
        let fill = |variable: Name| self.values.get(&variable).or_else(default).cloned().ok_or(());
        given.node.clone().into_const_with(fill).ok().map(Cow::Owned)
    }
}

/// The nights of a range, with or without its last day. An invalid range is refused later.
fn nights(from: &ConstValue, to: &ConstValue, included: bool) -> u64 {
    let date = |value: &ConstValue| match value {
        ConstValue::String(text) => text.parse::<NaiveDate>().ok(),
        _ => None,
    };
    let Some((from, to)) = date(from).zip(date(to)) else { return 1 };
    let days = to.signed_duration_since(from).num_days() + i64::from(included);
    u64::try_from(days).unwrap_or(1).clamp(1, LONGEST)
}

fn number(value: &ConstValue) -> Option<u64> {
    match value {
        ConstValue::Number(number) => Some(number.as_u64().unwrap_or(0)),
        _ => None,
    }
}

fn member<'a>(value: &'a ConstValue, name: &str) -> Option<&'a ConstValue> {
    match value {
        ConstValue::Object(fields) => fields.get(name),
        _ => None,
    }
}

/// The items of a list; a single value counts as a list of one.
fn items(value: Option<&ConstValue>) -> impl Iterator<Item = &ConstValue> {
    match value {
        Some(ConstValue::List(items)) => items.as_slice(),
        Some(other) => std::slice::from_ref(other),
        None => &[],
    }
    .iter()
}

fn length(items: &[ConstValue]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}
