//! What Lodgate's tests stand on: private database servers, a gateway as a child process, clients as a partner
//! would write them, and the replay of real property bookings.
//!
//! This crate never links the gateway. It sees what a caller sees: the binary, HTTP, the websocket.
//!
//! Functions that a test calls for its set-up panic with an explanation instead of returning an error: a test
//! that can't start its server has nothing to decide.
#![allow(
    clippy::disallowed_methods,
    reason = "tests and the replay live in real time and read the environment; no rule of the inventory is here"
)]

use std::time::Duration;

/// The longest wait for anything that must happen, such as an answer, a message or a state.
///
/// It is long because the machine may be busy. A test waits for the condition itself and goes on at once when it holds;
/// a shorter time is named by a test only where the time is what the gateway promises.
pub const TIMEOUT: Duration = Duration::from_secs(60);

pub mod browser;
pub mod cli_tokens;
pub mod client;
pub mod gateway;
pub mod graphiql;
pub mod identity_provider;
pub mod introspection;
pub mod jws;
pub mod load;
pub mod metrics;
pub mod nodejs;
pub mod password_sign_in;
pub mod portal;
pub mod postgres;
pub mod private_servers;
pub mod process;
pub mod proxy;
pub mod redis;
pub mod replay;
pub mod sse;
pub mod stories;
pub mod websocket;

pub use cli_tokens::{Cli, TenantKind};
pub use client::{Client, ClientError};
pub use gateway::Gateway;
pub use identity_provider::IdentityProvider;
pub use password_sign_in::UserSession;
pub use postgres::{Postgres, postgres};
pub use proxy::Proxy;
pub use redis::{Redis, redis};
pub use sse::EventStream;
pub use websocket::WebSocket;
