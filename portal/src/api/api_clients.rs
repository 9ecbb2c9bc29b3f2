//! API clients of the organisation.

use cynic::{MutationBuilder as _, QueryBuilder as _};

use super::{
    Failure, Instant,
    scalars::Scope,
    schema,
    session::Session,
    transport::execute,
    viewer::{names, scope_of},
};
use crate::domain::sort::sorted;

/// An API client of the organisation.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiClient {
    /// Opaque id.
    pub id: String,
    /// OAuth client id.
    pub client_id: String,
    /// Its name in the journal.
    pub label: String,
    /// Plan that sets its limits.
    pub plan: String,
    /// Scopes of its tokens.
    pub scopes: Vec<String>,
    /// Time of the creation: milliseconds since 1970.
    pub created_ms: f64,
    /// Time of the revocation: milliseconds since 1970.
    pub revoked_ms: Option<f64>,
}

/// Reads the API clients of the organisation, newest first, revoked ones included.
pub async fn api_clients(session: Session) -> Result<Vec<ApiClient>, Failure> {
    let found = execute(session, wire::ApiClients::build(())).await?.api_clients;
    Ok(sorted(found.into_iter().map(ApiClient::from), |left, right| right.created_ms.total_cmp(&left.created_ms)))
}

/// Creates an API client and returns it with its secret. The inner error is a sentence to show.
pub async fn create_api_client(
    session: Session,
    label: &str,
    scopes: &[String],
) -> Result<Result<(ApiClient, String), String>, Failure> {
    let scopes = scopes.iter().map(|name| scope_of(name)).collect();
    let input = wire::CreateApiClientInput { label: label.to_owned(), scopes };
    let operation = wire::CreateApiClient::build(wire::CreateVariables { input });
    let payload = execute(session, operation).await?.create_api_client;
    if let Some(message) = user_error_text(&payload.user_errors) {
        return Ok(Err(message));
    }
    let (client, secret) = payload.client.zip(payload.secret).ok_or_else(Failure::unreadable)?;
    Ok(Ok((client.into(), secret)))
}

/// Revokes an API client. The inner error is a sentence to show.
pub async fn revoke_api_client(session: Session, id: &str) -> Result<Result<(), String>, Failure> {
    let input = wire::RevokeApiClientInput { id: cynic::Id::new(id) };
    let operation = wire::RevokeApiClient::build(wire::RevokeVariables { input });
    let payload = execute(session, operation).await?.revoke_api_client;
    Ok(user_error_text(&payload.user_errors).map_or(Ok(()), Err))
}

/// All user errors in one line; `None` without errors.
fn user_error_text(errors: &[wire::UserError]) -> Option<String> {
    let sentences: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
    (!sentences.is_empty()).then(|| sentences.join(" · "))
}

impl From<wire::ApiClient> for ApiClient {
    fn from(client: wire::ApiClient) -> Self {
        Self {
            id: client.id.into_inner(),
            client_id: client.client_id,
            label: client.label,
            plan: client.plan,
            scopes: names(client.scopes),
            created_ms: client.created_at.0,
            revoked_ms: client.revoked_at.map(|Instant(ms)| ms),
        }
    }
}

mod wire {
    use super::{Instant, Scope, schema};

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Query")]
    pub struct ApiClients {
        pub api_clients: Vec<ApiClient>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct ApiClient {
        pub id: cynic::Id,
        pub client_id: String,
        pub label: String,
        pub plan: String,
        pub scopes: Vec<Scope>,
        pub created_at: Instant,
        pub revoked_at: Option<Instant>,
    }

    #[derive(cynic::QueryVariables)]
    pub struct CreateVariables {
        pub input: CreateApiClientInput,
    }

    #[derive(cynic::InputObject)]
    pub struct CreateApiClientInput {
        pub label: String,
        pub scopes: Vec<Scope>,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "CreateVariables")]
    pub struct CreateApiClient {
        #[arguments(input: $input)]
        pub create_api_client: CreateApiClientPayload,
    }

    #[derive(cynic::QueryFragment)]
    pub struct CreateApiClientPayload {
        pub client: Option<ApiClient>,
        pub secret: Option<String>,
        pub user_errors: Vec<UserError>,
    }

    #[derive(cynic::QueryVariables)]
    pub struct RevokeVariables {
        pub input: RevokeApiClientInput,
    }

    #[derive(cynic::InputObject)]
    pub struct RevokeApiClientInput {
        pub id: cynic::Id,
    }

    #[derive(cynic::QueryFragment)]
    #[cynic(graphql_type = "Mutation", variables = "RevokeVariables")]
    pub struct RevokeApiClient {
        #[arguments(input: $input)]
        pub revoke_api_client: RevokeApiClientPayload,
    }

    #[derive(cynic::QueryFragment)]
    pub struct RevokeApiClientPayload {
        pub user_errors: Vec<UserError>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct UserError {
        pub message: String,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_api_client_is_read_with_its_secret() {
        let data: wire::CreateApiClient = serde_json::from_value(json!({ "createApiClient": {
            "client": {
                "id": "c1", "clientId": "lg_1", "label": "PMS", "plan": "standard", "scopes": ["RESERVATIONS_READ"],
                "createdAt": "2026-12-16T10:00:00Z", "revokedAt": null,
            },
            "secret": "s3cret", "userErrors": [],
        } }))
        .expect("an answer of the schema");
        let client = ApiClient::from(data.create_api_client.client.expect("an API client"));
        assert_eq!((client.scopes, client.revoked_ms), (vec!["reservations:read".to_owned()], None));
    }

    #[test]
    fn user_errors_are_one_line() {
        let data: wire::RevokeApiClient = serde_json::from_value(json!({ "revokeApiClient": {
            "userErrors": [{ "message": "no such API client" }, { "message": "already revoked" }],
        } }))
        .expect("an answer of the schema");
        let text = user_error_text(&data.revoke_api_client.user_errors);
        assert_eq!(text.as_deref(), Some("no such API client · already revoked"));
        assert_eq!(user_error_text(&[]), None);
    }
}
