//! The shell round the core: it loads, locks, stores and announces; the rules are in [`crate::inventory`].

pub mod audit;
mod batch;
mod fault;
pub mod history;
pub mod journal;
mod load;
pub mod missed;
mod named;
mod outcome;
pub mod pickup;
mod rows;
mod sql;
mod store;
mod structure;
mod writer;

pub use load::{NightRange, StockState, nights, reservations_by_id, structure as load_structure};
pub use outcome::{Committed, Key, MOST_NIGHTS_SENT, Outcome, Submission, WriteError};
pub use structure::{NewProperty, PropertyStructure};
pub use writer::{Writer, WriterConfig};
