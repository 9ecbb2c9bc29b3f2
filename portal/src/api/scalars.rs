//! The schema's scalars and name-only enums.

use serde::{Deserialize, Deserializer, Serialize, de};

use super::schema;
use crate::domain::{
    dates::Day,
    ids::{PropertyId, RoomTypeId},
};

/// An opaque position in the gateway's journal.
#[derive(cynic::Scalar, Clone, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "Cursor")]
pub(crate) struct Cursor(pub String);

/// A UUID, for example of a change set.
#[derive(cynic::Scalar, Clone, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "UUID")]
pub(crate) struct Uuid(pub String);

/// A point in time: milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Instant(pub f64);

impl Instant {
    /// Parses RFC 3339, `2026-12-16T22:15:03.250Z` or with an offset from UTC.
    fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let (clock, offset_minutes) = match time.strip_suffix('Z') {
            Some(clock) => (clock, 0),
            None => {
                let (clock, offset) = time.split_at(time.rfind(['+', '-'])?);
                let (hours, minutes) = offset.get(1..)?.split_once(':')?;
                let minutes = hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?;
                (clock, if offset.starts_with('-') { -minutes } else { minutes })
            }
        };
        let mut parts = clock.splitn(3, ':');
        let hours: u32 = parts.next()?.parse().ok()?;
        let minutes: u32 = parts.next()?.parse().ok()?;
        let (seconds, part) = parts.next().map(|text| text.split_once('.').unwrap_or((text, "0")))?;
        let seconds: u32 = seconds.parse().ok()?;
        let thousandths: u32 = format!("{part:0<3}").get(..3)?.parse().ok()?;
        let days = f64::from(Day::parse(date)?.days_since_1970());
        let minutes = f64::from(hours * 60 + minutes) - f64::from(offset_minutes);
        Some(Self((days * 1_440.0 + minutes) * 60_000.0 + f64::from(seconds * 1_000 + thousandths)))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("`{text}` is not a time")))
    }
}

/// Maps a type to a scalar of the schema.
macro_rules! map_scalar {
    ($name:ident, $scalar:path, $type_name:literal) => {
        impl cynic::schema::IsScalar<$scalar> for $name {
            type SchemaType = $scalar;
        }
        cynic::impl_coercions!($name, $scalar);
        impl schema::variable::Variable for $name {
            const TYPE: cynic::variables::VariableType = cynic::variables::VariableType::Named($type_name);
        }
    };
}
map_scalar!(Day, schema::Date, "Date");
map_scalar!(Instant, schema::DateTime, "DateTime");
map_scalar!(PropertyId, cynic::Id, "ID");
map_scalar!(RoomTypeId, cynic::Id, "ID");

/// Enums of which the portal needs only the names. New values need no change here.
macro_rules! map_enum_names {
    ($($name:ident),+) => {
        $(
            #[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
            #[serde(transparent)]
            #[allow(missing_docs, reason = "the schema says it")]
            pub(crate) struct $name(pub String);

            impl cynic::Enum for $name {
                type SchemaType = schema::$name;
            }
            cynic::impl_coercions!($name, schema::$name);
            impl schema::variable::Variable for $name {
                const TYPE: cynic::variables::VariableType =
                    cynic::variables::VariableType::Named(stringify!($name));
            }
        )+
    };
}
map_enum_names!(Scope, UserRole);

/// A count of the API; counts are never negative.
pub(crate) fn whole(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// The number of an event, read from the API.
pub(crate) fn seq(number: i32) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// The number of an event, sent to the API.
pub(crate) fn seq_out(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_parsed_in_any_zone() {
        let ms = |text| Instant::parse(text).map(|Instant(ms)| ms);
        assert_eq!(ms("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(ms("2026-12-16T22:15:03.250Z"), Some(1_797_459_303_250.0));
        assert_eq!(ms("2026-12-16T22:15:03.250+00:00"), ms("2026-12-16T22:15:03.250Z"));
        assert_eq!(ms("2026-12-17T00:15:03.250+02:00"), ms("2026-12-16T22:15:03.250Z"));
        assert_eq!(ms("2026-12-16T17:45:03.25-04:30"), ms("2026-12-16T22:15:03.250Z"));
        for text in ["", "2026-12-16", "2026-12-16T22:15Z", "2026-12-16T22:15:03"] {
            assert_eq!(ms(text), None, "{text}");
        }
    }
}
