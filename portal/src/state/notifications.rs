//! Notifications: toasts with at most one action, and the open confirmation.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use leptos::prelude::*;

use super::Confirmation;
use crate::api::Failure;

/// The kind of a toast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Something was done.
    Done,
    /// Something failed, and nothing was done.
    Failed,
}

/// A short message.
#[derive(Clone, Debug)]
pub struct Toast {
    /// Identifier, unique within the page.
    pub id: u32,
    /// The kind.
    pub kind: ToastKind,
    /// A sentence.
    pub text: String,
    /// Label of a button, and its action.
    pub action: Option<(String, Callback<()>)>,
}

const TOAST_DURATION: Duration = Duration::from_secs(10);
/// Maximum number of toasts. A new one replaces the oldest.
const MAX_TOASTS: usize = 3;

/// The toasts and the open confirmation. Every copy refers to the same state.
#[derive(Clone, Copy)]
pub struct Notifications {
    /// The toasts, oldest first.
    pub toasts: RwSignal<Vec<Toast>>,
    /// The open confirmation.
    pub confirmation: RwSignal<Option<Confirmation>>,
}

impl Notifications {
    /// No notifications. They live as long as the component that creates them.
    pub fn new() -> Self {
        Self { toasts: RwSignal::new(Vec::new()), confirmation: RwSignal::new(None) }
    }

    /// Shows a toast for ten seconds.
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

    /// Removes a toast.
    pub fn dismiss_toast(self, id: u32) {
        self.toasts.try_update(|toasts| toasts.retain(|toast| toast.id != id));
    }

    /// Shows a confirmation in place of an open one.
    pub fn ask(self, confirmation: Confirmation) {
        self.confirmation.set(Some(confirmation));
    }

    /// Shows a failure as a toast, except the end of the session, which the sign-in form shows.
    pub(super) fn report_failure(self, failure: &Failure, action: Option<(String, Callback<()>)>) {
        if *failure != Failure::SignedOut {
            self.toast(ToastKind::Failed, failure.sentence(), action);
        }
    }

    pub(super) fn clear(self) {
        self.confirmation.set(None);
        self.toasts.set(Vec::new());
    }
}
