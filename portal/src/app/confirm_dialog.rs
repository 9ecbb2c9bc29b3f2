//! The dialog that shows a confirmation.

use leptos::prelude::*;

use crate::{
    state::Notifications,
    ui::{
        icon::{Glyph, Icon},
        modal::Modal,
    },
};

/// The question, while there is one. Escape is no.
#[component]
pub fn ConfirmDialog() -> impl IntoView {
    let notifications = expect_context::<Notifications>();
    let no = Callback::new(move |()| notifications.confirmation.set(None));
    move || {
        notifications.confirmation.get().map(|confirmation| {
            let on_confirm = confirmation.on_confirm;
            let confirm = move |_| {
                // First away: the answer may be the next question.
                notifications.confirmation.set(None);
                // One that was asked by a page that is gone has nothing left to do.
                let _ = on_confirm.try_run(());
            };
            let is_destructive = confirmation.is_destructive;
            let lines = confirmation.lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
            view! {
                <Modal label=confirmation.title.clone() name="question" on_close=no>
                    <div class="question-text">
                        {is_destructive.then(|| view! { <Icon glyph=Glyph::Warning size="large" /> })}
                        <div>
                            <h2>{confirmation.title}</h2>
                            {lines}
                        </div>
                    </div>
                    <div class="question-answers">
                        // Who presses Enter without reading does no harm.
                        <button
                            class="button"
                            type="button"
                            data-testid="confirm-no"
                            autofocus=is_destructive
                            on:click=move |_| no.run(())
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
