//! The subscriptions.

use async_graphql::{Context, ID, Result, Subscription};
use futures_util::Stream;

use super::access;
use super::presence::{self, Presence};
use super::scalars::{CursorText, Date};
use super::stock_changes::StockMessage;
use super::stock_changes::resume_position::ResumePosition;
use super::stock_changes::stream::{Start, StockStream};
use super::stock_changes::subscription_filter::SubscriptionFilter;
use crate::auth::Scope;

/// The subscription root.
pub struct Subscription;

/// Subscriptions.
#[Subscription]
impl Subscription {
    /// Live changes of stock that the caller may see.
    ///
    /// With `snapshot: true` the stream sends the state first, then every change after it, without gaps and
    /// repetitions. With `after` it sends every change after a cursor, over all properties of the subscription. With
    /// neither it begins with the next change. A subscriber that reads too slowly receives cells merged to their latest
    /// state, marked `coalesced`. The log without loss is `Property.stockEvents`.
    ///
    /// Over server-sent events (`/graphql/stream`) the `id` of a message is its cursor, and `Last-Event-ID` takes
    /// precedence over `after` and `snapshot`. When the connection ends, subscribe again after the latest cursor. Only
    /// `Resync` requires the state again.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn stock_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 200 properties. Absent: all that you may see, later ones included.")]
        property_ids: Option<Vec<ID>>,
        #[graphql(desc = "Only these room types.")] room_type_ids: Option<Vec<ID>>,
        #[graphql(desc = "First night.")] from: Option<Date>,
        #[graphql(desc = "Last night, included.")] through: Option<Date>,
        #[graphql(
            desc = "Number of nights from the business date on, 1 to 1,096; the range moves with the business date. Replaces `from` and `through`."
        )]
        days: Option<i32>,
        #[graphql(desc = "Resume after this cursor.")] after: Option<CursorText>,
        #[graphql(desc = "Send the state first.", default)] snapshot: bool,
    ) -> Result<impl Stream<Item = StockMessage> + use<>> {
        let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
        let app = access::app(ctx)?;
        let filter = SubscriptionFilter::new(property_ids.as_deref(), room_type_ids.as_deref(), from, through, days)?;
        let resume_position = ctx.data_opt::<ResumePosition>().cloned().unwrap_or_default();
        let start = match (&resume_position.resume, after, snapshot) {
            (Some(text), ..) => Start::After(access::decode_cursor(ctx, text, "Last-Event-ID")?),
            (None, Some(text), false) => Start::After(access::decode_cursor(ctx, &text, "after")?),
            (None, None, true) => Start::Snapshot,
            (None, None, false) => Start::Now,
            (None, Some(_), true) => return Err(super::error::bad_input("snapshot", "give either after or snapshot")),
        };
        let stream = StockStream::start(app.clone(), viewer.clone(), filter, start, resume_position).await?;
        Ok(stream.into_stream())
    }

    /// The portal pages that have the calendar of a property of yours open, your own included. Each message has all of
    /// them; one is sent at the beginning and after every change. At most 50 pages. For people, not for API clients.
    async fn presence(&self, ctx: &Context<'_>, property_id: ID) -> Result<impl Stream<Item = Vec<Presence>> + use<>> {
        presence::watch(ctx, &property_id).await
    }
}
