//! From a bearer token to the caller.

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

/// Codes never change and kinds hardly ever.
const TENANTS_FRESH: Duration = Duration::seconds(60);
/// Whoever and whatever is shut out is out within so long.
const STANDING_FRESH: Duration = Duration::seconds(3);

/// Characters of another issuer's name for somebody that the journal shows.
const MAX_ACTOR: usize = 100;

/// Authenticates callers. Cheap to clone; all clones share what they know.
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
    standings: Recent<(SubjectId, Option<Uuid>), AccountStatus>,
    revoked: Recent<Uuid, bool>,
}

/// What the database says of a token's subject.
#[derive(Clone, Debug)]
enum AccountStatus {
    User { tenant: TenantId, role: UserRole, email: String },
    Client { tenant: TenantId, label: String, scopes: Scopes },
    ShutOut,
}

impl Bearer {
    /// Reads over `db`; takes tokens of our issuer and of these others.
    pub fn new(db: DatabaseConnection, issuer: Issuer, externals: Externals, clock: Clock) -> Self {
        let (tenants, standings) = (Recent::new(TENANTS_FRESH), Recent::new(STANDING_FRESH));
        let revoked = Recent::new(STANDING_FRESH);
        Self { inner: Arc::new(Inner { db, issuer, externals, clock, tenants, standings, revoked }) }
    }

    /// Learns of new keys and withdrawn ones, for as long as it is polled.
    pub async fn keep_keys(&self) {
        tokio::join!(self.inner.issuer.keep_learning(), self.inner.externals.keep_fresh());
    }

    /// The caller of an HTTP request, by its `Authorization` header.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn from_headers(&self, headers: &HeaderMap) -> Result<Viewer, AuthError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(AuthError::Missing)?;
        // Two of them would let two readers disagree about who calls.
        if values.next().is_some() {
            return Err(AuthError::Invalid("two authorizations"));
        }
        self.from_authorization(value.to_str().map_err(|_| AuthError::Invalid("header"))?).await
    }

    /// The caller by `Bearer` and a token, as in the header and in the websocket's first message.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn from_authorization(&self, value: &str) -> Result<Viewer, AuthError> {
        match value.trim().split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => self.from_token(token.trim()).await,
            _ => Err(AuthError::Missing),
        }
    }

    /// The caller by a bare token.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn from_token(&self, token: &str) -> Result<Viewer, AuthError> {
        let claims = match self.inner.externals.verify(token).await {
            Some(verified) => verified?,
            None => self.inner.issuer.verify_or_learn(token).await?,
        };
        let (tenant, kind) = self.tenant(&claims.tenant).await?;
        if claims.kind.is_some_and(|claimed| claimed != kind) {
            return Err(AuthError::Invalid("kind"));
        }
        let (subject, allowed) = self.subject(&claims, tenant, kind).await?;
        if self.is_withdrawn(&subject, claims.jti).await? {
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

    /// Asks again about a caller whose socket is open: has the token expired, was it, its key or its subject shut out?
    ///
    /// # Errors
    /// [`AuthError::Expired`], [`AuthError::Revoked`], or [`AuthError::Unavailable`], which is no verdict.
    pub async fn recheck(&self, viewer: &Viewer) -> Result<(), AuthError> {
        if !viewer.is_current(self.inner.clock.now()) {
            return Err(AuthError::Expired);
        }
        let is_accepted = match &viewer.subject {
            Subject::External { issuer, .. } => self.inner.externals.accepts(issuer, &viewer.token.kid),
            _ => self.inner.issuer.accepts(&viewer.token.kid),
        };
        if !is_accepted || self.is_withdrawn(&viewer.subject, viewer.token.jti).await? {
            return Err(AuthError::Revoked);
        }
        let (subject, session) = match &viewer.subject {
            Subject::User { id, session, .. } => (SubjectId::User(*id), *session),
            Subject::Client { id, .. } => (SubjectId::Client(id.clone()), None),
            Subject::Tool | Subject::External { .. } => return Ok(()),
        };
        match self.standing(subject, session).await? {
            Some(AccountStatus::User { .. } | AccountStatus::Client { .. }) => Ok(()),
            Some(AccountStatus::ShutOut) | None => Err(AuthError::Revoked),
        }
    }

    /// Asks anew about a person whose sessions have just ended, so that this node is the first to know. Others follow
    /// within [`STANDING_FRESH`].
    pub(super) fn forget_user(&self, id: UserId) {
        self.inner.standings.invalidate(|(subject, _)| *subject == SubjectId::User(id));
    }

    /// The same of one token.
    pub(super) fn forget_token(&self, jti: Uuid) {
        self.inner.revoked.invalidate(|known| *known == jti);
    }

    /// Whether this one token was withdrawn. Only machines hand back single tokens: people's end with their session.
    async fn is_withdrawn(&self, subject: &Subject, jti: Option<Uuid>) -> Result<bool, DbErr> {
        let (Subject::Client { .. }, Some(jti)) = (subject, jti) else { return Ok(false) };
        let inner = &self.inner;
        let ask = async { revocation::is_revoked(&inner.db, jti).await.map(Some) };
        Ok(inner.revoked.get(jti, inner.clock.now(), ask).await?.unwrap_or_default())
    }

    async fn tenant(&self, code: &str) -> Result<(TenantId, TenantKind), AuthError> {
        let inner = &self.inner;
        let ask = async {
            let found = tenant::Entity::of_code(code).one(&inner.db).await?;
            Ok(found.map(|tenant| (tenant.id, tenant.kind)))
        };
        let found = inner.tenants.get(code.to_owned(), inner.clock.now(), ask).await?;
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
        let standing = self.standing(claims.subject.clone(), claims.session).await?;
        match (standing, &claims.subject) {
            (Some(AccountStatus::User { tenant: of, role, email }), SubjectId::User(id)) if of == tenant => {
                let subject = Subject::User { id: *id, role, email, session: claims.session };
                Ok((subject, Scopes::of_kind(kind).and(Scopes::of_role(role))))
            }
            (Some(AccountStatus::Client { tenant: of, label, scopes }), SubjectId::Client(id)) if of == tenant => {
                Ok((Subject::Client { id: id.clone(), label }, scopes))
            }
            _ => Err(AuthError::Revoked),
        }
    }

    async fn standing(&self, subject: SubjectId, session: Option<Uuid>) -> Result<Option<AccountStatus>, DbErr> {
        let inner = &self.inner;
        let ask = {
            let subject = subject.clone();
            async move {
                match subject {
                    SubjectId::User(id) => user_standing(&inner.db, id, session).await,
                    SubjectId::Client(id) => client_standing(&inner.db, &id).await,
                    SubjectId::Tool | SubjectId::External { .. } => Ok(None),
                }
            }
        };
        inner.standings.get((subject, session), inner.clock.now(), ask).await
    }
}

async fn user_standing(
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
        AccountStatus::ShutOut
    } else {
        AccountStatus::User { tenant: user.tenant_id, role: user.role, email: user.email }
    }))
}

async fn client_standing(db: &DatabaseConnection, id: &str) -> Result<Option<AccountStatus>, DbErr> {
    let Some(client) = api_client::Entity::of_client_id(id).one(db).await? else { return Ok(None) };
    Ok(Some(if client.revoked_at.is_some() {
        AccountStatus::ShutOut
    } else {
        // What it holds was written by us; something else grants nothing.
        let scopes = client.scopes.parse().unwrap_or(Scopes::NONE);
        AccountStatus::Client { tenant: client.tenant_id, label: client.label, scopes }
    }))
}
