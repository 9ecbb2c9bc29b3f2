//! Stock kept near: in this process, then in Redis. Never the authority, never older than what this node has applied.

pub mod freshness;
mod month_block;
mod process;
pub mod property_list;
mod reader;

pub use self::month_block::{Block, BlockKey, Month};
pub use crate::redis::RedisCache;
pub(crate) use crate::redis::channels;
pub use process::ProcessCache;
pub use reader::{Reader, Source, SyncPoint, VersionedBlock};
