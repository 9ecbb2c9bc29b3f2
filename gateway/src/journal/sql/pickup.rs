//! Statements that aggregate the journal.

use std::sync::LazyLock;

use sea_orm::DbBackend;

use super::Sql;

/// Room nights sold and given back at property `$1` since `$3`, by full hours before `$2`.
pub(crate) static PICKUP: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let (hours, cells, before, after) = if backend == DbBackend::Postgres {
            (
                "CAST(floor(extract(epoch FROM ($2 - e.committed_at)) / 3600) AS bigint)",
                "jsonb_array_elements(e.cells) AS c(value)",
                "CAST(c.value->'f'->'sold'->>0 AS bigint)",
                "CAST(c.value->'f'->'sold'->>1 AS bigint)",
            )
        } else {
            (
                "CAST((julianday($2) - julianday(e.committed_at)) * 24 AS integer)",
                "json_each(e.cells) AS c",
                "json_extract(c.value, '$.f.sold[0]')",
                "json_extract(c.value, '$.f.sold[1]')",
            )
        };
        // The filter by cause comes first: most events of a supplier contain no sale.
        format!(
            "SELECT d.hours_ago, CAST(sum(CASE WHEN d.rooms > 0 THEN d.rooms ELSE 0 END) AS bigint) AS sold, \
             CAST(sum(CASE WHEN d.rooms < 0 THEN -d.rooms ELSE 0 END) AS bigint) AS cancelled \
             FROM (SELECT {hours} AS hours_ago, {after} - {before} AS rooms FROM stock_events e CROSS JOIN {cells} \
             WHERE e.property_id = $1 AND e.committed_at > $3 AND e.cause IN ('BOOK', 'CONFIRM', 'CANCEL')) d \
             WHERE d.rooms <> 0 GROUP BY d.hours_ago"
        )
    })
});
