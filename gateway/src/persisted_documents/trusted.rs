//! Trusted documents: documents that a tenant's developers loaded, and whether the tenant is restricted to them.

use std::sync::Arc;

use chrono::Duration;
use lodgate_entities::ids::TenantId;
use lodgate_entities::{trusted_document, trusted_only_tenant};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::Hash;
use crate::auth::recent::Recent;
use crate::clock::Clock;

/// Cache time of the restriction.
const POLICY_FRESH: Duration = Duration::seconds(10);
/// Cache time of documents.
const DOCUMENTS_FRESH: Duration = Duration::seconds(60);

/// Time limit of a lookup.
const LOOKUP_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(1);

/// The trusted documents of all tenants. Cheap to clone; clones share the caches.
#[derive(Clone, Debug)]
pub struct TrustedDocuments(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: DatabaseConnection,
    clock: Clock,
    policies: Recent<TenantId, bool>,
    documents: Recent<(TenantId, String), Arc<str>>,
    hashes: Recent<(TenantId, Hash), ()>,
}

/// Limits the time of a lookup. A timeout counts as a database error, so that a cached value is used and requests served
/// from memory continue.
async fn in_time<T>(lookup: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let outcome = tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await;
    outcome.unwrap_or_else(|_| Err(DbErr::Custom("no response in time".to_owned())))
}

impl TrustedDocuments {
    /// Reads over `db`.
    pub fn new(db: DatabaseConnection, clock: Clock) -> Self {
        let documents = Recent::new(DOCUMENTS_FRESH);
        let (policies, hashes) = (Recent::new(POLICY_FRESH), Recent::new(DOCUMENTS_FRESH));
        Self(Arc::new(Inner { db, clock, policies, documents, hashes }))
    }

    /// The tenant's document with this id: the id in the manifest, or the SHA-256 in hexadecimal, with or without `sha256:`.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn document(&self, tenant: TenantId, id: &str) -> Result<Option<Arc<str>>, DbErr> {
        let inner = &self.0;
        let hash = id.strip_prefix("sha256:").unwrap_or(id).parse::<Hash>().ok();
        let lookup = async {
            let wanted = match &hash {
                Some(hash) => trusted_document::Column::Sha256.eq(hash.bytes()),
                None => trusted_document::Column::Name.eq(id),
            };
            let found = trusted_document::Entity::of_tenant(tenant).filter(wanted).one(&inner.db).await?;
            Ok(found.map(|document| Arc::from(document.document)))
        };
        inner.documents.get((tenant, id.to_owned()), inner.clock.now(), lookup).await
    }

    /// Whether the tenant may send this text: a trusted document, or any text if the tenant is not restricted.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn allows(&self, tenant: TenantId, text: &str) -> Result<bool, DbErr> {
        if !self.is_only(tenant).await? {
            return Ok(true);
        }
        let (inner, hash) = (&self.0, Hash::of(text));
        let lookup = in_time(async {
            let found = trusted_document::Entity::of_tenant(tenant)
                .filter(trusted_document::Column::Sha256.eq(hash.bytes()))
                .select_only()
                .column(trusted_document::Column::Name)
                .into_tuple::<String>()
                .one(&inner.db);
            Ok(found.await?.map(|_| ()))
        });
        Ok(inner.hashes.get((tenant, hash), inner.clock.now(), lookup).await?.is_some())
    }

    /// Whether the tenant is restricted to its trusted documents.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn is_only(&self, tenant: TenantId) -> Result<bool, DbErr> {
        let inner = &self.0;
        let lookup = in_time(async {
            let found = trusted_only_tenant::Entity::find_by_id(tenant).one(&inner.db).await?;
            Ok(Some(found.is_some()))
        });
        Ok(inner.policies.get(tenant, inner.clock.now(), lookup).await?.unwrap_or(false))
    }
}
