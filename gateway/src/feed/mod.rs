//! From a commit to every subscriber: the caches and subscribers of this node first, then hints to the other nodes. The
//! journal supplies what was lost on the way.

mod announce;
pub mod cursor;
mod hub;
mod journal_poller;
mod redis_pubsub;
mod subscriber_queue;

pub use self::announce::Feed;
pub use self::cursor::{Cursor, CursorKey, Position};
pub use self::hub::{Hub, Watch};
pub use self::subscriber_queue::{Coalesced, FeedItem};
