//! Who is signed in, the machines of the organisation, and its limits.

use cynic::{MutationBuilder as _, QueryBuilder as _};

use super::{
    Failure, Instant,
    scalars::{Scope, UserRole},
    schema,
    transport::ask,
    whole,
};
use crate::{app::session::Session, domain::sort::ordered};

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
    /// Points for reading; none is without limit.
    pub reads: Option<Points>,
    /// Points for changing; none is without limit.
    pub writes: Option<Points>,
    /// Connections that are open, and the most that may be; none is without limit.
    pub sockets: Option<(u32, u32)>,
    /// Whether each of several nodes grants its own part at this moment.
    pub is_apart: bool,
    /// Minute by minute over the last hour, oldest first: operations let through, operations refused.
    pub minutes: Vec<(u32, u32)>,
}

/// A budget of points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Points {
    /// Those that come back a second.
    pub per_second: u32,
    /// Those of a full budget.
    pub burst: u32,
    /// Those that are left.
    pub remaining: u32,
}

/// Who is signed in.
pub async fn viewer(session: Session) -> Result<Viewer, Failure> {
    Ok(ask(session, wire::WhoAmI::build(())).await?.viewer.into())
}

/// The machines of the organisation, newest first, those shut out among them.
pub async fn api_clients(session: Session) -> Result<Vec<ApiClient>, Failure> {
    let found = ask(session, wire::ApiClients::build(())).await?.api_clients;
    Ok(ordered(found.into_iter().map(ApiClient::from), |one, other| other.created_ms.total_cmp(&one.created_ms)))
}

/// The rate of requests.
pub async fn rate(session: Session) -> Result<Rate, Failure> {
    Ok(ask(session, wire::Rate::build(())).await?.rate_limit.into())
}

/// Makes a machine; gives it with its secret, which is shown this once. The inner error is a sentence for the form.
pub async fn create_api_client(
    session: Session,
    label: &str,
    scopes: &[String],
) -> Result<Result<(ApiClient, String), String>, Failure> {
    let scopes = scopes.iter().map(|name| scope_of(name)).collect();
    let input = wire::CreateApiClientInput { label: label.to_owned(), scopes };
    let operation = wire::CreateApiClient::build(wire::CreateVariables { input });
    let made = ask(session, operation).await?.create_api_client;
    if let Some(refusal) = refusal(&made.user_errors) {
        return Ok(Err(refusal));
    }
    let client = made.client.zip(made.secret).ok_or_else(Failure::unreadable)?;
    Ok(Ok((client.0.into(), client.1)))
}

/// Shuts a machine out.
pub async fn revoke_api_client(session: Session, id: &str) -> Result<Result<(), String>, Failure> {
    let input = wire::RevokeApiClientInput { id: cynic::Id::new(id) };
    let operation = wire::RevokeApiClient::build(wire::RevokeVariables { input });
    let shut_out = ask(session, operation).await?.revoke_api_client;
    Ok(refusal(&shut_out.user_errors).map_or(Ok(()), Err))
}

/// Every reason in one line, if there is one.
fn refusal(errors: &[wire::UserError]) -> Option<String> {
    let sentences: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
    (!sentences.is_empty()).then(|| sentences.join(" · "))
}

impl From<wire::Viewer> for Viewer {
    fn from(viewer: wire::Viewer) -> Self {
        // A machine has no role and no address, but it can't sign in here.
        let (email, role) = viewer.user.map(|user| (user.email, user.role.0)).unwrap_or_default();
        Self {
            email,
            role,
            tenant_code: viewer.tenant.code,
            tenant_name: viewer.tenant.name,
            scopes: names(viewer.scopes),
            plan: viewer.plan,
        }
    }
}

impl From<wire::ApiClient> for ApiClient {
    fn from(client: wire::ApiClient) -> Self {
        Self {
            id: client.id.into_inner(),
            client_id: client.client_id,
            label: client.label,
            plan: client.plan,
            scopes: names(client.scopes),
            created_ms: client.created_at.0,
            revoked_ms: client.revoked_at.map(|Instant(ms)| ms),
        }
    }
}

impl From<wire::RateLimit> for Rate {
    fn from(rate: wire::RateLimit) -> Self {
        Self {
            plan: rate.plan,
            per_second: rate.requests_per_second.map(whole),
            burst: rate.burst.map(whole),
            remaining: rate.remaining.map(whole),
            reads: rate.reads.map(Points::from),
            writes: rate.writes.map(Points::from),
            sockets: rate.sockets.map(|sockets| (whole(sockets.open), whole(sockets.most))),
            is_apart: !rate.shared && rate.nodes > 1,
            minutes: rate.minutes.iter().map(|minute| (whole(minute.allowed), whole(minute.refused))).collect(),
        }
    }
}

impl From<wire::CostBudget> for Points {
    fn from(budget: wire::CostBudget) -> Self {
        Self {
            per_second: whole(budget.points_per_second),
            burst: whole(budget.burst),
            remaining: whole(budget.remaining),
        }
    }
}

/// The scope that is called `inventory:read`, which the interface writes `INVENTORY_READ`.
fn scope_of(name: &str) -> Scope {
    Scope(name.replace(':', "_").to_uppercase())
}

fn names(scopes: Vec<Scope>) -> Vec<String> {
    scopes.into_iter().map(|Scope(name)| name.to_lowercase().replacen('_', ":", 1)).collect()
}

mod wire {
    use super::{Instant, Scope, UserRole, schema};

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query")]
    pub struct WhoAmI {
        pub viewer: Viewer,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Viewer {
        pub user: Option<User>,
        pub tenant: Tenant,
        pub scopes: Vec<Scope>,
        pub plan: String,
    }

    #[derive(cynic::QueryFragment)]
    pub struct User {
        pub email: String,
        pub role: UserRole,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Tenant {
        pub code: String,
        pub name: String,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query")]
    pub struct ApiClients {
        pub api_clients: Vec<ApiClient>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct ApiClient {
        pub id: cynic::Id,
        pub client_id: String,
        pub label: String,
        pub plan: String,
        pub scopes: Vec<Scope>,
        pub created_at: Instant,
        pub revoked_at: Option<Instant>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query")]
    pub struct Rate {
        pub rate_limit: RateLimit,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RateLimit {
        pub plan: String,
        pub requests_per_second: Option<i32>,
        pub burst: Option<i32>,
        pub remaining: Option<i32>,
        pub reads: Option<CostBudget>,
        pub writes: Option<CostBudget>,
        pub sockets: Option<OpenLimit>,
        pub shared: bool,
        pub nodes: i32,
        pub minutes: Vec<RateMinute>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct CostBudget {
        pub points_per_second: i32,
        pub burst: i32,
        pub remaining: i32,
    }

    #[derive(cynic::QueryFragment)]
    pub struct OpenLimit {
        pub open: i32,
        pub most: i32,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RateMinute {
        pub allowed: i32,
        pub refused: i32,
    }

    #[derive(cynic::QueryVariables)]
    pub struct CreateVariables {
        pub input: CreateApiClientInput,
    }

    #[derive(cynic::InputObject)]
    pub struct CreateApiClientInput {
        pub label: String,
        pub scopes: Vec<Scope>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "CreateVariables")]
    pub struct CreateApiClient {
        #[arguments(input: $input)]
        pub create_api_client: CreateApiClientPayload,
    }

    #[derive(cynic::QueryFragment)]
    pub struct CreateApiClientPayload {
        pub client: Option<ApiClient>,
        pub secret: Option<String>,
        pub user_errors: Vec<UserError>,
    }

    #[derive(cynic::QueryVariables)]
    pub struct RevokeVariables {
        pub input: RevokeApiClientInput,
    }

    #[derive(cynic::InputObject)]
    pub struct RevokeApiClientInput {
        pub id: cynic::Id,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "RevokeVariables")]
    pub struct RevokeApiClient {
        #[arguments(input: $input)]
        pub revoke_api_client: RevokeApiClientPayload,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RevokeApiClientPayload {
        pub user_errors: Vec<UserError>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct UserError {
        pub message: String,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scopes_go_out_as_they_came_in() {
        for scope in SCOPES {
            let wire = serde_json::to_value(scope_of(scope)).expect("a scope");
            assert_eq!(names(vec![scope_of(scope)]), [scope]);
            assert_eq!(wire, json!(scope.replace(':', "_").to_uppercase()));
        }
    }

    #[test]
    fn who_is_signed_in_is_read() {
        let data: wire::WhoAmI = serde_json::from_value(json!({ "viewer": {
            "user": { "email": "ann@harbour.example", "role": "MANAGER" },
            "tenant": { "code": "harbour", "name": "Harbour Hotels" },
            "scopes": ["INVENTORY_READ", "INVENTORY_WRITE"], "plan": "standard",
        } }))
        .expect("an answer of the schema");
        let viewer = Viewer::from(data.viewer);
        assert_eq!((viewer.email.as_str(), viewer.role.as_str()), ("ann@harbour.example", "MANAGER"));
        assert!(viewer.may("inventory:write") && !viewer.may("tenant:admin"));
    }

    #[test]
    fn a_machine_is_read_with_its_secret() {
        let data: wire::CreateApiClient = serde_json::from_value(json!({ "createApiClient": {
            "client": {
                "id": "m1", "clientId": "lg_1", "label": "PMS", "plan": "standard", "scopes": ["RESERVATIONS_READ"],
                "createdAt": "2026-12-16T10:00:00Z", "revokedAt": null,
            },
            "secret": "s3cret", "userErrors": [],
        } }))
        .expect("an answer of the schema");
        let client = ApiClient::from(data.create_api_client.client.expect("a machine"));
        assert_eq!((client.scopes, client.revoked_ms), (vec!["reservations:read".to_owned()], None));
    }

    #[test]
    fn a_rate_without_limit_has_no_numbers() {
        let data: wire::Rate = serde_json::from_value(json!({ "rateLimit": {
            "plan": "unmetered", "requestsPerSecond": null, "burst": null, "remaining": null,
            "reads": null, "writes": null, "sockets": null, "shared": true, "nodes": 1,
            "minutes": [{ "allowed": 3, "refused": 1 }],
        } }))
        .expect("an answer of the schema");
        let rate = Rate::from(data.rate_limit);
        assert_eq!((rate.per_second, rate.reads, rate.minutes), (None, None, vec![(3, 1)]));
    }

    #[test]
    fn budgets_of_points_are_read_with_the_rate() {
        let data: wire::Rate = serde_json::from_value(json!({ "rateLimit": {
            "plan": "starter", "requestsPerSecond": 5, "burst": 20, "remaining": 19,
            "reads": { "pointsPerSecond": 2000, "burst": 100_000, "remaining": 99_000 },
            "writes": { "pointsPerSecond": 500, "burst": 60_000, "remaining": 60_000 },
            "sockets": { "open": 1, "most": 20 }, "shared": false, "nodes": 2, "minutes": [],
        } }))
        .expect("an answer of the schema");
        let rate = Rate::from(data.rate_limit);
        assert_eq!(rate.reads, Some(Points { per_second: 2_000, burst: 100_000, remaining: 99_000 }));
        assert_eq!((rate.sockets, rate.is_apart), (Some((1, 20)), true));
    }

    #[test]
    fn a_refusal_is_one_line() {
        let data: wire::RevokeApiClient = serde_json::from_value(json!({ "revokeApiClient": {
            "userErrors": [{ "message": "no such machine" }, { "message": "really not" }],
        } }))
        .expect("an answer of the schema");
        let told = refusal(&data.revoke_api_client.user_errors);
        assert_eq!(told.as_deref(), Some("no such machine · really not"));
        assert_eq!(refusal(&[]), None);
    }
}
