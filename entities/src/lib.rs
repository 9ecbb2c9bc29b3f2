//! The tables, one file each: the columns of a row, and the scoped queries with which reads of a tenant's rows start.
//!
//! These types mirror storage and nothing else. The values that callers see are built from them field by field, so that
//! a new column does not become public by accident.

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
