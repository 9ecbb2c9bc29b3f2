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
use crate::limits::Plan;

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
