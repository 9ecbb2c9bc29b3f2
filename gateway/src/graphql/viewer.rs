//! The caller.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::scalars::NodeId;
use super::tenant::{Tenant, tenant};
use crate::auth::{self, Subject};

/// The caller, as the token identifies it.
pub struct Viewer(pub auth::Viewer);

/// A person of a tenant.
#[derive(SimpleObject, Clone, Debug)]
pub struct User {
    /// Opaque id.
    pub id: ID,
    /// E-mail address for signing in.
    pub email: String,
    /// Role in the portal.
    pub role: UserRole,
}

/// The caller, as the token identifies it.
#[Object]
impl Viewer {
    /// Your organisation.
    async fn tenant(&self, ctx: &Context<'_>) -> Result<Tenant> {
        tenant(ctx, self.0.tenant).await
    }

    /// The person, if the token belongs to one.
    async fn user(&self) -> Option<User> {
        match &self.0.subject {
            Subject::User { id, role, email, .. } => {
                Some(User { id: NodeId::User(*id).encode(), email: email.clone(), role: (*role).into() })
            }
            _ => None,
        }
    }

    /// Label of the API client, if the token belongs to one.
    async fn client(&self) -> Option<&str> {
        match &self.0.subject {
            Subject::Client { label, .. } => Some(label),
            _ => None,
        }
    }

    /// Scopes of the token.
    async fn scopes(&self) -> Vec<Scope> {
        self.0.scopes.iter().map(Into::into).collect()
    }

    /// The plan that sets your limits.
    async fn plan(&self) -> &'static str {
        self.0.plan.name()
    }

    /// Expiry of the token.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }
}

/// The role of a person in the portal.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "lodgate_entities::user::UserRole")]
pub enum UserRole {
    /// Everything.
    Owner,
    /// Reads and changes inventory.
    Manager,
    /// Reads.
    Viewer,
}

/// A permission of a token.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "auth::Scope")]
pub enum Scope {
    /// `inventory:read`
    InventoryRead,
    /// `inventory:write`
    InventoryWrite,
    /// `reservations:read`
    ReservationsRead,
    /// `reservations:write`
    ReservationsWrite,
    /// `tenant:admin`
    TenantAdmin,
}
