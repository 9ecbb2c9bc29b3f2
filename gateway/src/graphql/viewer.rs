//! The caller.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};

use super::scalars::NodeId;
use super::tenant::{Tenant, tenant};
use crate::auth::{self, Subject};

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

/// What a person may do in the portal.
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

/// What a token may do.
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
