//! Authentication: from credentials to a [`Viewer`] with its tenant, scopes, plan and expiry.
//!
//! The tenant comes from a verified token and from nothing else. No cookie is accepted outside `/oauth`.

pub mod api_clients;
mod bearer;
mod claims;
mod error;
pub mod external;
mod issuer;
mod jwt_header;
pub mod keys;
pub mod oauth;
mod passwords;
pub(crate) mod recent;
mod revocation;
mod scopes;
mod secret;
mod sessions;
mod throttle;
mod token_request;
mod token_response;
mod verified_tokens;
mod viewer;

pub use self::oauth::AuthState;
pub use bearer::Bearer;
pub use claims::{AUDIENCE, Claims, Grant, SubjectId, is_tenant_code};
pub use error::AuthError;
pub use external::Externals;
pub use issuer::{Issuer, IssuerError};
pub use passwords::{PasswordError, Passwords};
pub use scopes::{Scope, Scopes, UnknownScope};
pub use secret::Secret;
pub use viewer::{MissingScope, Subject, TokenRef, Viewer};
