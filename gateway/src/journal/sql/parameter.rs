//! Rows as one JSON parameter of a statement.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{ActiveModelTrait, ActiveValue, DbErr, EntityTrait, IdenStatic, Iterable, Value};
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// The rows as text.
pub(crate) fn parameter(rows: &impl Serialize) -> Result<Value, DbErr> {
    serde_json::to_string(rows).map(Into::into).map_err(|error| DbErr::Json(error.to_string()))
}

/// A row of a table by the names of its columns, each value in the form of its [`super::columns::Kind`]. Nulls and
/// columns that are not set are left out: a statement reads both as null.
pub(crate) fn json_row<A: ActiveModelTrait>(mut row: A) -> Json {
    let mut fields = Map::new();
    for column in <A::Entity as EntityTrait>::Column::iter() {
        // `take` moves the value: the cells of a bulk event are not copied.
        if let ActiveValue::Set(value) | ActiveValue::Unchanged(value) = row.take(column)
            && let Some(value) = json_value(value)
        {
            fields.insert(column.as_str().to_owned(), value);
        }
    }
    Json::Object(fields)
}

fn json_value(value: Value) -> Option<Json> {
    match value {
        Value::Bool(value) => value.map(Json::from),
        Value::Int(value) => value.map(Json::from),
        Value::BigInt(value) => value.map(Json::from),
        Value::String(value) => value.map(Json::from),
        Value::ChronoDate(value) => value.map(|date| Json::from(date.to_string())),
        Value::ChronoDateTimeUtc(value) => value.map(|at| Json::from(instant(at))),
        Value::Uuid(value) => value.map(|id| Json::from(id.simple().to_string())),
        Value::Bytes(value) => value.map(|bytes| Json::from(hexadecimal(&bytes))),
        Value::Json(value) => value.map(|json| *json),
        other => unreachable!("no column has a value of this kind: {other:?}"),
    }
}

/// Text of the form that the ORM stores in SQLite, so that instants written either way compare.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::from("\\x"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
