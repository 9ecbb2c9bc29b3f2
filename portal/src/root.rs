//! The root component. It shows the sign-in form or the page of the address.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::session::{Session, SessionStatus},
    app::{page::Page, router::Router, shell::Shell, theme::Appearance},
    pages::{
        activity::Activity, calendar::Calendar, developers::Developers, not_found::NotFound, sign_in::SignIn,
        today::Today, wallboard::Wallboard,
    },
    state::{self, Account, Loader},
};

/// The portal: the sign-in form, or the page of the address for a signed-in user.
#[component]
pub fn App() -> impl IntoView {
    let session = Session::signed_out();
    let loader = state::provide(session);
    provide_context(session);
    provide_context(Appearance::stored());
    let router = Router::start();
    provide_context(router);
    spawn_local(session.resume());
    load_on_sign_in(session, loader);

    // While the session is being resumed, nothing is rendered: the placeholder of the page stays visible.
    let status = Memo::new(move |_| session.status());
    let page = Memo::new(move |_| Page::at(&router.path()));
    let shown = move || match page.get() {
        Some(Page::Today) => view! { <Today /> }.into_any(),
        Some(Page::Calendar) => view! { <Calendar /> }.into_any(),
        Some(Page::Activity) => view! { <Activity /> }.into_any(),
        Some(Page::Developers) => view! { <Developers /> }.into_any(),
        Some(Page::Wallboard) => view! { <Wallboard /> }.into_any(),
        None => view! { <NotFound /> }.into_any(),
    };
    move || match status.get() {
        SessionStatus::Resuming => None,
        SessionStatus::Out => Some(view! { <SignIn /> }.into_any()),
        SessionStatus::In => Some(view! { <Shell page>{shown}</Shell> }.into_any()),
    }
}

/// Loads the state when a user signs in and clears it when they sign out. A session that expires clears nothing:
/// its drafts are there when the same person is back.
fn load_on_sign_in(session: Session, loader: Loader) {
    let account = expect_context::<Account>();
    Effect::new(move |before: Option<SessionStatus>| {
        let status = session.status();
        if before == Some(status) {
            return status;
        }
        match status {
            SessionStatus::In => {
                let last = account.viewer.with_untracked(|viewer| viewer.as_ref().map(|viewer| viewer.email.clone()));
                let now = session.email();
                if last.is_some_and(|last| !now.is_empty() && !last.eq_ignore_ascii_case(&now)) {
                    loader.clear();
                }
                spawn_local(loader.load());
            }
            SessionStatus::Out if before == Some(SessionStatus::In) && !session.has_expired() => loader.clear(),
            SessionStatus::Out | SessionStatus::Resuming => {}
        }
        status
    });
}
