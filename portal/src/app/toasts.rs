//! The list of toasts in a corner.

use leptos::prelude::*;

use crate::{
    state::{Notifications, ToastKind},
    ui::toast::ToastCard,
};

/// The toasts, oldest first.
#[component]
pub fn Toasts() -> impl IntoView {
    let notifications = expect_context::<Notifications>();
    view! {
        <div class="toasts">
            <For each=move || notifications.toasts.get() key=|toast| toast.id let:toast>
                <ToastCard
                    text=toast.text
                    is_failure=toast.kind == ToastKind::Failed
                    action=toast.action
                    on_dismiss=Callback::new(move |()| notifications.dismiss_toast(toast.id))
                />
            </For>
        </div>
    }
}
