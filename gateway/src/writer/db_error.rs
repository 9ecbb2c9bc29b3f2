//! What a database error means for the batch it hit.

use sea_orm::{DbErr, RuntimeErr, sqlx};

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DbErrorKind {
    /// One of the commands carries data that the database refuses: try the halves.
    Data,
    /// Others were in the way: try the whole again.
    Contention,
    /// The session is gone.
    Connection,
    /// A defect; trying again would not help.
    Defect,
}

/// Sorts an error by its SQLSTATE (Postgres) or result code (SQLite), never by its text.
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
