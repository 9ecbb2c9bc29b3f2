//! `/graphiql`: GraphiQL as bundled by `cargo xtask graphiql`, with its own content security policy.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::portal_assets::{html, nonce};

/// The placeholder of the nonce in the built page.
const PLACEHOLDER: &str = "{{NONCE}}";

/// The folder of the bundle. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Graphiql {
    folder: Arc<PathBuf>,
    assets: ServeDir,
    is_on: bool,
}

impl Graphiql {
    /// Serves from the folder, which may be missing, if `is_on`.
    pub fn new(folder: PathBuf, is_on: bool) -> Self {
        let assets = ServeDir::new(folder.join("assets")).precompressed_br().append_index_html_on_directories(false);
        Self { folder: Arc::new(folder), assets, is_on }
    }
}

/// `GET /graphiql`. The page is read for each request, because a build may replace it while the node runs.
pub async fn page(State(graphiql): State<Graphiql>) -> Response {
    if !graphiql.is_on {
        return absent("GraphiQL is switched off on this gateway (GRAPHIQL). The schema is at /schema.graphql.\n");
    }
    let Ok(page) = tokio::fs::read_to_string(graphiql.folder.join("index.html")).await else {
        return absent(
            "There is no GraphiQL here: build it with `cargo xtask graphiql`, or name its folder by GRAPHIQL_DIR.\n",
        );
    };
    let nonce = nonce();
    html(page.replace(PLACEHOLDER, &nonce), &policy(&nonce))
}

/// `GET /graphiql/assets/<file>`: every name contains a hash of the content, so browsers cache it forever.
pub async fn asset(State(graphiql): State<Graphiql>, request: Request) -> Response {
    if !graphiql.is_on {
        return absent("There is nothing at this address.\n");
    }
    let found = match graphiql.assets.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if found.status() == StatusCode::NOT_FOUND {
        return absent("There is nothing at this address.\n");
    }
    let mut response = found;
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, kept);
    response
}

fn absent(sentence: &'static str) -> Response {
    (StatusCode::NOT_FOUND, sentence).into_response()
}

/// Allows only resources of this gateway. Style elements of menus and dialogs carry the nonce; the lint marks of the
/// editor are images in the style sheet.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::HeaderMap;
    use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_SECURITY_POLICY};
    use axum::routing::get;

    use super::*;

    async fn ask(graphiql: &Graphiql, path: &str) -> (StatusCode, HeaderMap, String) {
        let assets = get(asset).with_state(graphiql.clone());
        let router = Router::new()
            .route("/graphiql", get(page).with_state(graphiql.clone()))
            .nest_service("/graphiql/assets", assets);
        let request = Request::get(path).header(ACCEPT_ENCODING, "br").body(Body::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 100_000).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn built() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("assets")).unwrap();
        std::fs::write(folder.path().join("index.html"), "<script nonce=\"{{NONCE}}\">").unwrap();
        std::fs::write(folder.path().join("assets/main-ABCDEFGH.js"), "plain").unwrap();
        std::fs::write(folder.path().join("assets/main-ABCDEFGH.js.br"), "small").unwrap();
        folder
    }

    #[tokio::test]
    async fn the_page_has_a_fresh_nonce_and_no_way_out() {
        let folder = built();
        let graphiql = Graphiql::new(folder.path().to_owned(), true);
        let (status, headers, first) = ask(&graphiql, "/graphiql").await;
        assert_eq!(status, 200);
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        let nonce = first.split('"').nth(1).unwrap();
        assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains('*'), "{policy}");
        assert_ne!(first, ask(&graphiql, "/graphiql").await.2, "a nonce serves once");

        let (status, headers, body) = ask(&graphiql, "/graphiql/assets/main-ABCDEFGH.js").await;
        assert_eq!((status.as_u16(), body.as_str()), (200, "small"));
        assert_eq!(headers[CONTENT_ENCODING], "br");
        assert!(headers[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        for missing in ["/graphiql/assets/main.js", "/graphiql/assets/", "/graphiql/assets/../index.html"] {
            assert_eq!(ask(&graphiql, missing).await.0, 404, "{missing}");
        }
    }

    #[tokio::test]
    async fn without_a_build_or_switched_off_it_says_so() {
        let (status, _, body) = ask(&Graphiql::new("does/not/exist".into(), true), "/graphiql").await;
        assert_eq!(status, 404);
        assert!(body.contains("GRAPHIQL_DIR"), "{body}");
        let folder = built();
        let off = Graphiql::new(folder.path().to_owned(), false);
        assert!(ask(&off, "/graphiql").await.2.contains("switched off"));
        assert_eq!(ask(&off, "/graphiql/assets/main-ABCDEFGH.js").await.0, 404);
    }
}
