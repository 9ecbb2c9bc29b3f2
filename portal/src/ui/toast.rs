//! A toast: a short message with at most one action.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// One toast.
#[component]
pub fn ToastCard(
    /// Sentence to show.
    text: String,
    /// True if the message is about a failure.
    is_failure: bool,
    /// Label of a button, and its callback.
    action: Option<(String, Callback<()>)>,
    /// Called by the close button and after the action.
    on_dismiss: Callback<()>,
) -> impl IntoView {
    let glyph = if is_failure { Glyph::Warning } else { Glyph::Tick };
    let action = action.map(|(label, run)| {
        let act = move |_| {
            on_dismiss.run(());
            // The callback is gone if its page was closed.
            let _ = run.try_run(());
        };
        view! {
            <button class="button quiet" type="button" data-testid="toast-action" on:click=act>
                {label}
            </button>
        }
    });
    view! {
        <div class="toast" class:failed=is_failure role="status" data-testid="toast">
            <Icon glyph=glyph />
            <p>{text}</p>
            {action}
            <button
                class="icon-button"
                type="button"
                aria-label="Dismiss"
                on:click=move |_| on_dismiss.run(())
            >
                <Icon glyph=Glyph::Cross />
            </button>
        </div>
    }
}
