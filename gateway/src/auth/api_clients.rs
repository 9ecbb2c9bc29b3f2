//! A tenant's machines: making and shutting out.

use chrono::{DateTime, Utc};
use lodgate_entities::api_client::{ActiveModel, Column, Entity, Model};
use lodgate_entities::ids::{ApiClientId, TenantId};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::secret::{agree, hash, hex};
use super::{Scopes, Secret};
use crate::limits::Plan;

/// A client to be made.
#[derive(Clone, Debug)]
pub struct NewApiClient {
    /// The tenant.
    pub tenant: TenantId,
    /// The actor shown for what it does, 1 to 100 characters, checked by the caller.
    pub label: String,
    /// What its tokens may do at most.
    pub scopes: Scopes,
    /// The plan of its tokens: the tenant's, unless the operator decides otherwise.
    pub plan: Plan,
}

/// Makes a client. The secret is in no table and no log: this is the only time that it can be shown.
///
/// # Errors
/// What the database says.
pub async fn create(
    db: &impl ConnectionTrait,
    new: NewApiClient,
    now: DateTime<Utc>,
) -> Result<(Model, Secret), DbErr> {
    let secret = Secret::new("lgs_");
    let number: [u8; 10] = rand::random();
    let client = ActiveModel {
        id: NotSet,
        tenant_id: Set(new.tenant),
        client_id: Set(format!("lgc_{}", hex(&number))),
        label: Set(new.label),
        secret_hash: Set(hex(&secret.hash())),
        scopes: Set(new.scopes.to_string()),
        plan: Set(new.plan.name().to_owned()),
        created_at: Set(now),
        revoked_at: Set(None),
    };
    Ok((client.insert(db).await?, secret))
}

/// The clients of a tenant, newest first, those that are shut out too; at most `most`.
///
/// # Errors
/// What the database says.
pub async fn list(db: &impl ConnectionTrait, tenant: TenantId, most: u64) -> Result<Vec<Model>, DbErr> {
    let newest = Entity::of_tenant(tenant).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    newest.limit(most).all(db).await
}

/// Shuts a client out; its tokens are refused within 5 s. `None` when the tenant has no such client. One that is shut
/// out already keeps its time.
///
/// # Errors
/// What the database says.
pub async fn revoke(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    id: ApiClientId,
    now: DateTime<Utc>,
) -> Result<Option<Model>, DbErr> {
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(Column::TenantId.eq(tenant).and(Column::Id.eq(id)).and(Column::RevokedAt.is_null()))
        .exec(db)
        .await?;
    Entity::of_tenant(tenant).filter(Column::Id.eq(id)).one(db).await
}

/// The client that these credentials belong to; `None` when they are wrong or it was shut out.
pub(super) async fn authenticate(
    db: &impl ConnectionTrait,
    client_id: &str,
    secret: &str,
) -> Result<Option<Model>, DbErr> {
    let presented = hex(&hash(secret));
    let client = Entity::of_client_id(client_id).one(db).await?;
    Ok(client.filter(|client| agree(&client.secret_hash, &presented) && client.revoked_at.is_none()))
}
