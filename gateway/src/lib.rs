//! Lodgate: a GraphQL gateway for hotel inventory.

pub mod app;
pub mod auth;
pub mod cache;
pub mod clock;
pub mod commands;
pub mod config;
pub mod database;
pub mod documents;
pub mod feed;
pub mod graphql;
pub mod inventory;
pub mod limits;
pub mod portal;
pub mod presence;
pub mod server;
pub mod stock;
pub mod telemetry;
pub mod transport;
pub mod turns;
