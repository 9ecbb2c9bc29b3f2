//! The dialog that shows a confirmation.

use leptos::prelude::*;

use crate::{
    state::Notifications,
    ui::{
        icon::{Glyph, Icon},
        modal::Modal,
    },
};

/// The dialog, while a confirmation is open. Escape cancels.
#[component]
pub fn ConfirmDialog() -> impl IntoView {
    let notifications = expect_context::<Notifications>();
    let cancel = Callback::new(move |()| notifications.confirmation.set(None));
    move || {
        notifications.confirmation.get().map(|confirmation| {
            let on_confirm = confirmation.on_confirm;
            let confirm = move |_| {
                // Closed first, because the action may open another confirmation.
                notifications.confirmation.set(None);
                // The callback of a page that is closed meanwhile does not exist any more.
                let _ = on_confirm.try_run(());
            };
            let is_destructive = confirmation.is_destructive;
            let lines = confirmation.lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
            view! {
                <Modal label=confirmation.title.clone() name="question" on_close=cancel>
                    <div class="question-text">
                        {is_destructive.then(|| view! { <Icon glyph=Glyph::Warning size="large" /> })}
                        <div>
                            <h2>{confirmation.title}</h2>
                            {lines}
                        </div>
                    </div>
                    <div class="question-answers">
                        // The focus is on the harmless button, so that a hasty Enter does no harm.
                        <button
                            class="button"
                            type="button"
                            data-testid="confirm-no"
                            autofocus=is_destructive
                            on:click=move |_| cancel.run(())
                        >
                            "Cancel"
                        </button>
                        <button
                            class="button"
                            class:primary=!is_destructive
                            class:destructive=is_destructive
                            type="button"
                            data-testid="confirm-yes"
                            autofocus=!is_destructive
                            on:click=confirm
                        >
                            {confirmation.confirm_label}
                        </button>
                    </div>
                </Modal>
            }
        })
    }
}
