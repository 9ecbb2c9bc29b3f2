//! Tenants.

use async_graphql::{Context, Enum, ID, Result, SimpleObject};
use lodgate_entities::ids::TenantId;

use super::access::load_failed;
use super::error;
use super::loaders::Loaders;
use super::scalars::NodeId;

/// An organisation that calls the gateway.
#[derive(SimpleObject, Clone, Debug)]
pub struct Tenant {
    /// Opaque id.
    pub id: ID,
    /// Code. It never changes.
    pub code: String,
    /// Kind of organisation.
    pub kind: TenantKind,
    /// Its name.
    pub name: String,
}

/// The kind of an organisation.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "lodgate_entities::tenant::TenantKind")]
pub enum TenantKind {
    /// A hotel or group.
    Supplier,
    /// An online travel agency, bed bank or tour operator.
    Partner,
    /// The operator of the gateway.
    Operator,
}

/// A tenant by its id. Only suppliers and partners of one contract see each other's tenant.
pub async fn tenant(ctx: &Context<'_>, id: TenantId) -> Result<Tenant> {
    let row = ctx.data::<Loaders>()?.tenants.load(id).await.map_err(|failure| load_failed(&failure))?;
    let row = row.ok_or_else(|| error::internal(format!("tenant {id} is gone")))?;
    Ok(Tenant { id: NodeId::Tenant(row.id).encode(), code: row.code, kind: row.kind.into(), name: row.name })
}
