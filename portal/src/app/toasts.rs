//! The list of toasts in a corner.

use leptos::prelude::*;

use crate::{
    state::{AppState, ToastKind},
    ui::toast::ToastCard,
};

/// The toasts, oldest first.
#[component]
pub fn Toasts() -> impl IntoView {
    let state = expect_context::<AppState>();
    view! {
        <div class="toasts">
            <For each=move || state.toasts.get() key=|toast| toast.id let:toast>
                <ToastCard
                    text=toast.text
                    is_failure=toast.kind == ToastKind::Failed
                    action=toast.action
                    on_dismiss=Callback::new(move |()| state.dismiss_toast(toast.id))
                />
            </For>
        </div>
    }
}
