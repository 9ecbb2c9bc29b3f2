//! Who is signed in, the machines of the organisation, and its limits.

use super::Failure;
use crate::session::Session;

/// What a token may do, named as in the interface, for example `inventory:read`.
pub const SCOPES: [&str; 5] =
    ["inventory:read", "inventory:write", "reservations:read", "reservations:write", "tenant:admin"];

/// Who is signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer {
    /// The person's address.
    pub email: String,
    /// `OWNER`, `MANAGER` or `VIEWER`.
    pub role: String,
    /// Code of the organisation.
    pub tenant_code: String,
    /// Its name.
    pub tenant_name: String,
    /// What the person may do, as [`SCOPES`] names it.
    pub scopes: Vec<String>,
    /// The plan that sets its limits.
    pub plan: String,
}

impl Viewer {
    /// Whether the person may do this.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|one| one == scope)
    }
}

/// A machine of the organisation.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiClient {
    /// Opaque.
    pub id: String,
    /// What it signs in with.
    pub client_id: String,
    /// Its name in the journal.
    pub label: String,
    /// Its plan.
    pub plan: String,
    /// What its tokens may do.
    pub scopes: Vec<String>,
    /// When it was made: milliseconds since 1970.
    pub created_ms: f64,
    /// When it was shut out.
    pub revoked_ms: Option<f64>,
}

/// The rate of requests and what is left of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    /// The plan.
    pub plan: String,
    /// Operations a second in the long run; none is without limit.
    pub per_second: Option<u32>,
    /// Operations at once.
    pub burst: Option<u32>,
    /// Operations left at this moment.
    pub remaining: Option<u32>,
    /// Minute by minute over the last hour, oldest first: operations let through, operations refused.
    pub minutes: Vec<(u32, u32)>,
}

/// Who is signed in.
pub async fn viewer(session: Session) -> Result<Viewer, Failure> {
    let _ = session;
    Err(Failure::Unreachable)
}

/// The machines of the organisation, newest first, those shut out among them.
pub async fn api_clients(session: Session) -> Result<Vec<ApiClient>, Failure> {
    let _ = session;
    Err(Failure::Unreachable)
}

/// The rate of requests.
pub async fn rate(session: Session) -> Result<Rate, Failure> {
    let _ = session;
    Err(Failure::Unreachable)
}

/// Makes a machine; gives it with its secret, which is shown this once. The inner error is a sentence for the form.
pub async fn create_api_client(
    session: Session,
    label: &str,
    scopes: &[String],
) -> Result<Result<(ApiClient, String), String>, Failure> {
    let _ = (session, label, scopes);
    Err(Failure::Unreachable)
}

/// Shuts a machine out.
pub async fn revoke_api_client(session: Session, id: &str) -> Result<Result<(), String>, Failure> {
    let _ = (session, id);
    Err(Failure::Unreachable)
}
