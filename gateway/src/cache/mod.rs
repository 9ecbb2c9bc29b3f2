//! Stock kept near: in this process, then in Redis. Never the authority, never older than what this node has applied.

mod block;
mod process;
mod reader;
mod redis;

pub use block::{Block, BlockKey, Month};
pub use process::ProcessCache;
pub use reader::{Reader, Source, Stocked, SyncPoint};
pub use redis::RedisCache;
pub(crate) use redis::channels;
