//! The gateway's GraphQL interface: one file a noun, the shapes of answers, and what can go wrong.

mod clients;
mod history;
mod hotels;
mod nights;
mod today;
mod writes;

pub use clients::*;
pub use history::*;
pub use hotels::*;
pub use nights::*;
pub use today::*;
pub use writes::*;

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
    Told {
        /// A sentence for the panel that asked.
        message: String,
        /// By which the operator finds it in the logs.
        request_id: Option<String>,
    },
}

impl Failure {
    /// A sentence for a person; empty for a session that is over, which the sign-in form tells itself.
    pub fn sentence(&self) -> String {
        match self {
            Self::SignedOut => String::new(),
            Self::Unreachable => "Lodgate cannot be reached. Check your connection.".to_owned(),
            Self::Throttled(wait) => format!("Too many requests. Try again in {} s.", wait.div_ceil(1000)),
            Self::NotAllowed => "Your role does not allow this. Ask an owner of your organisation.".to_owned(),
            Self::Told { message, request_id } => {
                let mut text = message.trim_end_matches('.').to_owned() + ".";
                if let Some(id) = request_id {
                    text.push_str(&format!(" (request {id})"));
                }
                text
            }
        }
    }
}
