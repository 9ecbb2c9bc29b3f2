//! Finding the document of a request: its own text, a persisted query or a trusted document.

use async_graphql::{Request, ServerError, Variables};

use super::operation::{self, Prepared};
use super::request::{IncomingRequest, Source};
use super::response::{DOCUMENT_NOT_FOUND, PERSISTED_QUERY_MISMATCH, PERSISTED_QUERY_NOT_FOUND, request_error};
use crate::app::App;
use crate::auth::Viewer;
use crate::graphql::error;
use crate::persisted_documents::Hash;

/// Finds the document, parses and measures it, and persists it when it was sent with its hash.
pub(super) async fn prepare(app: &App, viewer: &Viewer, sent: IncomingRequest) -> Result<Prepared, ServerError> {
    let IncomingRequest { document, operation_name, variables } = sent;
    let mut sent_hash = None;
    let text = match document {
        Source::Text(text) => text,
        Source::TextWithHash(text, hash) => {
            if Hash::of(&text) != hash {
                return Err(refuse(PERSISTED_QUERY_MISMATCH, "the SHA-256 of the query is different"));
            }
            sent_hash = Some(hash);
            text
        }
        Source::Hash(hash) => persisted(app, viewer, hash).await?,
        Source::Id(id) => match app.trusted_documents.document(viewer.tenant, &id).await {
            Ok(Some(text)) => text.to_string(),
            Ok(None) => return Err(refuse(DOCUMENT_NOT_FOUND, "the tenant has no trusted document with this id")),
            Err(fault) => return Err(unavailable(&fault)),
        },
    };
    let mut request = Request::new(text);
    request.operation_name = operation_name;
    request.variables = Variables::from_json(serde_json::Value::Object(variables));
    let prepared = operation::prepare(request)?;
    if let Some(hash) = sent_hash {
        app.persisted_queries.insert(viewer.tenant, hash, &prepared.request.query).await;
    }
    Ok(prepared)
}

/// The document with this hash: a persisted query, or one of the tenant's trusted documents.
async fn persisted(app: &App, viewer: &Viewer, hash: Hash) -> Result<String, ServerError> {
    if let Some(text) = app.persisted_queries.get(viewer.tenant, hash).await {
        return Ok(text.to_string());
    }
    match app.trusted_documents.document(viewer.tenant, &hash.to_string()).await {
        Ok(Some(text)) => Ok(text.to_string()),
        // The client then sends the text with its hash.
        Ok(None) => Err(refuse(PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")),
        Err(fault) => Err(unavailable(&fault)),
    }
}

fn refuse(code: &'static str, message: &str) -> ServerError {
    request_error(code, ServerError::new(message, None))
}

fn unavailable(fault: &sea_orm::DbErr) -> ServerError {
    let error = error::database(fault);
    let mut server = ServerError::new(error.message, None);
    server.extensions = error.extensions;
    server
}
