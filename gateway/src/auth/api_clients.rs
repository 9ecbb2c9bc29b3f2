//! API clients of a tenant: creation, listing, revocation and authentication.

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

/// A client to be created.
#[derive(Clone, Debug)]
pub struct NewApiClient {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name in the journal, 1 to 100 characters, checked by the caller.
    pub label: String,
    /// The most that its tokens may do.
    pub scopes: Scopes,
    /// The plan of its tokens; the tenant's plan unless the operator sets another.
    pub plan: Plan,
}

/// Creates a client. The secret is not stored or logged, so it can only be shown now.
///
/// # Errors
/// Any error of the database.
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

/// The clients of a tenant, newest first, revoked ones included; at most `max`.
///
/// # Errors
/// Any error of the database.
pub async fn list(db: &impl ConnectionTrait, tenant: TenantId, max: u64) -> Result<Vec<Model>, DbErr> {
    let newest = Entity::of_tenant(tenant).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
    newest.limit(max).all(db).await
}

/// Revokes a client; its tokens are refused within 5 s. `None` when the tenant has no such client. The time of an earlier
/// revocation is kept.
///
/// # Errors
/// Any error of the database.
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

/// The client with these credentials; `None` when they are wrong or the client is revoked.
pub(super) async fn authenticate(
    db: &impl ConnectionTrait,
    client_id: &str,
    secret: &str,
) -> Result<Option<Model>, DbErr> {
    let presented = hex(&hash(secret));
    let client = Entity::of_client_id(client_id).one(db).await?;
    Ok(client.filter(|client| agree(&client.secret_hash, &presented) && client.revoked_at.is_none()))
}
