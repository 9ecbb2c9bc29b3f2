//! The set-based statements, both dialects from one text.
//!
//! Each takes its rows as one JSON parameter, so that the text never varies with the number of rows and no limit on
//! parameters is met. Postgres unpacks it with `jsonb_to_recordset`, SQLite with `json_each`.

pub(crate) mod history;
pub(crate) mod pickup;

use std::sync::LazyLock;

use lodgate_entities::room_type;
use sea_orm::{DbBackend, Iden, Iterable, Statement, Value};

/// How a column travels in the JSON parameter.
#[derive(Clone, Copy)]
enum Kind {
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
    /// RFC 3339, to the millisecond.
    Instant,
    /// 32 hexadecimal digits.
    Uuid,
    /// `\x` and hexadecimal digits.
    Bytes,
    /// Anything, stored as it is.
    Json,
}

use Kind::{Big, Bytes, Date, Flag, Instant, Int, Json, Text, Uuid};

impl Kind {
    fn postgres(self) -> &'static str {
        match self {
            Big => "bigint",
            Int => "integer",
            Flag => "boolean",
            Text => "text",
            Date => "date",
            Instant => "timestamptz",
            Uuid => "uuid",
            Bytes => "bytea",
            Json => "jsonb",
        }
    }

    fn sqlite(self, name: &str) -> String {
        let value = format!("json_extract(value, '$.{name}')");
        match self {
            Uuid => format!("unhex({value})"),
            Bytes => format!("unhex(substr({value}, 3))"),
            _ => value,
        }
    }
}

type Columns = &'static [(&'static str, Kind)];

/// Both texts of one statement.
pub(crate) struct Sql {
    postgres: String,
    sqlite: String,
}

impl Sql {
    fn new(text: impl Fn(DbBackend) -> String) -> Self {
        Self { postgres: text(DbBackend::Postgres), sqlite: text(DbBackend::Sqlite) }
    }

    /// The statement with its parameters, of which JSON ones are text.
    pub(crate) fn with(&self, backend: DbBackend, values: impl IntoIterator<Item = Value>) -> Statement {
        let text = if backend == DbBackend::Postgres { &self.postgres } else { &self.sqlite };
        Statement::from_sql_and_values(backend, text, values)
    }
}

/// The rows of JSON parameter `number` as a table named `q` with these columns.
fn rows(backend: DbBackend, number: usize, columns: Columns) -> String {
    if backend == DbBackend::Postgres {
        let list: Vec<String> = columns.iter().map(|(name, kind)| format!("{name} {}", kind.postgres())).collect();
        format!("jsonb_to_recordset(${number}::jsonb) AS q({})", list.join(", "))
    } else {
        let list: Vec<String> = columns.iter().map(|(name, kind)| format!("{} AS {name}", kind.sqlite(name))).collect();
        format!("(SELECT {} FROM json_each(${number})) AS q", list.join(", "))
    }
}

/// Joins a table to the rows before it, which come first: left to itself SQLite may walk the whole table instead.
fn join(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres { "JOIN" } else { "CROSS JOIN" }
}

fn names(columns: Columns) -> String {
    columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Inserts the rows; of rows that exist by `keys` every other column is replaced.
fn upsert(table: &str, columns: Columns, keys: &[&str]) -> Sql {
    Sql::new(|backend| {
        let (names, rows) = (names(columns), rows(backend, 1, columns));
        let sets: Vec<String> = columns
            .iter()
            .filter(|(name, _)| !keys.contains(name))
            .map(|(name, _)| format!("{name} = excluded.{name}"))
            .collect();
        // SQLite needs the WHERE to tell ON CONFLICT from a join.
        format!(
            "INSERT INTO {table} ({names}) SELECT {names} FROM {rows} WHERE true ON CONFLICT ({}) DO UPDATE SET {}",
            keys.join(", "),
            sets.join(", ")
        )
    })
}

fn insert(table: &str, columns: Columns) -> Sql {
    Sql::new(|backend| {
        let (names, rows) = (names(columns), rows(backend, 1, columns));
        format!("INSERT INTO {table} ({names}) SELECT {names} FROM {rows} WHERE true")
    })
}

const RULES: &str = "stop_sell, closed_to_arrival, closed_to_departure, min_stay_arrival, max_stay_arrival, \
    min_stay_through, max_stay_through, min_advance_days, max_advance_days";

pub(crate) const RESERVATION: &str = "r.property_id, r.id, r.tenant_id, r.contract_id, r.locator, r.reference, \
    r.guest_name, r.status, r.expires_at, r.created_at, r.revision";

pub(crate) const EVENT: &str = "e.property_id, e.seq, e.tag, e.committed_at, e.actor_tenant_id, e.actor, e.cause, e.reason, \
    e.reference, e.change_set_id, e.reservation_id, e.reservation_revision, e.cells, e.structure";

/// Locks what nobody else holds of the properties `[{p}]`, in the order of their ids, and reads the database's time.
/// Lock first, read in later statements: a statement's snapshot is older than the locks it waits for.
pub(crate) static LOCK_FREE: LazyLock<Sql> = LazyLock::new(|| lock("SKIP LOCKED"));

/// Locks all properties `[{p}]`, waiting up to the session's `lock_timeout`.
pub(crate) static LOCK: LazyLock<Sql> = LazyLock::new(|| lock(""));

fn lock(skip: &str) -> Sql {
    Sql::new(|backend| {
        let rows = rows(backend, 1, &[("p", Big)]);
        let (time, lock) = if backend == DbBackend::Postgres {
            ("clock_timestamp()", format!("FOR NO KEY UPDATE {skip}"))
        } else {
            // SQLite's write transaction is the lock; its time is this machine's, which the caller reads itself.
            ("NULL", String::new())
        };
        format!(
            "SELECT property_id, stock_seq, tag, last_event_at, structure_seq, {time} AS database_time FROM property_stock \
             WHERE property_id IN (SELECT p FROM {rows}) ORDER BY property_id {lock}"
        )
    })
}

/// Every cell of the ranges `[{p, r, f, t}]` (closed) and the seq and tag of their properties, in one snapshot.
///
/// `pool`: -2 the property itself, -1 the room night (its sell limit in `allotted`), 0 the shared pool, else a contract.
pub(crate) static NIGHTS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let ranges = rows(backend, 1, &[("p", Big), ("r", Big), ("f", Date), ("t", Date)]);
        format!(
            "WITH q AS (SELECT p, r, f, t FROM {ranges}) \
             SELECT a.property_id, a.room_type_id, a.contract_id AS pool, a.stay_date, CAST(NULL AS bigint) AS stock_seq, \
             NULL AS tag, a.allotted, a.held, a.sold, a.released, a.released_in, a.guaranteed, a.pool_held, a.pool_sold, {RULES} \
             FROM q {join} allotments a ON a.property_id = q.p AND a.room_type_id = q.r AND a.stay_date BETWEEN q.f AND q.t \
             UNION ALL \
             SELECT n.property_id, n.room_type_id, -1, n.stay_date, NULL, NULL, n.sell_limit, 0, 0, 0, 0, 0, 0, 0, {RULES} \
             FROM q {join} room_nights n ON n.property_id = q.p AND n.room_type_id = q.r AND n.stay_date BETWEEN q.f AND q.t \
             UNION ALL \
             SELECT s.property_id, 0, -2, NULL, s.stock_seq, s.tag, NULL, 0, 0, 0, 0, 0, 0, 0, \
             false, false, false, NULL, NULL, NULL, NULL, NULL, NULL \
             FROM property_stock s WHERE s.property_id IN (SELECT p FROM q)"
        )
        .replace("NULL AS tag", if backend == DbBackend::Postgres { "CAST(NULL AS bytea) AS tag" } else { "NULL AS tag" })
    })
});

/// The holds of the properties `[{p}]` that are due at `$2`, and the reservations `[{p, id}]` of `$3`.
pub(crate) static RESERVATIONS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let due = rows(backend, 1, &[("p", Big)]);
        let named = rows(backend, 3, &[("p", Big), ("id", Uuid)]);
        // Due holds are taken in portions, so that a long outage does not make one endless transaction.
        format!(
            "SELECT * FROM (SELECT {RESERVATION} FROM {due} {join} reservations r ON r.property_id = q.p \
             WHERE r.status = 'HELD' AND r.expires_at <= $2 ORDER BY r.expires_at LIMIT 500) d \
             UNION SELECT {RESERVATION} FROM {named} {join} reservations r ON r.property_id = q.p AND r.id = q.id"
        )
    })
});

/// The lines of the reservations `[{p, id}]`, in order.
pub(crate) static LINES: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big), ("id", Uuid)]);
        format!(
            "SELECT l.property_id, l.reservation_id, l.line, l.room_type_id, l.check_in, l.check_out, l.adults, l.child_ages, \
             l.status FROM {rows} {join} reservation_lines l ON l.property_id = q.p AND l.reservation_id = q.id \
             ORDER BY l.property_id, l.reservation_id, l.line"
        )
    })
});

/// The draws of the reservations `[{p, id}]`, in order.
pub(crate) static DRAWS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big), ("id", Uuid)]);
        format!(
            "SELECT d.property_id, d.reservation_id, d.line, d.stay_date, d.pool FROM {rows} {join} reservation_draws d ON d.property_id = q.p AND d.reservation_id = q.id \
             ORDER BY d.property_id, d.reservation_id, d.line, d.stay_date"
        )
    })
});

/// Prefix of a room type's columns in [`PROPERTIES`].
pub(crate) const ROOM_TYPE: &str = "room_type_";

/// The properties `[{p}]` and their heads, a row for each room type; one with no room type has a row without.
pub(crate) static PROPERTIES: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let columns: Vec<String> = room_type::Column::iter()
            .map(|column| column.to_string())
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

/// Which of the references `[{p, tenant, reference}]` are taken, and by what.
pub(crate) static REFERENCES: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big), ("tenant", Big), ("reference", Text)]);
        format!(
            "SELECT r.property_id, r.tenant_id, r.reference, r.id FROM {rows} {join} reservations r ON r.property_id = q.p AND r.tenant_id = q.tenant AND r.reference = q.reference"
        )
    })
});

/// Rooms under live holds of the properties `[{p}]`, by contract.
pub(crate) static HELD_ROOMS: LazyLock<Sql> = LazyLock::new(|| {
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

/// What is recorded under the keys `[{p, tenant, k}]`.
pub(crate) static RECORDS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big), ("tenant", Big), ("k", Text)]);
        format!(
            "SELECT i.property_id, i.tenant_id, i.idempotency_key, i.request_hash, i.outcome FROM {rows} {join} idempotency_records i ON i.property_id = q.p AND i.tenant_id = q.tenant AND i.idempotency_key = q.k"
        )
    })
});

/// The events of the change sets `[{p, id}]`, ascending.
pub(crate) static CHANGE_SETS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big), ("id", Uuid)]);
        format!(
            "SELECT {EVENT} FROM {rows} {join} stock_events e ON e.property_id = q.p AND e.change_set_id = q.id \
             ORDER BY e.property_id, e.seq"
        )
    })
});

/// The events of the properties `[{p, a}]` after seq `a`, ascending, at most `$2`.
pub(crate) static EVENTS_AFTER: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big), ("a", Big)]);
        format!(
            "SELECT {EVENT} FROM {rows} {join} stock_events e ON e.property_id = q.p AND e.seq > q.a \
             ORDER BY e.property_id, e.seq LIMIT $2"
        )
    })
});

/// The events `[{p, a}]` with exactly these seqs.
pub(crate) static EVENTS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big), ("a", Big)]);
        format!("SELECT {EVENT} FROM {rows} {join} stock_events e ON e.property_id = q.p AND e.seq = q.a")
    })
});

/// Seq and tag of the properties `[{p}]`.
pub(crate) static HEADS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let join = join(backend);
        let rows = rows(backend, 1, &[("p", Big)]);
        format!(
            "SELECT s.property_id, s.stock_seq, s.tag, s.structure_seq FROM {rows} {join} property_stock s ON s.property_id = q.p"
        )
    })
});

/// Whether the batch `$2` committed an event at property `$1`.
pub(crate) static BATCH: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|_| "SELECT 1 FROM stock_events WHERE property_id = $1 AND batch_id = $2 LIMIT 1".to_owned())
});

/// Properties with holds that are due at `$1`.
pub(crate) static DUE: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|_| {
        "SELECT DISTINCT property_id FROM reservations WHERE status = 'HELD' AND expires_at <= $1 LIMIT 1000".to_owned()
    })
});

/// Forgets the idempotency keys from before `$1`.
pub(crate) static FORGET_RECORDS: LazyLock<Sql> =
    LazyLock::new(|| Sql::new(|_| "DELETE FROM idempotency_records WHERE created_at < $1".to_owned()));

const ALLOTMENT: Columns = &[
    ("property_id", Big),
    ("room_type_id", Big),
    ("contract_id", Big),
    ("stay_date", Date),
    ("allotted", Int),
    ("held", Int),
    ("sold", Int),
    ("released", Int),
    ("released_in", Int),
    ("guaranteed", Int),
    ("pool_held", Int),
    ("pool_sold", Int),
    ("stop_sell", Flag),
    ("closed_to_arrival", Flag),
    ("closed_to_departure", Flag),
    ("min_stay_arrival", Int),
    ("max_stay_arrival", Int),
    ("min_stay_through", Int),
    ("max_stay_through", Int),
    ("min_advance_days", Int),
    ("max_advance_days", Int),
];

const ROOM_NIGHT: Columns = &[
    ("property_id", Big),
    ("room_type_id", Big),
    ("stay_date", Date),
    ("sell_limit", Int),
    ("stop_sell", Flag),
    ("closed_to_arrival", Flag),
    ("closed_to_departure", Flag),
    ("min_stay_arrival", Int),
    ("max_stay_arrival", Int),
    ("min_stay_through", Int),
    ("max_stay_through", Int),
    ("min_advance_days", Int),
    ("max_advance_days", Int),
];

pub(crate) static STORE_ALLOTMENTS: LazyLock<Sql> =
    LazyLock::new(|| upsert("allotments", ALLOTMENT, &["property_id", "room_type_id", "contract_id", "stay_date"]));

pub(crate) static STORE_ROOM_NIGHTS: LazyLock<Sql> =
    LazyLock::new(|| upsert("room_nights", ROOM_NIGHT, &["property_id", "room_type_id", "stay_date"]));

pub(crate) static STORE_RESERVATIONS: LazyLock<Sql> = LazyLock::new(|| {
    upsert(
        "reservations",
        &[
            ("property_id", Big),
            ("id", Uuid),
            ("tenant_id", Big),
            ("contract_id", Big),
            ("locator", Text),
            ("reference", Text),
            ("guest_name", Text),
            ("status", Text),
            ("expires_at", Instant),
            ("revision", Int),
            ("created_at", Instant),
            ("updated_at", Instant),
        ],
        &["property_id", "id"],
    )
});

pub(crate) static STORE_LINES: LazyLock<Sql> = LazyLock::new(|| {
    upsert(
        "reservation_lines",
        &[
            ("property_id", Big),
            ("reservation_id", Uuid),
            ("line", Int),
            ("room_type_id", Big),
            ("check_in", Date),
            ("check_out", Date),
            ("adults", Int),
            ("child_ages", Json),
            ("status", Text),
        ],
        &["property_id", "reservation_id", "line"],
    )
});

pub(crate) static STORE_DRAWS: LazyLock<Sql> = LazyLock::new(|| {
    insert(
        "reservation_draws",
        &[
            ("property_id", Big),
            ("reservation_id", Uuid),
            ("line", Int),
            ("stay_date", Date),
            ("room_type_id", Big),
            ("pool", Big),
            ("rooms", Int),
        ],
    )
});

pub(crate) static STORE_EVENTS: LazyLock<Sql> = LazyLock::new(|| {
    insert(
        "stock_events",
        &[
            ("property_id", Big),
            ("seq", Big),
            ("tag", Bytes),
            ("batch_id", Uuid),
            ("committed_at", Instant),
            ("actor_tenant_id", Big),
            ("actor", Text),
            ("cause", Text),
            ("reason", Text),
            ("reference", Text),
            ("change_set_id", Uuid),
            ("reservation_id", Uuid),
            ("reservation_revision", Int),
            ("room_type_ids", Json),
            ("first_date", Date),
            ("last_date", Date),
            ("cells", Json),
            ("structure", Json),
        ],
    )
});

pub(crate) static STORE_RECORDS: LazyLock<Sql> = LazyLock::new(|| {
    insert(
        "idempotency_records",
        &[
            ("property_id", Big),
            ("tenant_id", Big),
            ("idempotency_key", Text),
            ("request_hash", Bytes),
            ("outcome", Json),
            ("created_at", Instant),
        ],
    )
});

/// Moves the properties `[{p, seq, tag, at, structure_seq}]` to their latest event.
pub(crate) static STORE_HEADS: LazyLock<Sql> = LazyLock::new(|| {
    Sql::new(|backend| {
        let rows =
            rows(backend, 1, &[("p", Big), ("seq", Big), ("tag", Bytes), ("at", Instant), ("structure_seq", Big)]);
        format!(
            "UPDATE property_stock SET stock_seq = q.seq, tag = q.tag, last_event_at = q.at, \
             structure_seq = COALESCE(q.structure_seq, property_stock.structure_seq) \
             FROM {rows} WHERE property_stock.property_id = q.p"
        )
    })
});
