//! The state that all pages share, in parts.
//!
//! The parts stand in the context above the routes, and a page asks for a part by its type, as in
//! `expect_context::<Stock>()`. Undo steps, drafts, selection and cached cells survive a change of the page and a new
//! sign-in.

mod account;
mod change_sets;
mod confirmation;
mod draft_storage;
mod drafts;
mod feed_status;
mod initials;
mod loader;
mod notifications;
mod panels;
mod reversal;
mod selection;
mod stock;
mod stock_data;
mod submission;
mod undo_stack;

use leptos::prelude::provide_context;

pub use self::{
    account::Account,
    change_sets::ChangeSets,
    confirmation::Confirmation,
    drafts::{CellSnapshot, Drafts},
    feed_status::{Collaborator, FeedStatus, Freshness},
    initials::initials,
    loader::Loader,
    notifications::{Notifications, ToastKind},
    panels::{Panel, Panels, Preview},
    selection::{SelectedCells, Selection},
    stock::Stock,
    undo_stack::UndoStack,
};
use crate::api::session::Session;

/// Puts every part into the context of the calling component. The parts live as long as it.
pub fn provide(session: Session) -> Loader {
    let account = Account::new(session);
    let feed = FeedStatus::new();
    let notifications = Notifications::new();
    let selection = Selection::new();
    let panels = Panels::new();
    let undo_stack = UndoStack::new();
    let stock = Stock::new(session, account, feed);
    let drafts = Drafts::new(stock, undo_stack);
    let change_sets = ChangeSets { session, account, feed, stock, drafts, undo_stack, notifications };
    let loader = Loader { session, account, stock, drafts, undo_stack, feed, selection, panels, notifications };
    provide_context(account);
    provide_context(feed);
    provide_context(notifications);
    provide_context(selection);
    provide_context(panels);
    provide_context(undo_stack);
    provide_context(stock);
    provide_context(drafts);
    provide_context(change_sets);
    provide_context(loader);
    loader
}
