//! The wrapper of pages about one property.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    domain::property::Property,
    state::{Account, Loader},
    ui::{error_panel::ErrorPanel, skeleton::Skeleton},
};

/// A page about one property. It is rebuilt for another property or business date, so that no old number stays visible.
#[component]
pub fn PropertyPage<V: IntoView + 'static>(
    /// Heading until the page is shown.
    name: &'static str,
    /// Builds the page.
    page: fn(Property) -> V,
) -> impl IntoView {
    let account = expect_context::<Account>();
    let loader = expect_context::<Loader>();
    let property = Memo::new(move |_| account.property());
    let is_read = Memo::new(move |_| account.properties.with(|properties| matches!(properties, Some(Ok(_)))));
    let failure = Memo::new(move |_| {
        account
            .properties
            .with(|properties| properties.as_ref().and_then(|properties| properties.as_ref().err().cloned()))
    });
    let retry = Callback::new(move |()| spawn_local(loader.load()));
    move || {
        if let Some(property) = property.get() {
            page(property).into_any()
        } else if let Some(failure) = failure.get() {
            view! {
                <div class="page">
                    <h1>{name}</h1>
                    <ErrorPanel failure=failure on_retry=retry />
                </div>
            }
            .into_any()
        } else if is_read.get() {
            view! {
                <div class="page">
                    <h1>{name}</h1>
                    <div class="nothing">
                        <h2>"No hotels yet"</h2>
                        <p>"Your organisation has no hotel here yet. Once a hotel is set up, its nights appear on this page."</p>
                    </div>
                </div>
            }
            .into_any()
        } else {
            view! {
                <div class="page">
                    <h1 class="unseen">{name}</h1>
                    <Skeleton lines=6 />
                </div>
            }
            .into_any()
        }
    }
}
