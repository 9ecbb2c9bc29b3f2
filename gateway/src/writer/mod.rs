//! The writer: commands in, committed events out. It locks, loads, decides, stores and announces; the rules are in
//! [`crate::inventory`].

mod batch;
mod batch_inputs;
mod db_error;
mod lane;
mod persist;
mod property_admin;
mod result;

pub use lane::{Writer, WriterConfig};
pub use property_admin::NewProperty;
pub use result::{CommandResult, Key, Submission, WriteError};
