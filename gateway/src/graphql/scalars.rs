//! Scalars of the schema, and the opaque ids.

use async_graphql::{ID, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{Datelike, NaiveDate};
use lodgate_entities::ids::{ApiClientId, ContractId, PropertyId, RoomTypeId, TenantId, UserId};
use uuid::Uuid;

/// A hotel-local calendar date, `YYYY-MM-DD`: the night that begins that evening, or the morning of departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub NaiveDate);

#[Scalar(name = "Date", specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html")]
/// A hotel-local calendar date, `YYYY-MM-DD` (ISO 8601): the night that begins that evening, or the morning of
/// departure.
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            // Ten characters bound the year to 9999. Year 0 parses, but PostgreSQL has no such year.
            Value::String(text) if text.len() == 10 => text
                .parse()
                .ok()
                .filter(|date: &NaiveDate| date.year() >= 1)
                .map(Self)
                .ok_or_else(|| InputValueError::custom(format!("\"{text}\" is not a date of the calendar"))),
            Value::String(text) => Err(InputValueError::custom(format!("\"{text}\" is not a date: write YYYY-MM-DD"))),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// The position of a reader; opaque, made by the gateway, valid for the tenant that received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorText(pub String);

#[Scalar(name = "Cursor")]
/// The position of a reader. Opaque: made by the gateway, valid on every node for the tenant that received it.
impl ScalarType for CursorText {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) if text.len() <= 16_384 => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// An opaque id, decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeId {
    /// A tenant.
    Tenant(TenantId),
    /// A user.
    User(UserId),
    /// An API client.
    ApiClient(ApiClientId),
    /// A property.
    Property(PropertyId),
    /// A room type of a property.
    RoomType(PropertyId, RoomTypeId),
    /// A contract at a property.
    Contract(PropertyId, ContractId),
    /// A reservation at a property.
    Reservation(PropertyId, Uuid),
}

impl NodeId {
    /// The opaque text.
    pub fn encode(self) -> ID {
        let text = match self {
            Self::Tenant(id) => format!("T{id}"),
            Self::User(id) => format!("U{id}"),
            Self::ApiClient(id) => format!("A{id}"),
            Self::Property(id) => format!("P{id}"),
            Self::RoomType(property, id) => format!("R{property}.{id}"),
            Self::Contract(property, id) => format!("C{property}.{id}"),
            Self::Reservation(property, id) => format!("V{property}.{}", id.simple()),
        };
        URL_SAFE_NO_PAD.encode(text).into()
    }

    /// The reverse of [`NodeId::encode`]; `None` for a text that is not an id. A decoded id is not a permission: the caller
    /// may not be allowed to see the object.
    pub fn decode(id: &ID) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(id.as_bytes()).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let (kind, rest) = text.split_at_checked(1)?;
        let (first, second) = rest.split_once('.').map_or((rest, None), |(first, second)| (first, Some(second)));
        let number: i64 = first.parse().ok().filter(|number| *number > 0)?;
        let local = || second.and_then(|text| text.parse::<i64>().ok()).filter(|number| *number > 0);
        Some(match (kind, second) {
            ("T", None) => Self::Tenant(TenantId(number)),
            ("U", None) => Self::User(UserId(number)),
            ("A", None) => Self::ApiClient(ApiClientId(number)),
            ("P", None) => Self::Property(PropertyId(number)),
            ("R", Some(_)) => Self::RoomType(PropertyId(number), RoomTypeId(local()?)),
            ("C", Some(_)) => Self::Contract(PropertyId(number), ContractId(local()?)),
            ("V", Some(text)) => Self::Reservation(PropertyId(number), Uuid::parse_str(text).ok()?),
            _ => return None,
        })
    }
}

/// The property id, if the text is one.
pub fn property_id(id: &ID) -> Option<PropertyId> {
    match NodeId::decode(id)? {
        NodeId::Property(id) => Some(id),
        _ => None,
    }
}

/// Stands for an id of another kind or another property. The rules refuse it like any unknown id.
const UNKNOWN: i64 = -1;

/// The room type id at this property, or [`UNKNOWN`].
pub fn room_type_id(property: PropertyId, id: &ID) -> RoomTypeId {
    match NodeId::decode(id) {
        Some(NodeId::RoomType(of, room_type)) if of == property => room_type,
        _ => RoomTypeId(UNKNOWN),
    }
}

/// The contract id at this property, or [`UNKNOWN`].
pub fn contract_id(property: PropertyId, id: &ID) -> ContractId {
    match NodeId::decode(id) {
        Some(NodeId::Contract(of, contract)) if of == property => contract,
        _ => ContractId(UNKNOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_of_the_years_1_to_9999() {
        let parse = |text: &str| Date::parse(Value::from(text)).map(|date| date.0.to_string()).ok();
        for date in ["0001-01-01", "2030-02-28", "9999-12-31"] {
            assert_eq!(parse(date).as_deref(), Some(date));
        }
        for text in ["0000-01-01", "0000-12-31", "2030-02-30", "10000-01-01", "-001-01-01", "2030-1-1", ""] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn ids_round_trip_and_invalid_texts_are_refused() {
        let ids = [
            NodeId::Tenant(TenantId(1)),
            NodeId::Property(PropertyId(2)),
            NodeId::RoomType(PropertyId(2), RoomTypeId(3)),
            NodeId::Contract(PropertyId(2), ContractId(4)),
            NodeId::Reservation(PropertyId(2), Uuid::from_u128(5)),
        ];
        for id in ids {
            assert_eq!(NodeId::decode(&id.encode()), Some(id));
        }
        for text in ["", "x", "UA", "UjEuMC4w", "!!!!", "UDA", "UC0x"] {
            assert_eq!(NodeId::decode(&text.into()), None, "{text}");
        }
    }
}
