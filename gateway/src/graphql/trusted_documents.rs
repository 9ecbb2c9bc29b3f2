//! Checks every operation of a tenant against its trusted documents, over every transport.

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest};
use async_graphql::{Request, ServerError, ServerResult};

use super::error::{database, untrusted};
use crate::app::App;
use crate::auth::Viewer;

/// Makes [`Check`]s.
pub struct TrustedDocumentsCheck(pub App);

impl ExtensionFactory for TrustedDocumentsCheck {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Check(self.0.clone()))
    }
}

struct Check(App);

#[async_trait::async_trait]
impl Extension for Check {
    /// Runs before a query, a mutation and a subscription, over HTTP and over sockets.
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let viewer = request.data.get(&TypeId::of::<Viewer>()).and_then(|data| data.downcast_ref::<Viewer>());
        if let Some(viewer) = viewer {
            let fault = match self.0.trusted_documents.allows(viewer.tenant, &request.query).await {
                Ok(true) => None,
                Ok(false) => Some(untrusted()),
                Err(error) => Some(database(&error)),
            };
            if let Some(fault) = fault {
                let mut error = ServerError::new(fault.message, None);
                error.extensions = fault.extensions;
                return Err(error);
            }
        }
        next.run(ctx, request).await
    }
}
