//! Trusted documents: what a tenant's developers loaded, and whether the tenant may send anything else.

use std::sync::Arc;

use chrono::Duration;
use lodgate_entities::ids::TenantId;
use lodgate_entities::{trusted_document, trusted_only_tenant};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::Hash;
use crate::auth::recent::Recent;
use crate::clock::Clock;

/// So long a change of what a tenant may send goes unnoticed.
const POLICY_FRESH: Duration = Duration::seconds(10);
/// So long a document that was taken away is still taken.
const DOCUMENTS_FRESH: Duration = Duration::seconds(60);

/// So long the database may take to say whether a tenant is held to its documents.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);

/// Every tenant's trusted documents. Cheap to clone; all clones share what they know.
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

/// The outcome, or a fault when the database takes too long: what was known before is then good enough, and what is
/// served from memory goes on.
async fn in_time<T>(ask: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let outcome = tokio::time::timeout(PATIENCE, ask).await;
    outcome.unwrap_or_else(|_| Err(DbErr::Custom("no answer in time".to_owned())))
}

impl TrustedDocuments {
    /// Reads over `db`.
    pub fn new(db: DatabaseConnection, clock: Clock) -> Self {
        let documents = Recent::new(DOCUMENTS_FRESH);
        let (policies, hashes) = (Recent::new(POLICY_FRESH), Recent::new(DOCUMENTS_FRESH));
        Self(Arc::new(Inner { db, clock, policies, documents, hashes }))
    }

    /// The tenant's document of this id: as it was loaded, or its SHA-256 in hexadecimal, with or without `sha256:`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn document(&self, tenant: TenantId, id: &str) -> Result<Option<Arc<str>>, DbErr> {
        let inner = &self.0;
        let hash = id.strip_prefix("sha256:").unwrap_or(id).parse::<Hash>().ok();
        let ask = async {
            let wanted = match &hash {
                Some(hash) => trusted_document::Column::Sha256.eq(hash.bytes()),
                None => trusted_document::Column::Name.eq(id),
            };
            let found = trusted_document::Entity::of_tenant(tenant).filter(wanted).one(&inner.db).await?;
            Ok(found.map(|document| Arc::from(document.document)))
        };
        inner.documents.get((tenant, id.to_owned()), inner.clock.now(), ask).await
    }

    /// Whether the tenant may send this text: it is one of its trusted documents, or it may send any.
    ///
    /// # Errors
    /// What the database says.
    pub async fn allows(&self, tenant: TenantId, text: &str) -> Result<bool, DbErr> {
        if !self.is_only(tenant).await? {
            return Ok(true);
        }
        let (inner, hash) = (&self.0, Hash::of(text));
        let ask = in_time(async {
            let found = trusted_document::Entity::of_tenant(tenant)
                .filter(trusted_document::Column::Sha256.eq(hash.bytes()))
                .select_only()
                .column(trusted_document::Column::Name)
                .into_tuple::<String>()
                .one(&inner.db);
            Ok(found.await?.map(|_| ()))
        });
        Ok(inner.hashes.get((tenant, hash), inner.clock.now(), ask).await?.is_some())
    }

    /// Whether the tenant may send its trusted documents only.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_only(&self, tenant: TenantId) -> Result<bool, DbErr> {
        let inner = &self.0;
        let ask = in_time(async {
            let found = trusted_only_tenant::Entity::find_by_id(tenant).one(&inner.db).await?;
            Ok(Some(found.is_some()))
        });
        Ok(inner.policies.get(tenant, inner.clock.now(), ask).await?.unwrap_or(false))
    }
}
