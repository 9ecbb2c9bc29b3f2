//! The tables, one file each: what a row holds, its typed ids, and the scoped query from which every read of a tenant's
//! rows starts.
//!
//! These types mirror storage and nothing else. What a caller sees is built from them field by field, so that a new
//! column never becomes public by accident.

pub mod allotment;
pub mod api_client;
pub mod contract;
pub mod idempotency_record;
pub mod ids;
pub mod property;
pub mod property_stock;
pub mod refresh_token;
pub mod reservation;
pub mod reservation_draw;
pub mod reservation_line;
pub mod revoked_token;
pub mod room_night;
pub mod room_type;
pub mod signing_key;
pub mod stock_event;
pub mod tenant;
pub mod trusted_document;
pub mod trusted_only_tenant;
pub mod user;
