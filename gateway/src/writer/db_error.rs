//! Classifies a database error by the action that the lane has to take.

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DbErrorKind {
    /// The database refuses the data of a command: run the halves of the batch.
    Data,
    /// Another session was in the way: run the batch again.
    Contention,
    /// The session is lost.
    Connection,
    /// A defect: a retry would not help.
    Defect,
}

/// Classifies an error by its SQLSTATE (Postgres) or result code (SQLite), never by its text.
pub(super) fn classify(error: &DbErr) -> DbErrorKind {
    let (DbErr::Conn(RuntimeErr::SqlxError(source))
    | DbErr::Exec(RuntimeErr::SqlxError(source))
    | DbErr::Query(RuntimeErr::SqlxError(source))) = error
    else {
        return if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
            DbErrorKind::Connection
        } else {
            DbErrorKind::Defect
        };
    };
    match &**source {
        sqlx::Error::Database(database) => database.code().map_or(DbErrorKind::Defect, |code| by_code(&code)),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => DbErrorKind::Connection,
        _ => DbErrorKind::Defect,
    }
}

fn by_code(code: &str) -> DbErrorKind {
    match code {
        // Serialization failure, deadlock, lock not available, statement timeout.
        "40001" | "40P01" | "55P03" | "57014" => DbErrorKind::Contention,
        // SQLite: busy and locked, plain and extended.
        "5" | "6" | "261" | "517" | "262" => DbErrorKind::Contention,
        _ if code.len() == 5 => match &code[..2] {
            "22" | "23" => DbErrorKind::Data,
            // Connection exceptions; the server is going down or coming up; too many connections; idle session ended.
            "08" | "57" | "53" | "25" => DbErrorKind::Connection,
            _ => DbErrorKind::Defect,
        },
        // SQLite constraint family: 19 and its extended codes.
        _ if code.parse::<u32>().is_ok_and(|number| number & 0xff == 19) => DbErrorKind::Data,
        _ => DbErrorKind::Defect,
    }
}
