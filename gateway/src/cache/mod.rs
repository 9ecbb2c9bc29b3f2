//! Stock in memory: in this process, then in Redis. The database is the authority; a cached value includes every event
//! that this node has applied.

pub mod freshness;
mod month_block;
mod process;
pub mod property_list;
mod reader;
pub(crate) mod redis;

pub use self::month_block::{Block, BlockKey, Month};
pub use self::process::ProcessCache;
pub use self::reader::{Reader, Source, SyncPoint, VersionedBlock};
