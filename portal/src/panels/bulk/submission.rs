//! Applies the form: confirmation, request and result.

use leptos::{prelude::*, task::spawn_local};

use super::{confirmations, form::Form, loader::NightLoader, operation::described};
use crate::{
    browser::root_callback::root_callback,
    domain::bulk::BulkPreview,
    panels::formatting::nights as counted,
    state::{Account, ChangeSets, Confirmation, Notifications, Panels},
};

/// The state of the last Apply.
#[derive(Clone, Debug, PartialEq)]
enum ApplyStatus {
    Nothing,
    Sending,
    Done(String),
    Refused,
}

/// Applies the form. Every copy is the same submission.
#[derive(Clone, Copy)]
pub struct Submission {
    account: Account,
    change_sets: ChangeSets,
    panels: Panels,
    notifications: Notifications,
    form: Form,
    loader: NightLoader,
    preview: Memo<Option<BulkPreview>>,
    status: RwSignal<ApplyStatus>,
}

impl Submission {
    /// A submission of the form; nothing is applied yet.
    pub fn new(form: Form, loader: NightLoader, preview: Memo<Option<BulkPreview>>) -> Self {
        let status = RwSignal::new(ApplyStatus::Nothing);
        // The result of an Apply is shown until the form changes.
        Effect::new(move |_| {
            form.ranges.track();
            form.weekdays.track();
            form.rooms.track();
            form.kind.track();
            form.value.track();
            status.set(ApplyStatus::Nothing);
        });
        Self {
            account: expect_context(),
            change_sets: expect_context(),
            panels: expect_context(),
            notifications: expect_context(),
            form,
            loader,
            preview,
            status,
        }
    }

    /// Returns whether there is something to apply, and nothing is in flight; tracked.
    pub fn is_ready(self) -> bool {
        let has_edits = self.preview.with(|preview| preview.as_ref().is_some_and(|preview| preview.changing > 0));
        let is_idle = !self.loader.is_reading.get() && self.status.get() != ApplyStatus::Sending;
        has_edits && self.account.may_write() && is_idle
    }

    /// Applies the form, after a confirmation where one is needed; `closes` closes the drawer after success.
    pub fn apply(self, closes: bool) {
        if untrack(|| self.is_ready())
            && let Some(preview) = self.preview.get_untracked()
        {
            self.confirm_and_send(preview, closes);
        }
    }

    fn confirm_and_send(self, preview: BulkPreview, closes: bool) {
        let Self { change_sets, panels, notifications, form, status, .. } = self;
        let Ok(operation) = untrack(|| form.operation()) else { return };
        let confirmations = form.property.with_untracked(|property| confirmations::confirmations(&preview, property));
        let count = counted(preview.changing);
        let description = format!("Bulk edit of {count}: {}", described(operation));
        let title = format!("Change {count}: {}?", described(operation));
        let edits = preview.edits;
        let reason =
            form.reason.with_untracked(|reason| Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty()));
        let go = move || {
            let (edits, description, count, reason) =
                (edits.clone(), description.clone(), count.clone(), reason.clone());
            status.try_set(ApplyStatus::Sending);
            spawn_local(async move {
                let is_written = change_sets.save_with_reason(edits, description, reason).await;
                let result =
                    if is_written { ApplyStatus::Done(format!("Applied to {count}.")) } else { ApplyStatus::Refused };
                // If the drawer was closed meanwhile, its status is disposed, and another panel may be open.
                if status.try_set(result).is_none() && is_written && closes {
                    panels.close();
                }
            });
        };
        if confirmations.is_empty() {
            go();
        } else {
            let on_confirm = root_callback(go);
            notifications.ask(Confirmation {
                title,
                lines: confirmations,
                confirm_label: "Apply".to_owned(),
                is_destructive: true,
                on_confirm,
            });
        }
    }

    /// The message about the last Apply; tracked.
    pub fn message(self) -> Option<impl IntoView + use<>> {
        let (class, text) = match self.status.get() {
            ApplyStatus::Nothing => return None,
            ApplyStatus::Sending => ("panel-notice", "Sending …".to_owned()),
            ApplyStatus::Done(text) => ("panel-notice done", text),
            ApplyStatus::Refused => (
                "panel-notice refused",
                "Nothing was written. The calendar marks the conflicting cells; the preview shows the current values."
                    .to_owned(),
            ),
        };
        Some(view! { <p class=class>{text}</p> })
    }
}
