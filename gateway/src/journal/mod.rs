//! Reads of the journal of stock events: current state, events, history, replay and audit.

pub mod audit;
mod committed;
pub mod events;
pub mod history;
pub(crate) mod load;
pub mod pickup;
pub mod replay;
pub(crate) mod rows;
pub(crate) mod sql;
mod structure;

pub use committed::{CommittedEvent, MAX_NIGHTS_SENT};
pub use load::{NightRange, StockState, nights, reservations_by_id, structure as load_structure};
pub use structure::PropertyStructure;
