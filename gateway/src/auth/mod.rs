//! From credentials to a [`Viewer`]: who asks, for which tenant, with which scopes, on which plan, until when.
//!
//! The tenant comes from a verified token and from nothing else. No cookie is accepted outside `/oauth`.

pub mod api_clients;
mod bearer;
mod claims;
mod error;
pub mod external;
mod header;
mod issuer;
pub mod keys;
mod passwords;
pub(crate) mod recent;
mod revoked;
mod scopes;
mod secret;
mod sessions;
mod throttle;
mod token_answer;
mod token_request;
pub mod tokens;
mod verified;
mod viewer;

pub use bearer::Bearer;
pub use claims::{AUDIENCE, Claims, Grant, SubjectId, is_tenant_code};
pub use error::AuthError;
pub use external::Externals;
pub use issuer::{Issuer, IssuerError};
pub use passwords::{PasswordError, Passwords};
pub use scopes::{Scope, Scopes, UnknownScope};
pub use secret::Secret;
pub use tokens::AuthState;
pub use viewer::{MissingScope, Subject, TokenRef, Viewer};
