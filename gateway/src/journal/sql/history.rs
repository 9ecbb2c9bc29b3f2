//! Statements that read the journal backwards, newest event first.

use std::sync::LazyLock;

use lodgate_entities::stock_event;
use sea_orm::DbBackend;

use super::Sql;
use super::columns::select;

/// The events of property `$1` before seq `$2`, newest first, at most `$3`.
pub(crate) static BEFORE: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|_| {
        let columns = select::<stock_event::Entity>("e");
        format!(
            "SELECT {columns} FROM stock_events e WHERE e.property_id = $1 AND e.seq < $2 ORDER BY e.seq DESC LIMIT $3"
        )
    })
});

/// As [`BEFORE`], but only events whose bounds include night `$5` of room type `$4`. Bounds are wider than the touched
/// nights.
pub(crate) static BEFORE_OF_NIGHT: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let holds = if backend == DbBackend::Postgres {
            "e.room_type_ids @> to_jsonb(CAST($4 AS bigint))"
        } else {
            "$4 IN (SELECT value FROM json_each(e.room_type_ids))"
        };
        let columns = select::<stock_event::Entity>("e");
        format!(
            "SELECT {columns} FROM stock_events e WHERE e.property_id = $1 AND e.seq < $2 \
             AND e.first_date <= $5 AND e.last_date >= $5 AND {holds} ORDER BY e.seq DESC LIMIT $3"
        )
    })
});
