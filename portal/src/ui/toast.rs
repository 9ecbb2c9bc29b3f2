//! The list of toasts in a corner.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::state::{Notifications, ToastKind};

/// The toasts, oldest first.
#[component]
pub fn Toasts() -> impl IntoView {
    let notifications = expect_context::<Notifications>();
    view! {
        <div class="toasts">
            <For each=move || notifications.toasts.get() key=|toast| toast.id let:toast>
                {
                    let id = toast.id;
                    let glyph = match toast.kind {
                        ToastKind::Done => Glyph::Tick,
                        ToastKind::Failed => Glyph::Warning,
                    };
                    let action = toast.action.map(|(word, run)| {
                        let act = move |_| {
                            notifications.dismiss_toast(id);
                            // One that a page left behind may have nothing left to do.
                            let _ = run.try_run(());
                        };
                        view! {
                            <button class="button quiet" type="button" data-testid="toast-action" on:click=act>
                                {word}
                            </button>
                        }
                    });
                    view! {
                        <div
                            class="toast"
                            class:failed=toast.kind == ToastKind::Failed
                            role="status"
                            data-testid="toast"
                        >
                            <Icon glyph=glyph />
                            <p>{toast.text}</p>
                            {action}
                            <button
                                class="icon-button"
                                type="button"
                                aria-label="Dismiss"
                                on:click=move |_| notifications.dismiss_toast(id)
                            >
                                <Icon glyph=Glyph::Cross />
                            </button>
                        </div>
                    }
                }
            </For>
        </div>
    }
}
