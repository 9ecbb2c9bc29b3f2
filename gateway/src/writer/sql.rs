//! The statements of the writer: locks, the inputs of a batch, and one statement per table that stores.

use std::sync::LazyLock;

use lodgate_entities::{
    allotment, idempotency_record, property_stock, reservation, reservation_draw, reservation_line, room_night,
    stock_event,
};
use sea_orm::{DbBackend, EntityName, EntityTrait, IdenStatic, Iterable};

use crate::journal::sql::Sql;
use crate::journal::sql::columns::Kind::{Big, Text};
use crate::journal::sql::columns::{Columns, columns, select};
use crate::journal::sql::dialect::{join, rows};

/// Locks those of the properties `[{p}]` that no other session holds, in the order of their ids, and reads the
/// database's time. Later statements read what the locks protect: the snapshot of a statement is older than the locks
/// that it waits for.
pub(super) static LOCK_FREE: LazyLock<Sql> = LazyLock::new(|| lock("SKIP LOCKED"));

/// Locks all of the properties `[{p}]`. It waits up to the session's `lock_timeout`.
pub(super) static LOCK: LazyLock<Sql> = LazyLock::new(|| lock(""));

fn lock(skip: &str) -> Sql {
    Sql::new(|backend| {
        let (columns, rows) = (select::<property_stock::Entity>("s"), rows(backend, 1, &[("p", Big)]));
        let (time, lock) = if backend == DbBackend::Postgres {
            ("clock_timestamp()", format!("FOR NO KEY UPDATE {skip}"))
        } else {
            // SQLite's write transaction is the lock. Its time is the node's, which the caller reads itself.
            ("NULL", String::new())
        };
        format!(
            "SELECT {columns}, {time} AS database_time FROM property_stock s \
             WHERE s.property_id IN (SELECT p FROM {rows}) ORDER BY s.property_id {lock}"
        )
    })
}

/// The reservations that use the references `[{p, tenant, reference}]` already.
pub(super) static REFERENCES: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (columns, join) = (select::<reservation::Entity>("r"), join(backend));
        let rows = rows(backend, 1, &[("p", Big), ("tenant", Big), ("reference", Text)]);
        format!(
            "SELECT {columns} FROM {rows} {join} reservations r \
             ON r.property_id = q.p AND r.tenant_id = q.tenant AND r.reference = q.reference"
        )
    })
});

/// Rooms under live holds of the properties `[{p}]`, by contract.
pub(super) static HELD_ROOMS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big)]);
        format!(
            "SELECT r.property_id, r.contract_id, count(*) AS rooms FROM {rows} {join} reservations r ON r.property_id = q.p \
             {join} reservation_lines l ON l.property_id = r.property_id AND l.reservation_id = r.id AND l.status = 'HELD' \
             WHERE r.status = 'HELD' GROUP BY r.property_id, r.contract_id"
        )
    })
});

/// The records of the idempotency keys `[{p, tenant, k}]`.
pub(super) static RECORDS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (columns, join) = (select::<idempotency_record::Entity>("i"), join(backend));
        let rows = rows(backend, 1, &[("p", Big), ("tenant", Big), ("k", Text)]);
        format!(
            "SELECT {columns} FROM {rows} {join} idempotency_records i \
             ON i.property_id = q.p AND i.tenant_id = q.tenant AND i.idempotency_key = q.k"
        )
    })
});

/// Whether the batch `$2` committed an event at property `$1`.
pub(super) static BATCH: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|_| "SELECT 1 FROM stock_events WHERE property_id = $1 AND batch_id = $2 LIMIT 1".to_owned())
});

/// Properties with holds that are due at `$1`, at most 1,000.
pub(super) static DUE: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|_| {
        "SELECT DISTINCT property_id FROM reservations WHERE status = 'HELD' AND expires_at <= $1 LIMIT 1000".to_owned()
    })
});

/// Deletes the idempotency keys from before `$1`.
pub(super) static DELETE_RECORDS: LazyLock<Sql> =
    LazyLock::new(|| Sql::new(|_| "DELETE FROM idempotency_records WHERE created_at < $1".to_owned()));

/// No command sets these; a statement that stored them would overwrite them with null.
const UNSET_ALLOTMENT: [allotment::Column; 2] = [allotment::Column::ReleaseDays, allotment::Column::ReleaseTime];
const UNSET_RESERVATION: [reservation::Column; 2] =
    [reservation::Column::SupplierReference, reservation::Column::HeldSince];

pub(super) static STORE_ALLOTMENTS: LazyLock<Sql> = LazyLock::new(|| upsert::<allotment::Entity>(&UNSET_ALLOTMENT));

pub(super) static STORE_ROOM_NIGHTS: LazyLock<Sql> = LazyLock::new(|| upsert::<room_night::Entity>(&[]));

pub(super) static STORE_RESERVATIONS: LazyLock<Sql> =
    LazyLock::new(|| upsert::<reservation::Entity>(&UNSET_RESERVATION));

pub(super) static STORE_LINES: LazyLock<Sql> = LazyLock::new(|| upsert::<reservation_line::Entity>(&[]));

pub(super) static STORE_DRAWS: LazyLock<Sql> = LazyLock::new(insert::<reservation_draw::Entity>);

pub(super) static STORE_EVENTS: LazyLock<Sql> = LazyLock::new(insert::<stock_event::Entity>);

pub(super) static STORE_RECORDS: LazyLock<Sql> = LazyLock::new(insert::<idempotency_record::Entity>);

/// Moves properties to their latest event. Without a `structure_seq` they keep theirs.
pub(super) static STORE_HEADS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let columns = columns::<property_stock::Entity>();
        let rows = rows(backend, 1, &columns);
        let sets = replaced::<property_stock::Entity>(&columns).map(|name| match name {
            "structure_seq" => format!("{name} = COALESCE(q.{name}, property_stock.{name})"),
            _ => format!("{name} = q.{name}"),
        });
        let sets: Vec<String> = sets.collect();
        let sets = sets.join(", ");
        format!("UPDATE property_stock SET {sets} FROM {rows} WHERE property_stock.property_id = q.property_id")
    })
});

/// Inserts the rows of a table.
fn insert<E: EntityTrait>() -> Sql {
    let columns = columns::<E>();
    Sql::new(|backend| insert_text::<E>(backend, &columns))
}

/// Inserts the rows of a table, without the columns `unset`; in rows that exist it replaces every other column.
fn upsert<E: EntityTrait>(unset: &[E::Column]) -> Sql {
    let mut columns = columns::<E>();
    columns.retain(|(name, _)| unset.iter().all(|column| column.as_str() != *name));
    Sql::new(|backend| {
        let keys: Vec<&str> = E::PrimaryKey::iter().map(|key| key.as_str()).collect();
        let sets: Vec<String> = replaced::<E>(&columns).map(|name| format!("{name} = excluded.{name}")).collect();
        let insert = insert_text::<E>(backend, &columns);
        format!("{insert} ON CONFLICT ({}) DO UPDATE SET {}", keys.join(", "), sets.join(", "))
    })
}

fn insert_text<E: EntityTrait>(backend: DbBackend, columns: &Columns) -> String {
    let table = EntityName::table_name(&E::default());
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let (names, rows) = (names.join(", "), rows(backend, 1, columns));
    // SQLite needs the WHERE to tell an ON CONFLICT after it from a join.
    format!("INSERT INTO {table} ({names}) SELECT {names} FROM {rows} WHERE true")
}

/// The columns outside the primary key.
fn replaced<E: EntityTrait>(columns: &Columns) -> impl Iterator<Item = &'static str> {
    let keys: Vec<&str> = E::PrimaryKey::iter().map(|key| key.as_str()).collect();
    columns.iter().map(|(name, _)| *name).filter(move |name| !keys.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every column is named, read from the parameter and, outside the key, replaced where the row exists.
    fn assert_stores<E: EntityTrait>(statement: &Sql, unset: &[E::Column]) {
        for backend in [DbBackend::Postgres, DbBackend::Sqlite] {
            let text = statement.text(backend);
            let (insert, source) = text.split_once(" FROM ").unwrap();
            let (_, sets) = text.split_once("DO UPDATE SET ").unwrap_or(("", ""));
            let keys: Vec<&str> = E::PrimaryKey::iter().map(|key| key.as_str()).collect();
            for column in E::Column::iter().map(|column| column.as_str()) {
                let is_unset = unset.iter().any(|unset| unset.as_str() == column);
                let has =
                    |part: &str| part.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == column);
                assert_eq!(
                    insert.split_once(") SELECT ").is_some_and(|(into, from)| has(into) && has(from)),
                    !is_unset,
                    "{column}: {text}"
                );
                assert_eq!(has(source), !is_unset, "{column}: {text}");
                if !sets.is_empty() {
                    assert_eq!(has(sets), !is_unset && !keys.contains(&column), "{column}: {text}");
                }
            }
        }
    }

    #[test]
    fn every_column_of_a_table_is_stored() {
        assert_stores::<allotment::Entity>(&STORE_ALLOTMENTS, &UNSET_ALLOTMENT);
        assert_stores::<room_night::Entity>(&STORE_ROOM_NIGHTS, &[]);
        assert_stores::<reservation::Entity>(&STORE_RESERVATIONS, &UNSET_RESERVATION);
        assert_stores::<reservation_line::Entity>(&STORE_LINES, &[]);
        assert_stores::<reservation_draw::Entity>(&STORE_DRAWS, &[]);
        assert_stores::<stock_event::Entity>(&STORE_EVENTS, &[]);
        assert_stores::<idempotency_record::Entity>(&STORE_RECORDS, &[]);
        for (name, _) in columns::<property_stock::Entity>() {
            let text = STORE_HEADS.text(DbBackend::Postgres);
            assert!(text.contains(&format!("q.{name}")), "{name}: {text}");
        }
    }
}
