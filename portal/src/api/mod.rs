//! The gateway's GraphQL API: one file per noun, and the failures of a request.
//!
//! Each file starts with plain types for the portal. The fragments of its queries follow in a module `wire`; they are
//! checked against the gateway's schema at compile time.

mod allotment_calendar;
mod allotments;
mod api_clients;
mod change_sets;
pub mod json;
mod presence;
mod properties;
mod rate_limit;
mod restrictions;
mod scalars;
pub mod session;
mod stock_events;
mod today;
mod transport;
mod viewer;

pub use allotment_calendar::*;
pub use allotments::*;
pub use api_clients::*;
pub use change_sets::*;
pub use presence::*;
pub use properties::*;
pub use rate_limit::*;
pub use restrictions::*;
pub use stock_events::*;
pub use today::*;
pub use viewer::*;

pub(crate) use self::scalars::{Cursor, Instant, Uuid, whole};

/// The gateway's schema as types, for the fragments.
#[cynic::schema("lodgate")]
pub(crate) mod schema {}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The session is over; the sign-in form is shown already.
    SignedOut,
    /// The gateway cannot be reached.
    Unreachable,
    /// Too many requests; the wait is in milliseconds.
    Throttled(u32),
    /// The person's role does not allow it.
    NotAllowed,
    /// Anything else.
    Other {
        /// A sentence for the panel that asked.
        message: String,
        /// By which the operator finds it in the logs.
        request_id: Option<String>,
    },
}

impl Failure {
    /// An answer that is none.
    pub(crate) fn unreadable() -> Self {
        Self::other("Lodgate's answer was not understood. Reload the page")
    }

    /// The property was taken away, or was never this supplier's.
    pub(crate) fn no_property() -> Self {
        Self::other("This hotel is no longer yours to see")
    }

    fn other(message: &str) -> Self {
        Self::Other { message: message.to_owned(), request_id: None }
    }

    /// A sentence for a person; empty for a session that is over, which the sign-in form tells itself.
    pub fn sentence(&self) -> String {
        match self {
            Self::SignedOut => String::new(),
            Self::Unreachable => "Lodgate cannot be reached. Check your connection.".to_owned(),
            Self::Throttled(wait) => format!("Too many requests. Try again in {} s.", wait.div_ceil(1000)),
            Self::NotAllowed => "Your role does not allow this. Ask an owner of your organisation.".to_owned(),
            Self::Other { message, request_id } => {
                let mut text = message.trim_end_matches('.').to_owned() + ".";
                if let Some(id) = request_id {
                    text.push_str(&format!(" (request {id})"));
                }
                text
            }
        }
    }
}
