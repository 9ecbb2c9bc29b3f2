//! Liveness and readiness.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::transport::Transport;

/// Time limit of the database check.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// `GET /livez`: the process responds.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database responds and the node is not stopping. Redis does not count, because the node works without
/// it.
pub(super) async fn readyz(State(transport): State<Transport>) -> (StatusCode, Json<Value>) {
    let app = &transport.app;
    let pending = lodgate_migrations::pending(&app.database.read);
    let pending = tokio::time::timeout(DATABASE_TIMEOUT, pending).await;
    let (database, migrations) = match pending {
        Ok(Ok(pending)) if pending.is_empty() => ("ok", json!("ok")),
        Ok(Ok(pending)) => ("ok", json!({ "pending": pending.len() })),
        Ok(Err(_)) | Err(_) => ("down", json!("unknown")),
    };
    let redis = match &app.redis {
        None => "absent",
        Some(redis) if redis.ping().await => "ok",
        Some(_) => "down",
    };
    let draining = *transport.draining.borrow();
    let current = migrations == "ok";
    let (status, word) = match (draining, database, redis) {
        (true, ..) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (_, "down", _) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        _ if !current => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        (_, _, "down") => (StatusCode::OK, "degraded"),
        _ => (StatusCode::OK, "ok"),
    };
    let silence = u64::try_from(app.freshness.age().as_millis()).unwrap_or(u64::MAX);
    let detail = json!({
        "status": word,
        "database": database,
        "redis": redis,
        "migrations": migrations,
        "feedSilenceMs": silence,
    });
    (status, Json(detail))
}
