//! What Lodgate's tests stand on: private database servers, a gateway as a child process, clients as a partner
//! would write them, and the replay of real hotel bookings.
//!
//! This crate never links the gateway. It sees what a caller sees: the binary, HTTP, the websocket.
//!
//! Functions that a test calls for its set-up panic with an explanation instead of returning an error: a test
//! that can't start its server has nothing to decide.
#![allow(
    clippy::disallowed_methods,
    reason = "tests and the replay live in real time and read the environment; no rule of the inventory is here"
)]

pub mod browser;
pub mod client;
pub mod events;
pub mod explorer;
pub mod gateway;
pub mod identity_provider;
pub mod interface;
pub mod jws;
pub mod line;
pub mod load;
pub mod metrics;
pub mod mint;
pub mod node;
pub mod people;
pub mod portal;
pub mod postgres;
pub mod process;
pub mod redis;
pub mod replay;
pub mod servers;
pub mod socket;
pub mod stories;

pub use client::{Client, ClientError};
pub use events::EventStream;
pub use gateway::Gateway;
pub use identity_provider::IdentityProvider;
pub use line::Line;
pub use mint::{Kind, Mint};
pub use people::Person;
pub use postgres::{Postgres, postgres};
pub use redis::{Redis, redis};
pub use socket::Socket;
