//! Loads the state of an account when a user signs in, and clears it when they sign out.

use leptos::prelude::*;

use super::{Account, Drafts, FeedStatus, Notifications, Panels, Selection, Stock, UndoStack};
use crate::api::{self, Failure, session::Session};

/// Loads and clears every part of the state.
#[derive(Clone, Copy)]
pub struct Loader {
    pub(super) session: Session,
    pub(super) account: Account,
    pub(super) stock: Stock,
    pub(super) drafts: Drafts,
    pub(super) undo_stack: UndoStack,
    pub(super) feed: FeedStatus,
    pub(super) selection: Selection,
    pub(super) panels: Panels,
    pub(super) notifications: Notifications,
}

impl Loader {
    /// Loads the viewer and their properties, or refreshes them.
    pub async fn load(self) {
        match api::viewer(self.session).await {
            Ok(viewer) => {
                self.switch_account(&viewer.email);
                self.account.viewer.set(Some(viewer));
                // The viewer's permissions decide which cells can be edited.
                self.stock.notify_all();
            }
            Err(Failure::SignedOut) => return,
            Err(failure) => {
                self.account.properties.set(Some(Err(failure)));
                return;
            }
        }
        self.account.load_properties().await;
    }

    /// Clears everything that belongs to the account. Its drafts stay in the browser's storage.
    pub fn clear(self) {
        self.stock.clear();
        self.drafts.clear();
        self.undo_stack.clear();
        self.account.clear();
        self.feed.clear();
        self.panels.clear();
        self.notifications.clear();
        self.selection.clear();
        self.stock.notify_all();
    }

    /// Loads the drafts of the signed-in account; another account's state is cleared first.
    fn switch_account(self, email: &str) {
        if self.drafts.belong_to_another(email) {
            self.clear();
            self.drafts.load(email);
            self.stock.notify_all();
        }
    }
}
