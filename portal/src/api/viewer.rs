//! The signed-in user, and scopes.

use cynic::QueryBuilder as _;

use super::{
    Failure,
    scalars::{Scope, UserRole},
    schema,
    session::Session,
    transport::execute,
};

/// The scopes, in the form of OAuth: `inventory:read`.
pub const SCOPES: [&str; 5] =
    ["inventory:read", "inventory:write", "reservations:read", "reservations:write", "tenant:admin"];

/// The signed-in user.
#[derive(Clone, Debug, PartialEq)]
pub struct Viewer {
    /// Email address.
    pub email: String,
    /// `OWNER`, `MANAGER` or `VIEWER`.
    pub role: String,
    /// Code of the organisation.
    pub tenant_code: String,
    /// Name of the organisation.
    pub tenant_name: String,
    /// Scopes of the user, named as in [`SCOPES`].
    pub scopes: Vec<String>,
    /// Plan that sets the organisation's limits.
    pub plan: String,
}

impl Viewer {
    /// True if the user has a scope.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

/// Reads the signed-in user.
pub async fn viewer(session: Session) -> Result<Viewer, Failure> {
    Ok(execute(session, wire::ViewerQuery::build(())).await?.viewer.into())
}

impl From<wire::Viewer> for Viewer {
    fn from(viewer: wire::Viewer) -> Self {
        // An API client has no role and no email, but it cannot sign in to the portal.
        let (email, role) = viewer.user.map(|user| (user.email, user.role.0)).unwrap_or_default();
        Self {
            email,
            role,
            tenant_code: viewer.tenant.code,
            tenant_name: viewer.tenant.name,
            scopes: names(viewer.scopes),
            plan: viewer.plan,
        }
    }
}

/// The scope `inventory:read` in the API's form, `INVENTORY_READ`.
pub(super) fn scope_of(name: &str) -> Scope {
    Scope(name.replace(':', "_").to_uppercase())
}

/// The scopes in the form of OAuth.
pub(super) fn names(scopes: Vec<Scope>) -> Vec<String> {
    scopes.into_iter().map(|Scope(name)| name.to_lowercase().replacen('_', ":", 1)).collect()
}

mod wire {
    use super::{Scope, UserRole, schema};

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query")]
    pub struct ViewerQuery {
        pub viewer: Viewer,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Viewer {
        pub user: Option<User>,
        pub tenant: Tenant,
        pub scopes: Vec<Scope>,
        pub plan: String,
    }

    #[derive(cynic::QueryFragment)]
    pub struct User {
        pub email: String,
        pub role: UserRole,
    }

    #[derive(cynic::QueryFragment)]
    pub struct Tenant {
        pub code: String,
        pub name: String,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scopes_are_converted_both_ways() {
        for scope in SCOPES {
            let wire = serde_json::to_value(scope_of(scope)).expect("a scope");
            assert_eq!(names(vec![scope_of(scope)]), [scope]);
            assert_eq!(wire, json!(scope.replace(':', "_").to_uppercase()));
        }
    }

    #[test]
    fn the_signed_in_user_is_parsed() {
        let data: wire::ViewerQuery = serde_json::from_value(json!({ "viewer": {
            "user": { "email": "ann@harbour.example", "role": "MANAGER" },
            "tenant": { "code": "harbour", "name": "Harbour Hotels" },
            "scopes": ["INVENTORY_READ", "INVENTORY_WRITE"], "plan": "standard",
        } }))
        .expect("an answer of the schema");
        let viewer = Viewer::from(data.viewer);
        assert_eq!((viewer.email.as_str(), viewer.role.as_str()), ("ann@harbour.example", "MANAGER"));
        assert!(viewer.may("inventory:write") && !viewer.may("tenant:admin"));
    }
}
