//! Lodgate: a GraphQL gateway for hotel inventory.

pub mod app;
pub mod auth;
pub mod cache;
pub mod clock;
pub mod commands;
pub mod config;
pub mod database;
pub mod fair_semaphore;
pub mod feed;
pub mod graphql;
pub mod inventory;
pub mod journal;
pub mod limits;
pub mod persisted_documents;
pub mod portal_assets;
pub mod presence;
mod redis;
pub mod server;
pub mod telemetry;
pub mod transport;
pub mod writer;
