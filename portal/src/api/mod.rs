//! The gateway's GraphQL API: one file per noun, and the failures of a request.
//!
//! Each file starts with plain types for the portal. The GraphQL fragments follow in a module `wire`; cynic checks them
//! against the gateway's schema at compile time.

mod allotment_calendar;
mod allotments;
mod api_clients;
mod attention;
mod change_sets;
pub mod json;
mod night_totals;
mod overview;
mod pickup;
mod presence;
mod properties;
mod rate_limit;
mod restrictions;
mod scalars;
pub mod session;
mod stock_events;
mod transport;
mod viewer;

pub use allotment_calendar::*;
pub use allotments::*;
pub use api_clients::*;
pub use attention::*;
pub use change_sets::*;
pub use night_totals::*;
pub use overview::*;
pub use pickup::*;
pub use presence::*;
pub use properties::*;
pub use rate_limit::*;
pub use restrictions::*;
pub use stock_events::*;
pub use viewer::*;

pub(crate) use self::scalars::{Cursor, Instant, Uuid, whole};

/// The gateway's schema as types, for the fragments.
#[cynic::schema("lodgate")]
pub(crate) mod schema {}

/// The reason why a request has no data.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The session has ended; the sign-in form is shown.
    SignedOut,
    /// The gateway cannot be reached.
    Unreachable,
    /// Too many requests, with the time to wait in milliseconds.
    Throttled(u32),
    /// The user's role does not allow the request.
    NotAllowed,
    /// Any other failure.
    Other {
        /// Sentence to show.
        message: String,
        /// Id of the request in the gateway's log.
        request_id: Option<String>,
    },
}

impl Failure {
    /// The answer does not match the schema.
    pub(crate) fn unreadable() -> Self {
        Self::other("Lodgate's answer cannot be read. Reload the page")
    }

    /// The property is not visible, or not any more.
    pub(crate) fn no_property() -> Self {
        Self::other("You no longer have access to this hotel")
    }

    fn other(message: &str) -> Self {
        Self::Other { message: message.to_owned(), request_id: None }
    }

    /// Sentence to show; empty for an ended session, because the sign-in form shows that itself.
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
