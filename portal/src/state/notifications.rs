//! Toasts: short messages with at most one action.

use std::{sync::atomic::AtomicU32, sync::atomic::Ordering, time::Duration};

use leptos::prelude::*;

use super::AppState;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Something was done.
    Done,
    /// Something went wrong and nothing was done.
    Failed,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Toast {
    /// Which one it is.
    pub id: u32,
    /// What kind.
    pub kind: ToastKind,
    /// A sentence.
    pub text: String,
    /// A word for a button, and what it does.
    pub action: Option<(String, Callback<()>)>,
}

const TOAST_DURATION: Duration = Duration::from_secs(10);
/// The oldest goes when there would be more.
const MAX_TOASTS: usize = 3;

impl AppState {
    /// Shows a message for ten seconds.
    pub fn toast(self, kind: ToastKind, text: impl Into<String>, action: Option<(String, Callback<()>)>) {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let id = LAST.fetch_add(1, Ordering::Relaxed);
        let toast = Toast { id, kind, text: text.into(), action };
        self.toasts.update(|toasts| {
            if toasts.len() == MAX_TOASTS {
                toasts.remove(0);
            }
            toasts.push(toast);
        });
        set_timeout(move || self.dismiss_toast(id), TOAST_DURATION);
    }

    /// Takes a message away.
    pub fn dismiss_toast(self, id: u32) {
        self.toasts.try_update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}
