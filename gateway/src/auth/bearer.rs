//! Authentication of bearer tokens.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use chrono::Duration;
use lodgate_entities::ids::{TenantId, UserId};
use lodgate_entities::tenant::TenantKind;
use lodgate_entities::user::UserRole;
use lodgate_entities::{api_client, tenant, user};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait};
use uuid::Uuid;

use super::recent::Recent;
use super::{AuthError, Claims, Externals, Issuer, Scopes, Subject, SubjectId, TokenRef, Viewer, revocation, sessions};
use crate::clock::Clock;

/// Cache time of tenants. Codes never change, kinds hardly ever.
const TENANTS_FRESH: Duration = Duration::seconds(60);
/// Cache time of accounts and revocations: the time within which they take effect.
const ACCOUNTS_FRESH: Duration = Duration::seconds(3);

/// Maximum length of an external subject in the journal, in characters.
const MAX_ACTOR: usize = 100;

/// Authenticates callers. Cheap to clone; clones share the caches.
#[derive(Clone, Debug)]
pub struct Bearer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: DatabaseConnection,
    issuer: Issuer,
    externals: Externals,
    clock: Clock,
    tenants: Recent<String, (TenantId, TenantKind)>,
    accounts: Recent<(SubjectId, Option<Uuid>), AccountStatus>,
    revoked: Recent<Uuid, bool>,
}

/// State of a token's subject in the database.
#[derive(Clone, Debug)]
enum AccountStatus {
    User { tenant: TenantId, role: UserRole, email: String },
    Client { tenant: TenantId, label: String, scopes: Scopes },
    Disabled,
}

impl Bearer {
    /// Reads over `db`; accepts tokens of the built-in issuer and of the external ones.
    pub fn new(db: DatabaseConnection, issuer: Issuer, externals: Externals, clock: Clock) -> Self {
        let (tenants, accounts) = (Recent::new(TENANTS_FRESH), Recent::new(ACCOUNTS_FRESH));
        let revoked = Recent::new(ACCOUNTS_FRESH);
        Self { inner: Arc::new(Inner { db, issuer, externals, clock, tenants, accounts, revoked }) }
    }

    /// Keeps the keys of all issuers current. Never returns.
    pub async fn keep_keys(&self) {
        tokio::join!(self.inner.issuer.keep_reloading(), self.inner.externals.keep_fresh());
    }

    /// Authenticates an HTTP request by its `Authorization` header.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn from_headers(&self, headers: &HeaderMap) -> Result<Viewer, AuthError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(AuthError::Missing)?;
        // With two headers, a proxy and the gateway could take different callers.
        if values.next().is_some() {
            return Err(AuthError::Invalid("two authorizations"));
        }
        self.from_authorization(value.to_str().map_err(|_| AuthError::Invalid("header"))?).await
    }

    /// Authenticates by `Bearer` and a token, as in the header and in the first message of a websocket.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn from_authorization(&self, value: &str) -> Result<Viewer, AuthError> {
        match value.trim().split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => self.from_token(token.trim()).await,
            _ => Err(AuthError::Missing),
        }
    }

    /// Authenticates by a token.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn from_token(&self, token: &str) -> Result<Viewer, AuthError> {
        let claims = match self.inner.externals.verify(token).await {
            Some(verified) => verified?,
            None => self.inner.issuer.verify_or_reload(token).await?,
        };
        let (tenant, kind) = self.tenant(&claims.tenant).await?;
        if claims.kind.is_some_and(|claimed| claimed != kind) {
            return Err(AuthError::Invalid("kind"));
        }
        let (subject, allowed) = self.subject(&claims, tenant, kind).await?;
        if self.is_revoked(&subject, claims.jti).await? {
            return Err(AuthError::Revoked);
        }
        Ok(Viewer {
            tenant,
            tenant_code: claims.tenant,
            kind,
            subject,
            scopes: claims.scopes.and(allowed),
            plan: claims.plan,
            expires_at: claims.expires_at,
            token: TokenRef { kid: claims.kid, jti: claims.jti },
        })
    }

    /// Checks again the caller of an open connection: the token, its key and its subject may have expired or been revoked.
    ///
    /// # Errors
    /// [`AuthError::Expired`], [`AuthError::Revoked`], or [`AuthError::Unavailable`], which decides nothing.
    pub async fn recheck(&self, viewer: &Viewer) -> Result<(), AuthError> {
        if !viewer.is_current(self.inner.clock.now()) {
            return Err(AuthError::Expired);
        }
        let is_accepted = match &viewer.subject {
            Subject::External { issuer, .. } => self.inner.externals.accepts(issuer, &viewer.token.kid),
            _ => self.inner.issuer.accepts(&viewer.token.kid),
        };
        if !is_accepted || self.is_revoked(&viewer.subject, viewer.token.jti).await? {
            return Err(AuthError::Revoked);
        }
        let (subject, session) = match &viewer.subject {
            Subject::User { id, session, .. } => (SubjectId::User(*id), *session),
            Subject::Client { id, .. } => (SubjectId::Client(id.clone()), None),
            Subject::Tool | Subject::External { .. } => return Ok(()),
        };
        match self.account_status(subject, session).await? {
            Some(AccountStatus::User { .. } | AccountStatus::Client { .. }) => Ok(()),
            Some(AccountStatus::Disabled) | None => Err(AuthError::Revoked),
        }
    }

    /// Removes a user from the caches, after the end of their sessions, so that it takes effect on this node immediately.
    /// Other nodes follow within [`ACCOUNTS_FRESH`].
    pub(super) fn invalidate_user(&self, id: UserId) {
        self.inner.accounts.invalidate(|(subject, _)| *subject == SubjectId::User(id));
    }

    /// Removes one token from the caches.
    pub(super) fn invalidate_token(&self, jti: Uuid) {
        self.inner.revoked.invalidate(|known| *known == jti);
    }

    /// Whether this token was revoked. Only API clients revoke single tokens; a user's tokens end with the session.
    async fn is_revoked(&self, subject: &Subject, jti: Option<Uuid>) -> Result<bool, DbErr> {
        let (Subject::Client { .. }, Some(jti)) = (subject, jti) else { return Ok(false) };
        let inner = &self.inner;
        let lookup = async { revocation::is_revoked(&inner.db, jti).await.map(Some) };
        Ok(inner.revoked.get(jti, inner.clock.now(), lookup).await?.unwrap_or_default())
    }

    async fn tenant(&self, code: &str) -> Result<(TenantId, TenantKind), AuthError> {
        let inner = &self.inner;
        let lookup = async {
            let found = tenant::Entity::of_code(code).one(&inner.db).await?;
            Ok(found.map(|tenant| (tenant.id, tenant.kind)))
        };
        let found = inner.tenants.get(code.to_owned(), inner.clock.now(), lookup).await?;
        found.ok_or(AuthError::Invalid("unknown tenant"))
    }

    async fn subject(
        &self,
        claims: &Claims,
        tenant: TenantId,
        kind: TenantKind,
    ) -> Result<(Subject, Scopes), AuthError> {
        match &claims.subject {
            SubjectId::Tool => return Ok((Subject::Tool, Scopes::of_kind(kind))),
            SubjectId::External { issuer, subject } => {
                let name: String = subject.chars().take(MAX_ACTOR).collect();
                let host = issuer.split_once("://").map_or(&**issuer, |(_, host)| host);
                let actor = format!("{name} ({})", host.trim_end_matches('/'));
                return Ok((Subject::External { issuer: Arc::clone(issuer), actor }, Scopes::of_kind(kind)));
            }
            SubjectId::User(_) | SubjectId::Client(_) => {}
        }
        let status = self.account_status(claims.subject.clone(), claims.session).await?;
        match (status, &claims.subject) {
            (Some(AccountStatus::User { tenant: owner, role, email }), SubjectId::User(id)) if owner == tenant => {
                let subject = Subject::User { id: *id, role, email, session: claims.session };
                Ok((subject, Scopes::of_kind(kind).and(Scopes::of_role(role))))
            }
            (Some(AccountStatus::Client { tenant: owner, label, scopes }), SubjectId::Client(id))
                if owner == tenant =>
            {
                Ok((Subject::Client { id: id.clone(), label }, scopes))
            }
            _ => Err(AuthError::Revoked),
        }
    }

    async fn account_status(&self, subject: SubjectId, session: Option<Uuid>) -> Result<Option<AccountStatus>, DbErr> {
        let inner = &self.inner;
        let lookup = {
            let subject = subject.clone();
            async move {
                match subject {
                    SubjectId::User(id) => user_status(&inner.db, id, session).await,
                    SubjectId::Client(id) => client_status(&inner.db, &id).await,
                    SubjectId::Tool | SubjectId::External { .. } => Ok(None),
                }
            }
        };
        inner.accounts.get((subject, session), inner.clock.now(), lookup).await
    }
}

async fn user_status(
    db: &DatabaseConnection,
    id: UserId,
    session: Option<Uuid>,
) -> Result<Option<AccountStatus>, DbErr> {
    let Some(user) = user::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let signed_out = match session {
        Some(family) => !sessions::is_live(db, family).await?,
        None => false,
    };
    Ok(Some(if user.disabled_at.is_some() || signed_out {
        AccountStatus::Disabled
    } else {
        AccountStatus::User { tenant: user.tenant_id, role: user.role, email: user.email }
    }))
}

async fn client_status(db: &DatabaseConnection, id: &str) -> Result<Option<AccountStatus>, DbErr> {
    let Some(client) = api_client::Entity::of_client_id(id).one(db).await? else { return Ok(None) };
    Ok(Some(if client.revoked_at.is_some() {
        AccountStatus::Disabled
    } else {
        // The gateway wrote the column. Anything else in it grants nothing.
        let scopes = client.scopes.parse().unwrap_or(Scopes::NONE);
        AccountStatus::Client { tenant: client.tenant_id, label: client.label, scopes }
    }))
}
