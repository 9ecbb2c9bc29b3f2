//! One statement in the dialects of PostgreSQL and SQLite.

use sea_orm::{DbBackend, Statement, Value};

use super::columns::Columns;

/// Both texts of one statement.
pub(crate) struct Sql {
    postgres: String,
    sqlite: String,
}

impl Sql {
    pub(crate) fn new(text: impl Fn(DbBackend) -> String) -> Self {
        Self { postgres: text(DbBackend::Postgres), sqlite: text(DbBackend::Sqlite) }
    }

    pub(crate) fn text(&self, backend: DbBackend) -> &str {
        if backend == DbBackend::Postgres { &self.postgres } else { &self.sqlite }
    }

    /// The statement with its values. JSON values are text.
    pub(crate) fn with(&self, backend: DbBackend, values: impl IntoIterator<Item = Value>) -> Statement {
        Statement::from_sql_and_values(backend, self.text(backend), values)
    }
}

/// The rows of JSON parameter `number` as a table named `q` with these columns.
pub(crate) fn rows(backend: DbBackend, number: usize, columns: &Columns) -> String {
    if backend == DbBackend::Postgres {
        let list: Vec<String> = columns.iter().map(|(name, kind)| format!("{name} {}", kind.postgres())).collect();
        format!("jsonb_to_recordset(${number}::jsonb) AS q({})", list.join(", "))
    } else {
        let list: Vec<String> = columns.iter().map(|(name, kind)| format!("{} AS {name}", kind.sqlite(name))).collect();
        format!("(SELECT {} FROM json_each(${number})) AS q", list.join(", "))
    }
}

/// Joins a table to the rows before it. `CROSS JOIN` keeps that order on SQLite, which could scan the whole table
/// otherwise.
pub(crate) fn join(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres { "JOIN" } else { "CROSS JOIN" }
}
