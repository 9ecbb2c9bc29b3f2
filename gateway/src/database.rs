//! Opens the database: PostgreSQL when one is configured, else an embedded SQLite file.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{self, ConnectOptions};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxPostgresConnector, SqlxSqliteConnector};

use crate::config::DatabaseOptions;

/// Maximum wait of a request for a connection. An early error beats a long queue.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum wait of an SQLite connection for the one that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    /// A pool for single statements that read.
    pub read: DatabaseConnection,
    /// Small writes outside the journals: sign-in, API clients, tenants. On SQLite one connection, shared with the lanes,
    /// since that database has one writer at a time; on PostgreSQL the pool of the reads.
    pub write: DatabaseConnection,
    /// PostgreSQL or SQLite.
    pub backend: DbBackend,
    /// Options of further PostgreSQL connections.
    postgres: Option<Arc<PgConnectOptions>>,
}

impl Database {
    /// Opens the configured database; creates the folder and the file of an embedded one.
    ///
    /// # Errors
    /// When the URL is not a PostgreSQL URL, the server does not answer, or the file cannot be opened.
    pub async fn open(options: &DatabaseOptions) -> Result<Self, DbErr> {
        match options.database_url.as_ref().and_then(|url| url.get()) {
            Some(url) => Self::open_postgres(url, options.pool_size).await,
            None => Self::open_sqlite(options.data_dir.clone(), options.pool_size).await,
        }
    }

    /// Whether it is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// A connection for a lane of the writer. On PostgreSQL a pool of exactly one, so that a lane never waits for
    /// readers and its transactions follow each other on one session; on SQLite the one connection of all writes.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect_lane(&self) -> Result<DatabaseConnection, DbErr> {
        match &self.postgres {
            Some(options) => Ok(counted(postgres_pool(options, 1, Duration::from_secs(30)).await?, "write")),
            None => Ok(self.write.clone()),
        }
    }

    async fn open_postgres(url: &str, pool_size: u32) -> Result<Self, DbErr> {
        let options = PgConnectOptions::from_str(url)
            .map_err(connection_error)?
            .application_name("lodgate")
            // Statements could carry guests' names; slow ones show in the metrics.
            .disable_statement_logging();
        let pool = postgres_pool(&options, pool_size, Duration::from_secs(10)).await?;
        Ok(Self {
            read: counted(pool.clone(), "read"),
            write: counted(pool, "write"),
            backend: DbBackend::Postgres,
            postgres: Some(Arc::new(options)),
        })
    }

    async fn open_sqlite(data_dir: PathBuf, pool_size: u32) -> Result<Self, DbErr> {
        tokio::fs::create_dir_all(&data_dir).await.map_err(|error| connection_error(error.into()))?;
        let options = SqliteConnectOptions::new()
            .filename(data_dir.join("lodgate.sqlite"))
            .create_if_missing(true)
            // Reads run while a write runs, and acknowledged writes survive a power cut.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .disable_statement_logging();
        // The writer first: it creates the file and sets WAL, which two connections cannot do at the same time.
        let write = counted(sqlite_pool(&options, 1).await?, "write");
        let read = counted(sqlite_pool(&options, pool_size).await?, "read");
        Ok(Self { read, write, backend: DbBackend::Sqlite, postgres: None })
    }
}

/// A pool whose sessions have timeouts, so that a failure does not block others for long.
async fn postgres_pool(
    options: &PgConnectOptions,
    size: u32,
    statement_timeout: Duration,
) -> Result<DatabaseConnection, DbErr> {
    let options = options.clone().options([
        // A session left in a transaction keeps its locks: the server ends it.
        ("idle_in_transaction_session_timeout", "5s".to_owned()),
        ("statement_timeout", format!("{}s", statement_timeout.as_secs())),
        ("lock_timeout", "2s".to_owned()),
        // The server detects a node that is gone, and frees its locks, within 30 s.
        ("tcp_keepalives_idle", "10".to_owned()),
        ("tcp_keepalives_interval", "5".to_owned()),
        ("tcp_keepalives_count", "3".to_owned()),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // The statement below finds a dead session just as a ping would.
        .test_before_acquire(false)
        // sqlx (0.9.0 and before) can lose acknowledged writes: when the future of a `begin` is dropped while its BEGIN
        // is under way, as when a client disconnects, the session goes back to the pool inside a transaction
        // that nobody will commit, and swallows the autocommitted statements of whoever gets it next. So every session
        // is brought out of any transaction before it is handed out. BEGIN comes first because a lone ROLLBACK outside
        // a transaction has the server log a warning each time; inside one it is the BEGIN that warns, which is what
        // an operator should see. In a failed transaction BEGIN is refused and the session is thrown away.
        .before_acquire(|session, _| {
            Box::pin(async move {
                sqlx::Executor::execute(session, "BEGIN; ROLLBACK").await?;
                Ok(true)
            })
        })
        .connect_with(options)
        .await
        .map_err(connection_error)?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// sqlx's SQLite driver rolls a cancelled `begin` back by itself, so these need no guard.
async fn sqlite_pool(options: &SqliteConnectOptions, size: u32) -> Result<DatabaseConnection, DbErr> {
    let pool = SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(ACQUIRE_TIMEOUT.max(BUSY_TIMEOUT))
        // A connection is an open file: it does not fail with age, and a new one would start with an empty cache.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await
        .map_err(connection_error)?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// Counts every statement of `connection` under `kind`.
fn counted(mut connection: DatabaseConnection, kind: &'static str) -> DatabaseConnection {
    connection.set_metric_callback(move |_| {
        metrics::counter!("lodgate_sql_statements_total", "kind" => kind).increment(1);
    });
    connection
}

fn connection_error(error: sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

#[cfg(test)]
pub(crate) mod tests {
    use sea_orm::{ConnectionTrait, Statement, TransactionTrait};

    use super::*;
    use crate::config::Url;

    /// A migrated SQLite database in a folder that lives as long as the second value.
    pub(crate) async fn embedded() -> (Database, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&options(None, folder.path())).await.unwrap();
        lodgate_migrations::migrate(&database.write).await.unwrap();
        (database, folder)
    }

    /// The same on a PostgreSQL that this process has started.
    pub(crate) async fn served() -> (Database, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = lodgate_e2e::postgres().await.database().await;
        let database = Database::open(&DatabaseOptions { pool_size: 4, ..options(Some(url), folder.path()) }).await;
        let database = database.unwrap();
        lodgate_migrations::migrate(&database.write).await.unwrap();
        (database, folder)
    }

    fn options(url: Option<String>, folder: &std::path::Path) -> DatabaseOptions {
        let database_url = url.map(|url| url.parse::<Url>().unwrap());
        DatabaseOptions { database_url, data_dir: folder.to_owned(), pool_size: 1, lanes: 1 }
    }

    async fn text(db: &DatabaseConnection, sql: &str) -> String {
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn sqlite_is_durable_and_checks_foreign_keys() {
        let (database, _folder) = embedded().await;
        let lane = database.connect_lane().await.unwrap();
        for db in [&database.read, &database.write, &lane] {
            assert_eq!(text(db, "PRAGMA journal_mode").await, "wal");
            let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA synchronous")).await;
            assert_eq!(row.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap(), 2, "FULL");
            let row = db.query_one_raw(Statement::from_string(DbBackend::Sqlite, "PRAGMA foreign_keys")).await;
            assert_eq!(row.unwrap().unwrap().try_get_by_index::<i64>(0).unwrap(), 1);
        }
    }

    #[tokio::test]
    async fn postgres_sessions_have_timeouts() {
        let url = lodgate_e2e::postgres().await.database().await;
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&options(Some(url), folder.path())).await.unwrap();
        let lane = database.connect_lane().await.unwrap();
        for db in [&database.read, &lane] {
            assert_eq!(text(db, "SHOW idle_in_transaction_session_timeout").await, "5s");
            assert_eq!(text(db, "SHOW lock_timeout").await, "2s");
            assert_eq!(text(db, "SHOW application_name").await, "lodgate");
        }
        assert_eq!(text(&database.read, "SHOW statement_timeout").await, "10s");
        assert_eq!(text(&lane, "SHOW statement_timeout").await, "30s");
    }

    /// The defect that `before_acquire` works around: without it each slow round loses its row, and some others.
    #[tokio::test]
    async fn a_cancelled_begin_swallows_no_later_write() {
        let postgres = lodgate_e2e::Postgres::start_own().await;
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&options(Some(postgres.database().await), folder.path())).await.unwrap();
        let db = &database.write;
        db.execute_unprepared("CREATE TABLE kept (id integer)").await.unwrap();
        for round in 0..60 {
            // The session of the previous round is on its way back to the pool.
            while db.get_postgres_connection_pool().num_idle() == 0 {
                tokio::task::yield_now().await;
            }
            // Either the server is slow, or the caller drops the future at another step in each round.
            let is_slow = round % 10 == 0;
            if is_slow {
                postgres.pause();
            }
            let mut begin = Box::pin(db.begin());
            if is_slow {
                assert!(tokio::time::timeout(Duration::from_millis(20), begin.as_mut()).await.is_err());
            } else {
                for _ in 0..round {
                    if futures_util::poll!(begin.as_mut()).is_ready() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            drop(begin);
            if is_slow {
                postgres.resume();
            }
            db.execute_unprepared("INSERT INTO kept VALUES (1)").await.unwrap();
        }
        let other = database.connect_lane().await.unwrap();
        assert_eq!(text(&other, "SELECT count(*)::text FROM kept").await, "60");
    }
}
