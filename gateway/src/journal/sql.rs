//! The statements that read, both dialects from one text, with the columns of the entities.
//!
//! Each takes its rows as one JSON parameter, so that its text is the same for any number of rows and no limit on the
//! number of parameters applies. PostgreSQL unpacks it with `jsonb_to_recordset`, SQLite with `json_each`.

pub(crate) mod columns;
pub(crate) mod dialect;
pub(crate) mod history;
pub(crate) mod parameter;
pub(crate) mod pickup;

use std::sync::LazyLock;

use lodgate_entities::{
    allotment, property_stock, reservation, reservation_draw, reservation_line, room_night, room_type, stock_event,
};
use sea_orm::{DbBackend, EntityTrait, IdenStatic, Iterable};

use self::columns::Kind::{Big, Date, Uuid};
use self::columns::{columns, select};
use self::dialect::{join, rows};

pub(crate) use self::dialect::Sql;

/// Every cell of the ranges `[{p, r, f, t}]` (closed) and the heads of their properties, in one snapshot.
///
/// The rows of three tables are one union with the columns of all three; `contract_id` tells them apart.
pub(crate) static NIGHTS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let ranges = rows(backend, 1, &[("p", Big), ("r", Big), ("f", Date), ("t", Date)]);
        let allotments = night_columns::<allotment::Entity>(backend, "a", None);
        let room_nights = night_columns::<room_night::Entity>(backend, "n", Some(ROOM_NIGHT_POOL));
        let heads = night_columns::<property_stock::Entity>(backend, "s", Some(HEAD_POOL));
        format!(
            "WITH q AS (SELECT p, r, f, t FROM {ranges}) \
             SELECT {allotments} \
             FROM q {join} allotments a ON a.property_id = q.p AND a.room_type_id = q.r AND a.stay_date BETWEEN q.f AND q.t \
             UNION ALL \
             SELECT {room_nights} \
             FROM q {join} room_nights n ON n.property_id = q.p AND n.room_type_id = q.r AND n.stay_date BETWEEN q.f AND q.t \
             UNION ALL \
             SELECT {heads} FROM property_stock s WHERE s.property_id IN (SELECT p FROM q)"
        )
    })
});

/// `contract_id` of a row of [`NIGHTS`] that is a room night.
pub(crate) const ROOM_NIGHT_POOL: i64 = -1;
/// `contract_id` of a row of [`NIGHTS`] that is the head of a property.
pub(crate) const HEAD_POOL: i64 = -2;

/// One table's part of the union: its own columns, and nulls for those of the other tables.
fn night_columns<E: EntityTrait>(backend: DbBackend, alias: &str, pool: Option<i64>) -> String {
    let own = columns::<E>();
    let mut all = columns::<allotment::Entity>();
    for column in columns::<room_night::Entity>().into_iter().chain(columns::<property_stock::Entity>()) {
        if !all.contains(&column) {
            all.push(column);
        }
    }
    let list = all.iter().map(|(name, kind)| match pool {
        _ if own.iter().any(|(column, _)| column == name) => format!("{alias}.{name}"),
        Some(pool) if *name == allotment::Column::ContractId.as_str() => format!("{pool} AS {name}"),
        _ => format!("{} AS {name}", kind.null(backend)),
    });
    list.collect::<Vec<_>>().join(", ")
}

/// The holds of the properties `[{p}]` that are due at `$2`, and the reservations `[{p, id}]` of `$3`.
pub(crate) static RESERVATIONS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let due = rows(backend, 1, &[("p", Big)]);
        let named = rows(backend, 3, &[("p", Big), ("id", Uuid)]);
        let columns = select::<reservation::Entity>("r");
        // Due holds are taken in portions, so that a long outage does not make one endless transaction.
        format!(
            "SELECT * FROM (SELECT {columns} FROM {due} {join} reservations r ON r.property_id = q.p \
             WHERE r.status = 'HELD' AND r.expires_at <= $2 ORDER BY r.expires_at LIMIT 500) d \
             UNION SELECT {columns} FROM {named} {join} reservations r ON r.property_id = q.p AND r.id = q.id"
        )
    })
});

/// The lines of the reservations `[{p, id}]`, in order.
pub(crate) static LINES: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (columns, join) = (select::<reservation_line::Entity>("l"), join(backend));
        let rows = rows(backend, 1, &[("p", Big), ("id", Uuid)]);
        format!(
            "SELECT {columns} FROM {rows} {join} reservation_lines l ON l.property_id = q.p AND l.reservation_id = q.id \
             ORDER BY l.property_id, l.reservation_id, l.line"
        )
    })
});

/// The draws of the reservations `[{p, id}]`, in order.
pub(crate) static DRAWS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (columns, join) = (select::<reservation_draw::Entity>("d"), join(backend));
        let rows = rows(backend, 1, &[("p", Big), ("id", Uuid)]);
        format!(
            "SELECT {columns} FROM {rows} {join} reservation_draws d ON d.property_id = q.p AND d.reservation_id = q.id \
             ORDER BY d.property_id, d.reservation_id, d.line, d.stay_date"
        )
    })
});

/// Prefix of a room type's columns in [`PROPERTIES`].
pub(crate) const ROOM_TYPE: &str = "room_type_";

/// The properties `[{p}]` and their heads, one row per room type; a property with no room type has a row without one.
pub(crate) static PROPERTIES: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let columns: Vec<String> = room_type::Column::iter()
            .map(|column| column.as_str())
            .map(|column| format!("r.{column} AS {ROOM_TYPE}{column}"))
            .collect();
        let (columns, rows) = (columns.join(", "), rows(backend, 1, &[("p", Big)]));
        format!(
            "SELECT p.*, s.stock_seq, s.tag, {columns} FROM properties p \
             JOIN property_stock s ON s.property_id = p.id LEFT JOIN room_types r ON r.property_id = p.id \
             WHERE p.id IN (SELECT q.p FROM {rows})"
        )
    })
});

/// The events of the change sets `[{p, id}]`, ascending.
pub(crate) static CHANGE_SETS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (columns, join) = (select::<stock_event::Entity>("e"), join(backend));
        let rows = rows(backend, 1, &[("p", Big), ("id", Uuid)]);
        format!(
            "SELECT {columns} FROM {rows} {join} stock_events e ON e.property_id = q.p AND e.change_set_id = q.id \
             ORDER BY e.property_id, e.seq"
        )
    })
});

/// The events of the properties `[{p, a}]` after seq `a`, ascending, at most `$2`.
pub(crate) static EVENTS_AFTER: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (columns, join) = (select::<stock_event::Entity>("e"), join(backend));
        let rows = rows(backend, 1, &[("p", Big), ("a", Big)]);
        format!(
            "SELECT {columns} FROM {rows} {join} stock_events e ON e.property_id = q.p AND e.seq > q.a \
             ORDER BY e.property_id, e.seq LIMIT $2"
        )
    })
});

/// The events `[{p, a}]` with exactly these seqs.
pub(crate) static EVENTS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (columns, join) = (select::<stock_event::Entity>("e"), join(backend));
        let rows = rows(backend, 1, &[("p", Big), ("a", Big)]);
        format!("SELECT {columns} FROM {rows} {join} stock_events e ON e.property_id = q.p AND e.seq = q.a")
    })
});

/// The heads of the properties `[{p}]`.
pub(crate) static HEADS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (columns, join) = (select::<property_stock::Entity>("s"), join(backend));
        let rows = rows(backend, 1, &[("p", Big)]);
        format!("SELECT {columns} FROM {rows} {join} property_stock s ON s.property_id = q.p")
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    /// A row without one of the nullable columns is read as null, and no error shows it.
    fn assert_reads<E: EntityTrait>(statement: &Sql) {
        for backend in [DbBackend::Postgres, DbBackend::Sqlite] {
            let text = statement.text(backend);
            for column in E::Column::iter().map(|column| column.as_str()) {
                let is_read = ["a", "d", "e", "l", "n", "r", "s"].iter().any(|alias| {
                    let name = format!("{alias}.{column}");
                    text.match_indices(&name)
                        .any(|(at, _)| !text[at + name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
                });
                assert!(is_read, "{column} is missing: {text}");
            }
        }
    }

    #[test]
    fn every_column_of_a_table_is_read() {
        assert_reads::<allotment::Entity>(&NIGHTS);
        assert_reads::<room_night::Entity>(&NIGHTS);
        assert_reads::<property_stock::Entity>(&NIGHTS);
        assert_reads::<property_stock::Entity>(&HEADS);
        assert_reads::<reservation::Entity>(&RESERVATIONS);
        assert_reads::<reservation_line::Entity>(&LINES);
        assert_reads::<reservation_draw::Entity>(&DRAWS);
        assert_reads::<room_type::Entity>(&PROPERTIES);
        for statement in [&CHANGE_SETS, &EVENTS_AFTER, &EVENTS, &history::BEFORE, &history::BEFORE_OF_NIGHT] {
            assert_reads::<stock_event::Entity>(statement);
        }
    }
}
