//! The columns of a table, as its entity declares them.

use sea_orm::sea_query::ColumnType;
use sea_orm::{ColumnTrait, DbBackend, EntityTrait, IdenStatic, Iterable};

/// Encoding of a column in a JSON parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number of up to 64 bits.
    Big,
    /// A number of up to 32 bits.
    Int,
    /// `true` or `false`.
    Flag,
    /// A string.
    Text,
    /// `YYYY-MM-DD`.
    Date,
    /// RFC 3339.
    Instant,
    /// 32 hexadecimal digits.
    Uuid,
    /// `\x` and hexadecimal digits.
    Bytes,
    /// Any JSON, stored as it is.
    Json,
}

/// Names and kinds.
pub(crate) type Columns = [(&'static str, Kind)];

impl Kind {
    /// The kind of a column of an entity.
    fn of(column: &impl ColumnTrait) -> Self {
        match column.def().get_column_type() {
            ColumnType::BigInteger => Self::Big,
            ColumnType::Integer => Self::Int,
            ColumnType::Boolean => Self::Flag,
            ColumnType::Text => Self::Text,
            ColumnType::Date => Self::Date,
            ColumnType::TimestampWithTimeZone => Self::Instant,
            ColumnType::Uuid => Self::Uuid,
            ColumnType::VarBinary(_) => Self::Bytes,
            ColumnType::JsonBinary => Self::Json,
            other => unreachable!("column {} has a type that no statement uses: {other:?}", column.as_str()),
        }
    }

    /// The type in PostgreSQL.
    pub(crate) fn postgres(self) -> &'static str {
        match self {
            Self::Big => "bigint",
            Self::Int => "integer",
            Self::Flag => "boolean",
            Self::Text => "text",
            Self::Date => "date",
            Self::Instant => "timestamptz",
            Self::Uuid => "uuid",
            Self::Bytes => "bytea",
            Self::Json => "jsonb",
        }
    }

    /// The value under `name` in a row of a JSON parameter in SQLite.
    pub(crate) fn sqlite(self, name: &str) -> String {
        let value = format!("json_extract(value, '$.{name}')");
        match self {
            Self::Uuid => format!("unhex({value})"),
            Self::Bytes => format!("unhex(substr({value}, 3))"),
            _ => value,
        }
    }

    /// A null of this kind. PostgreSQL would take a bare one of a `UNION` for text.
    pub(crate) fn null(self, backend: DbBackend) -> String {
        if backend == DbBackend::Postgres { format!("CAST(NULL AS {})", self.postgres()) } else { "NULL".to_owned() }
    }
}

/// The columns of a table in the order of its entity.
pub(crate) fn columns<E: EntityTrait>() -> Vec<(&'static str, Kind)> {
    E::Column::iter().map(|column| (column.as_str(), Kind::of(&column))).collect()
}

/// The columns of a table that is read under an alias, as a `SELECT` lists them.
pub(crate) fn select<E: EntityTrait>(alias: &str) -> String {
    let list: Vec<String> = E::Column::iter().map(|column| format!("{alias}.{}", column.as_str())).collect();
    list.join(", ")
}
