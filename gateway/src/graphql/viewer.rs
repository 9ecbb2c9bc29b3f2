//! The caller, its limits and its machines.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use lodgate_entities::api_client;

use super::access::{self, app};
use super::cost::{self, CostBudget, OpenLimit, whole};
use super::enums::{Scope, UserRole};
use super::error;
use super::mutation_result::UserError;
use super::property::{Tenant, tenant};
use super::scalars::NodeId;
use crate::auth::{self, Subject, api_clients};
use crate::limits::{Budget, Minute, Plan};

/// Who the token says you are.
pub struct Viewer(pub auth::Viewer);

/// A person of a tenant.
#[derive(SimpleObject, Clone, Debug)]
pub struct User {
    /// Opaque id.
    pub id: ID,
    /// Address to sign in with.
    pub email: String,
    /// What the person may do.
    pub role: UserRole,
}

/// Who the token says you are.
#[Object]
impl Viewer {
    /// Your organisation.
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Tenant> {
        tenant(ctx, self.0.tenant).await
    }

    /// The person, if the token is a person's.
    async fn user(&self) -> Option<User> {
        match &self.0.subject {
            Subject::User { id, role, email, .. } => {
                Some(User { id: NodeId::User(*id).encode(), email: email.clone(), role: (*role).into() })
            }
            _ => None,
        }
    }

    /// Label of the machine, if the token is a machine's.
    async fn client(&self) -> Option<&str> {
        match &self.0.subject {
            Subject::Client { label, .. } => Some(label),
            _ => None,
        }
    }

    /// What the token may do.
    async fn scopes(&self) -> Vec<Scope> {
        self.0.scopes.iter().map(Into::into).collect()
    }

    /// The plan that sets your limits.
    async fn plan(&self) -> &'static str {
        self.0.plan.name()
    }

    /// When the token ends.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}

/// Your limits, and what is left of them.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateLimit {
    /// The plan.
    pub plan: &'static str,
    /// Operations a second, in the long run; null is without limit.
    pub requests_per_second: Option<i32>,
    /// Operations at once; null is without limit.
    pub burst: Option<i32>,
    /// Operations left at this moment, this one paid; null is without limit.
    pub remaining: Option<i32>,
    /// Points for queries and subscriptions; null is without limit.
    pub reads: Option<CostBudget>,
    /// Points for mutations; null is without limit.
    pub writes: Option<CostBudget>,
    /// Messages of subscriptions a second, in the long run; past it they say more and come less often. Null is without
    /// limit.
    pub events_per_second: Option<i32>,
    /// Sockets; null is without limit.
    pub sockets: Option<OpenLimit>,
    /// Subscriptions; null is without limit.
    pub subscriptions: Option<OpenLimit>,
    /// Whether the limits hold over all nodes together at this moment. If not, this node grants its own part of them:
    /// one part of as many as there are `nodes`.
    pub shared: bool,
    /// Nodes that grant the limits, as last known.
    pub nodes: i32,
    /// The last 60 minutes of your organisation at this node, oldest first; the last one is still running.
    pub minutes: Vec<RateMinute>,
}

/// What your organisation asked of this node within a minute.
#[derive(SimpleObject, Clone, Debug)]
pub struct RateMinute {
    /// When the minute began.
    pub from: DateTime<Utc>,
    /// Operations that were granted.
    pub allowed: i32,
    /// Operations that were over the rate.
    pub refused: i32,
}

/// The caller's limits, and what is left of them.
///
/// # Errors
/// When the request carries no caller.
pub fn rate_limit(ctx: &Context<'_>) -> Result<RateLimit> {
    let viewer = access::viewer(ctx)?;
    let limits = &app(ctx)?.limits;
    let grant = limits.grant(viewer.plan);
    let requests = limits.status(viewer.tenant, viewer.plan, Budget::Requests);
    let open = limits.open(viewer.tenant, viewer.plan);
    let minute = |minute: Minute| RateMinute {
        from: minute.from,
        allowed: whole(minute.allowed),
        refused: whole(minute.refused),
    };
    Ok(RateLimit {
        plan: viewer.plan.name(),
        requests_per_second: grant.map(|grant| whole(grant.requests.per_second)),
        burst: grant.map(|grant| whole(grant.requests.burst)),
        remaining: requests.map(|requests| whole(requests.remaining)),
        reads: cost::budget(limits, viewer, Budget::Reads),
        writes: cost::budget(limits, viewer, Budget::Writes),
        events_per_second: grant.map(|grant| whole(grant.events.per_second)),
        sockets: grant.map(|grant| OpenLimit { open: whole(open.sockets), most: whole(grant.open.sockets) }),
        subscriptions: grant
            .map(|grant| OpenLimit { open: whole(open.subscriptions), most: whole(grant.open.subscriptions) }),
        shared: limits.is_shared(),
        nodes: whole(limits.nodes()),
        minutes: limits.minutes(viewer.tenant).into_iter().map(minute).collect(),
    })
}

/// A machine of your organisation. Its label is the actor of what it does.
#[derive(Clone, Debug)]
pub struct ApiClient {
    row: api_client::Model,
}

/// A machine of your organisation. Its label is the actor of what it does.
#[Object]
impl ApiClient {
    /// Opaque id.
    async fn id(&self) -> ID {
        NodeId::ApiClient(self.row.id).encode()
    }

    /// What it signs in with, beside its secret.
    async fn client_id(&self) -> &str {
        &self.row.client_id
    }

    /// What it is called in the journal.
    async fn label(&self) -> &str {
        &self.row.label
    }

    /// What its tokens may do.
    async fn scopes(&self) -> Vec<Scope> {
        let scopes: auth::Scopes = self.row.scopes.parse().unwrap_or(auth::Scopes::NONE);
        scopes.iter().map(Into::into).collect()
    }

    /// Its plan.
    async fn plan(&self) -> &str {
        &self.row.plan
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When it was shut out; null while it works.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.row.revoked_at
    }
}

/// A new machine.
#[derive(InputObject, Clone, Debug)]
pub struct CreateApiClientInput {
    /// What it is called in the journal, 1 to 100 characters.
    pub label: String,
    /// What its tokens may do; no more than yours.
    pub scopes: Vec<Scope>,
}

/// What became of it.
#[derive(SimpleObject, Clone, Default)]
pub struct CreateApiClientPayload {
    /// The machine.
    pub client: Option<ApiClient>,
    /// Its secret, shown this once.
    pub secret: Option<String>,
    /// Why nothing was written.
    pub user_errors: Vec<UserError>,
}

/// Which machine to shut out.
#[derive(InputObject, Clone, Debug)]
pub struct RevokeApiClientInput {
    /// Its opaque id.
    pub id: ID,
}

/// What became of it.
#[derive(SimpleObject, Clone, Default)]
pub struct RevokeApiClientPayload {
    /// The machine.
    pub client: Option<ApiClient>,
    /// Why nothing was written.
    pub user_errors: Vec<UserError>,
}

/// Most machines that are listed.
const MAX_CLIENTS: u64 = 200;

/// The machines of the caller's organisation.
///
/// # Errors
/// `FORBIDDEN` without `tenant:admin`; when the database can't be reached.
pub async fn api_clients(ctx: &Context<'_>) -> Result<Vec<ApiClient>> {
    let viewer = access::viewer_with(ctx, auth::Scope::TenantAdmin)?;
    let rows = access::read(ctx, api_clients::list(&app(ctx)?.database.read, viewer.tenant, MAX_CLIENTS)).await?;
    Ok(rows.into_iter().map(|row| ApiClient { row }).collect())
}

/// Makes a machine of the caller's organisation.
///
/// # Errors
/// `FORBIDDEN` without `tenant:admin`; when the database can't be reached.
pub async fn create_api_client(ctx: &Context<'_>, input: CreateApiClientInput) -> Result<CreateApiClientPayload> {
    let viewer = access::viewer_with(ctx, auth::Scope::TenantAdmin)?;
    let scopes: auth::Scopes = input.scopes.iter().map(|scope| (*scope).into()).collect();
    let mut wrong = Vec::new();
    if input.label.trim().is_empty() || input.label.chars().count() > 100 {
        wrong.push(UserError::invalid("label", "a label has 1 to 100 characters"));
    }
    if scopes.is_empty() || !viewer.scopes.covers(scopes) {
        wrong.push(UserError::invalid("scopes", "give at least one scope, and none that your own token lacks"));
    }
    if !wrong.is_empty() {
        return Ok(CreateApiClientPayload { user_errors: wrong, ..Default::default() });
    }
    let app = app(ctx)?;
    // The operator's own plan is for its tools, not for what they hand out.
    let plan = if viewer.plan == Plan::Unmetered { Plan::Standard } else { viewer.plan };
    let new = api_clients::NewApiClient { tenant: viewer.tenant, label: input.label, scopes, plan };
    let (row, secret) = api_clients::create(&app.database.write, new, app.clock.now())
        .await
        .map_err(|error| error::database(&error))?;
    Ok(CreateApiClientPayload {
        client: Some(ApiClient { row }),
        secret: Some(secret.reveal().to_owned()),
        user_errors: Vec::new(),
    })
}

/// Shuts a machine of the caller's organisation out; its tokens end within seconds.
///
/// # Errors
/// `FORBIDDEN` without `tenant:admin`; when the database can't be reached.
pub async fn revoke_api_client(ctx: &Context<'_>, input: RevokeApiClientInput) -> Result<RevokeApiClientPayload> {
    let viewer = access::viewer_with(ctx, auth::Scope::TenantAdmin)?;
    let app = app(ctx)?;
    let found = match NodeId::decode(&input.id) {
        Some(NodeId::ApiClient(id)) => {
            api_clients::revoke(&app.database.write, viewer.tenant, id, app.clock.now()).await
        }
        _ => Ok(None),
    };
    Ok(match found.map_err(|error| error::database(&error))? {
        Some(row) => RevokeApiClientPayload { client: Some(ApiClient { row }), user_errors: Vec::new() },
        None => RevokeApiClientPayload {
            client: None,
            user_errors: vec![UserError::invalid("id", "no such client of yours")],
        },
    })
}
