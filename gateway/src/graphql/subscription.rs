//! What can be watched.

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

/// What can be watched.
#[Subscription]
impl Subscription {
    /// Live changes of stock, as you may see them.
    ///
    /// With `snapshot: true` the state first and then every change after it, no gap and no double. With `after` every
    /// change after a cursor, over all watched properties at once. With neither, from now on. Every change is delivered
    /// while you keep up; past that, cells are merged to their latest state and marked `coalesced`. The lossless log is
    /// `Property.stockEvents`.
    ///
    /// Over server-sent events (`/graphql/stream`) the cursor of each message is its `id`, and `Last-Event-ID` goes before
    /// `after` and `snapshot`. When the connection ends, subscribe again after the latest cursor; only `Resync` asks for
    /// the state anew.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn stock_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 200. Absent: all that you may see, later ones included.")] property_ids: Option<
            Vec<ID>,
        >,
        #[graphql(desc = "Only these room types.")] room_type_ids: Option<Vec<ID>>,
        #[graphql(desc = "Only from this night on.")] from: Option<Date>,
        #[graphql(desc = "Only through this night, included.")] through: Option<Date>,
        #[graphql(
            desc = "Instead of from and through: so many nights from the business date, rolling with it. 1 to 1,096."
        )]
        days: Option<i32>,
        #[graphql(desc = "Resume after this cursor.")] after: Option<CursorText>,
        #[graphql(desc = "Tell the state first.", default)] snapshot: bool,
    ) -> Result<impl Stream<Item = StockMessage> + use<>> {
        let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
        let app = access::app(ctx)?;
        let filter = SubscriptionFilter::new(property_ids.as_deref(), room_type_ids.as_deref(), from, through, days)?;
        let place = ctx.data_opt::<ResumePosition>().cloned().unwrap_or_default();
        let start = match (&place.resume, after, snapshot) {
            (Some(text), ..) => Start::After(access::decode_cursor(ctx, text, "Last-Event-ID")?),
            (None, Some(text), false) => Start::After(access::decode_cursor(ctx, &text, "after")?),
            (None, None, true) => Start::Snapshot,
            (None, None, false) => Start::Now,
            (None, Some(_), true) => return Err(super::error::bad_input("snapshot", "give either after or snapshot")),
        };
        let watcher = StockStream::start(app.clone(), viewer.clone(), filter, start, place).await?;
        Ok(watcher.into_stream())
    }

    /// The pages that have the calendar of a property of yours open, your own among them: all of them at once, and again
    /// whenever one comes, moves or goes. At most 50 are shown. For people.
    async fn presence(&self, ctx: &Context<'_>, property_id: ID) -> Result<impl Stream<Item = Vec<Presence>> + use<>> {
        presence::watch(ctx, &property_id).await
    }
}
