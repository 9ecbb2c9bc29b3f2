//! The lifetime of a long-lived connection: it ends with its token, the access of its caller, or the node. The client gets a
//! notice before, and reconnects to another node or with a new token.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::Transport;
use crate::auth::{AuthError, Viewer};

/// Interval between two checks of the token. The lookups are cached for a few seconds, so a check is cheap.
const RECHECK: Duration = Duration::from_secs(1);
/// The expiry of a token is announced this long before, or when a fifth of its time is left, whichever is later.
const MAX_NOTICE: Duration = Duration::from_secs(60);
/// Time that each open connection adds to the span over which a stopping node closes them.
const STAGGER: Duration = Duration::from_millis(5);

/// The lifetime of one connection.
pub(super) struct ConnectionLifetime {
    transport: Transport,
    viewer: Arc<Viewer>,
    recheck: Interval,
    notice_at: Option<Instant>,
    draining: watch::Receiver<bool>,
    restart_at: Option<Instant>,
}

/// An event in a lifetime, handled by [`ConnectionLifetime::handle`].
#[derive(Clone, Copy, Debug)]
pub(super) enum LifetimeEvent {
    Recheck,
    Notice,
    Draining,
    Restart,
}

/// A notice to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// Time until its token expires.
    TokenExpires(Duration),
    /// The node stops; time until it closes the connection.
    Restart(Duration),
}

impl Notice {
    /// The JSON form: `{"tokenExpiresInMs": 12000}` or `{"restartInMs": 800}`.
    pub(super) fn payload(self) -> serde_json::Value {
        let (name, time) = match self {
            Self::TokenExpires(time) => ("tokenExpiresInMs", time),
            Self::Restart(time) => ("restartInMs", time),
        };
        serde_json::json!({ name: u64::try_from(time.as_millis()).unwrap_or(u64::MAX) })
    }
}

/// The reason for closing the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The token has expired.
    Expired,
    /// The caller's access was revoked.
    Revoked,
    /// The node stops.
    Restart,
}

impl ConnectionLifetime {
    pub(super) fn begin(transport: Transport, viewer: Arc<Viewer>) -> Self {
        let mut recheck = interval(RECHECK);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut lifetime = Self {
            draining: transport.draining.clone(),
            transport,
            viewer,
            recheck,
            notice_at: None,
            restart_at: None,
        };
        let left = lifetime.left();
        lifetime.notice_at = Instant::now().checked_add(left - MAX_NOTICE.min(left / 5));
        lifetime
    }

    /// Time until the token expires.
    pub(super) fn left(&self) -> Duration {
        (self.viewer.expires_at - self.transport.app.clock.now()).to_std().unwrap_or_default()
    }

    /// The caller.
    pub(super) fn viewer(&self) -> &Arc<Viewer> {
        &self.viewer
    }

    /// Resolves at the next event. Safe to drop before.
    pub(super) async fn due(&mut self) -> LifetimeEvent {
        let far = Instant::now() + MAX_NOTICE;
        tokio::select! {
            _ = self.recheck.tick() => LifetimeEvent::Recheck,
            () = sleep_until(self.notice_at.unwrap_or(far)), if self.notice_at.is_some() => LifetimeEvent::Notice,
            () = stopping(&mut self.draining), if self.restart_at.is_none() => LifetimeEvent::Draining,
            () = sleep_until(self.restart_at.unwrap_or(far)), if self.restart_at.is_some() => LifetimeEvent::Restart,
        }
    }

    /// Handles an event: returns a notice for the client, or the reason to close the connection.
    pub(super) async fn handle(&mut self, due: LifetimeEvent) -> Result<Option<Notice>, End> {
        match due {
            LifetimeEvent::Recheck => self.recheck().await.map(|()| None),
            LifetimeEvent::Notice => {
                self.notice_at = None;
                Ok(Some(Notice::TokenExpires(self.left())))
            }
            LifetimeEvent::Draining => {
                let stagger = self.stagger();
                self.restart_at = Some(Instant::now() + stagger);
                Ok(Some(Notice::Restart(stagger)))
            }
            LifetimeEvent::Restart => Err(End::Restart),
        }
    }

    async fn recheck(&self) -> Result<(), End> {
        match self.transport.app.bearer.recheck(&self.viewer).await {
            // Unavailable decides nothing; the next check may.
            Ok(()) | Err(AuthError::Unavailable(_)) => Ok(()),
            Err(error) => {
                tracing::debug!(%error, "the token of an open connection is no longer valid");
                Err(if matches!(error, AuthError::Expired) { End::Expired } else { End::Revoked })
            }
        }
    }

    /// A random delay within a span that grows with the number of connections.
    fn stagger(&self) -> Duration {
        let open = u32::try_from(*self.transport.sockets.borrow()).unwrap_or(u32::MAX);
        STAGGER.saturating_mul(open).min(self.transport.live.drain()).mul_f64(rand::random())
    }
}

/// Resolves when the node is about to stop.
pub(super) async fn stopping(draining: &mut watch::Receiver<bool>) {
    while !*draining.borrow_and_update() {
        if draining.changed().await.is_err() {
            // The sender is gone, so the server has stopped.
            return;
        }
    }
}

/// An open connection, counted until it is dropped.
pub(super) struct Counted {
    transport: Transport,
    gauge: &'static str,
}

impl Counted {
    /// Counts in this gauge, and among the connections that a stopping node waits for.
    pub(super) fn new(transport: &Transport, gauge: &'static str) -> Self {
        transport.sockets.send_modify(|sockets| *sockets += 1);
        metrics::gauge!(gauge).increment(1.0);
        Self { transport: transport.clone(), gauge }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.transport.sockets.send_modify(|sockets| *sockets = sockets.saturating_sub(1));
        metrics::gauge!(self.gauge).decrement(1.0);
    }
}
