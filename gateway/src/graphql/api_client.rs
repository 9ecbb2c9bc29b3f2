//! API clients of the caller's organisation.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use lodgate_entities::api_client;

use super::access::{self, app};
use super::error;
use super::scalars::NodeId;
use super::user_error::UserError;
use super::viewer::Scope;
use crate::auth::{self, api_clients};
use crate::inventory::text_limits::label_problem;
use crate::limits::Plan;

/// An API client of your organisation. Its label is the actor of its changes.
#[derive(Clone, Debug)]
pub struct ApiClient {
    row: api_client::Model,
}

/// An API client of your organisation. Its label is the actor of its changes.
#[Object]
impl ApiClient {
    /// Opaque id.
    async fn id(&self) -> ID {
        NodeId::ApiClient(self.row.id).encode()
    }

    /// Client id for the token request, used with the secret.
    async fn client_id(&self) -> &str {
        &self.row.client_id
    }

    /// Name in the journal.
    async fn label(&self) -> &str {
        &self.row.label
    }

    /// Scopes of its tokens.
    async fn scopes(&self) -> Vec<Scope> {
        let scopes: auth::Scopes = self.row.scopes.parse().unwrap_or(auth::Scopes::NONE);
        scopes.iter().map(Into::into).collect()
    }

    /// Plan.
    async fn plan(&self) -> &str {
        &self.row.plan
    }

    /// Time of creation.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// Time of revocation; null while it is active.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.row.revoked_at
    }
}

/// A new API client.
#[derive(InputObject, Clone, Debug)]
pub struct CreateApiClientInput {
    /// Name in the journal, 1 to 100 characters.
    pub label: String,
    /// Scopes of its tokens: at least one, and none that your own token lacks.
    pub scopes: Vec<Scope>,
}

/// The result of creating an API client.
#[derive(SimpleObject, Clone, Default)]
pub struct CreateApiClientPayload {
    /// The API client.
    pub client: Option<ApiClient>,
    /// Its secret. It is shown only once.
    pub secret: Option<String>,
    /// Reasons why nothing was written; empty after a write.
    pub user_errors: Vec<UserError>,
}

/// The API client to revoke.
#[derive(InputObject, Clone, Debug)]
pub struct RevokeApiClientInput {
    /// Its opaque id.
    pub id: ID,
}

/// The result of revoking an API client.
#[derive(SimpleObject, Clone, Default)]
pub struct RevokeApiClientPayload {
    /// The API client.
    pub client: Option<ApiClient>,
    /// Reasons why nothing was written; empty after a write.
    pub user_errors: Vec<UserError>,
}

/// Most API clients of one list.
const MAX_API_CLIENTS: u64 = 200;

/// The API clients of the caller's organisation.
///
/// # Errors
/// `FORBIDDEN` without `tenant:admin`; when the database cannot be reached.
pub async fn api_clients(ctx: &Context<'_>) -> Result<Vec<ApiClient>> {
    let viewer = access::viewer_with(ctx, auth::Scope::TenantAdmin)?;
    let rows = access::read(ctx, api_clients::list(&app(ctx)?.database.read, viewer.tenant, MAX_API_CLIENTS)).await?;
    Ok(rows.into_iter().map(|row| ApiClient { row }).collect())
}

/// Creates an API client of the caller's organisation.
///
/// # Errors
/// `FORBIDDEN` without `tenant:admin`; when the database cannot be reached.
pub async fn create_api_client(ctx: &Context<'_>, input: CreateApiClientInput) -> Result<CreateApiClientPayload> {
    let viewer = access::viewer_with(ctx, auth::Scope::TenantAdmin)?;
    let scopes: auth::Scopes = input.scopes.iter().map(|scope| (*scope).into()).collect();
    let mut errors = Vec::new();
    errors.extend(label_problem(&input.label).map(UserError::from));
    if scopes.is_empty() || !viewer.scopes.covers(scopes) {
        errors.push(UserError::invalid("scopes", "give at least one scope, and none that your own token lacks"));
    }
    if !errors.is_empty() {
        return Ok(CreateApiClientPayload { user_errors: errors, ..Default::default() });
    }
    let app = app(ctx)?;
    // The unmetered plan is for the operator itself: an API client that it creates gets the standard plan.
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

/// Revokes an API client of the caller's organisation. Its tokens end within seconds.
///
/// # Errors
/// `FORBIDDEN` without `tenant:admin`; when the database cannot be reached.
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
            user_errors: vec![UserError::invalid("id", "no such API client of yours")],
        },
    })
}
