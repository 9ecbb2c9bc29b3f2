//! Helpers of Lodgate's tests: private database servers, the gateway as a child process, API clients, and the replay of
//! real hotel bookings.
//!
//! This crate never links the gateway. It uses the same interfaces as a caller: the binary, HTTP and the websocket.
//!
//! Functions that prepare a test panic with an explanation instead of returning an error: a test that cannot start its
//! server cannot continue.
#![allow(
    clippy::disallowed_methods,
    reason = "tests and the replay live in real time and read the environment; no rule of the inventory is here"
)]

use std::time::Duration;

pub mod backend;
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

pub use backend::Backend;
pub use cli_tokens::{Cli, TenantKind};
pub use client::{Client, ClientError};
pub use gateway::Gateway;
pub use identity_provider::IdentityProvider;
pub use password_sign_in::UserSession;
pub use postgres::{Postgres, postgres};
pub use proxy::Proxy;
pub use redis::Redis;
pub use sse::EventStream;
pub use websocket::WebSocket;

/// The longest wait for anything that must happen, such as a response, a message or a state.
///
/// It is long because the computer may be busy. A test waits for the condition itself and continues as soon as it
/// holds. A test names a shorter time only where the gateway promises that time.
pub const TIMEOUT: Duration = Duration::from_secs(60);
