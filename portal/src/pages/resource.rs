//! A resource that a page reads from the gateway and refetches.

use std::{future::Future, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use crate::{api::Failure, state::Stock, ui::error_panel::ErrorPanel};

/// Time to collect changes before one refetch.
const REFETCH_DELAY: Duration = Duration::from_secs(1);

/// Data read from the gateway. The last answer stays visible during a refetch and after a failed one.
pub struct Resource<T: Send + Sync + 'static> {
    /// The last answer.
    pub value: RwSignal<Option<T>>,
    /// Failure of the last attempt.
    pub failure: RwSignal<Option<Failure>>,
    /// True if a read is running.
    pub is_busy: RwSignal<bool>,
    request_count: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Resource<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Resource<T> {}

impl<T: Send + Sync + 'static> Resource<T> {
    /// Reads at once and on every [`refetch`](Self::refetch). The resource lives as long as the calling component.
    pub fn new<F: Future<Output = Result<T, Failure>> + 'static>(read: impl Fn() -> F + 'static) -> Self {
        let resource = Self {
            value: RwSignal::new(None),
            failure: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            request_count: RwSignal::new(0),
        };
        Effect::new(move |_| {
            let request_count = resource.request_count.get();
            resource.is_busy.set(true);
            let answer = untrack(&read);
            spawn_local(async move {
                let answer = answer.await;
                // The page may be closed, or a later request may run, whose answer counts.
                if resource.request_count.try_get_untracked() != Some(request_count) {
                    return;
                }
                match answer {
                    Ok(value) => {
                        resource.value.try_set(Some(value));
                        resource.failure.try_set(None);
                    }
                    Err(failure) => {
                        resource.failure.try_set(Some(failure));
                    }
                }
                resource.is_busy.try_set(false);
            });
        });
        resource
    }

    /// Reads again.
    pub fn refetch(self) {
        self.request_count.try_update(|request_count| *request_count = request_count.wrapping_add(1));
    }

    /// A callback that refetches.
    pub fn retry(self) -> Callback<()> {
        Callback::new(move |()| self.refetch())
    }

    /// The panel of the last failure; tracked.
    pub fn error_view(self) -> Option<AnyView> {
        let failure = self.failure.get()?;
        Some(view! { <ErrorPanel failure=failure on_retry=self.retry() /> }.into_any())
    }
}

/// Runs `act` one second after shown nights changed. Several changes within the second run it once.
pub fn on_changes(stock: Stock, act: impl Fn() + Copy + Send + Sync + 'static) {
    let is_scheduled = StoredValue::new(false);
    Effect::new(move |before: Option<()>| {
        stock.track();
        if before.is_none() || is_scheduled.get_value() {
            return;
        }
        is_scheduled.set_value(true);
        let run = move || {
            // `None` after the page is closed.
            if is_scheduled.try_get_value() == Some(true) {
                is_scheduled.set_value(false);
                act();
            }
        };
        set_timeout(run, REFETCH_DELAY);
    });
}
