//! The built portal: hashed files are cached forever, the page has a new nonce in every response.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tower::ServiceExt;
use tower_http::services::ServeDir;

/// The placeholder of the nonce in the built page.
const PLACEHOLDER: &str = "{{__TRUNK NONCE__}}";

/// The folder of the built portal. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Portal {
    folder: Arc<PathBuf>,
    files: ServeDir,
}

impl Portal {
    /// Serves from the folder, which may be missing.
    pub fn new(folder: PathBuf) -> Self {
        let files =
            ServeDir::new(&folder).precompressed_br().precompressed_gzip().append_index_html_on_directories(false);
        Self { files, folder: Arc::new(folder) }
    }

    /// Whether the folder contains a built portal.
    pub fn is_built(&self) -> bool {
        self.folder.join("index.html").is_file()
    }

    /// The page with a new nonce. It is read for each request, because a build may replace it while the node runs.
    async fn page(&self) -> Response {
        let Ok(page) = tokio::fs::read_to_string(self.folder.join("index.html")).await else {
            let sentence =
                "There is no portal here: build it with `cargo xtask portal`, or name its folder by PORTAL_DIR.\n";
            return (StatusCode::NOT_FOUND, sentence).into_response();
        };
        let nonce = nonce();
        html(page.replace(PLACEHOLDER, &nonce), &policy(&nonce))
    }
}

/// A page with its own content security policy; never cached, because the nonce is unique.
pub(crate) fn html(page: String, policy: &str) -> Response {
    let mut response = Response::new(Body::from(page));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Serves every path without a route of its own.
pub async fn serve(State(portal): State<Portal>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let allow = [(ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "Only GET is for this address.\n").into_response();
    }
    let path = request.uri().path().to_owned();
    let wants_page = wants_html(request.headers());
    if path == "/" || path == "/index.html" {
        return portal.page().await;
    }
    let found = match portal.files.clone().oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    match found.status() {
        // The routes inside the portal are known only to the page, which gets every other path.
        StatusCode::NOT_FOUND if wants_page => portal.page().await,
        StatusCode::NOT_FOUND => (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response(),
        _ => {
            let mut response = found;
            let cache = if is_hashed(&path) { "public, max-age=31536000, immutable" } else { "no-cache" };
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
            response
        }
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|text| text.contains("text/html")))
}

/// Whether the file name contains a hash of the content: `name-<16 hexadecimal digits>`, an optional `_bg`, the extension.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A nonce of 128 random bits for the scripts of one page.
pub(crate) fn nonce() -> String {
    BASE64_STANDARD.encode(rand::random::<[u8; 16]>())
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(portal: &Portal, path: &str, accept: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::get(path).header(ACCEPT, accept).body(Body::empty()).unwrap();
        let response = serve(State(portal.clone()), request).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 100_000).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_page_has_a_new_nonce_and_its_files_are_cached() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<script nonce=\"{{__TRUNK NONCE__}}\">").unwrap();
        std::fs::write(folder.path().join("app-0123456789abcdef_bg.wasm"), "wasm").unwrap();
        std::fs::write(folder.path().join("plain.svg"), "<svg/>").unwrap();
        let portal = Portal::new(folder.path().to_owned());
        let (status, headers, first) = get(&portal, "/", "text/html").await;
        assert_eq!(status, 200);
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        let nonce = first.split('"').nth(1).unwrap();
        assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
        assert!(policy.contains("default-src 'none';") && policy.contains("connect-src 'self';"), "{policy}");
        assert_ne!(first, get(&portal, "/hotels/12", "text/html,*/*").await.2, "a nonce serves once");

        let (_, headers, body) = get(&portal, "/app-0123456789abcdef_bg.wasm", "*/*").await;
        assert_eq!(
            (body.as_str(), headers[CACHE_CONTROL].to_str().unwrap()),
            ("wasm", "public, max-age=31536000, immutable")
        );
        assert_eq!(headers[CONTENT_TYPE], "application/wasm");
        assert_eq!(get(&portal, "/plain.svg", "*/*").await.1[CACHE_CONTROL], "no-cache");
        assert_eq!(get(&portal, "/missing.js", "*/*").await.0, 404);
        assert_eq!(get(&portal, "/../Cargo.toml", "*/*").await.0, 404);
    }

    #[tokio::test]
    async fn a_missing_build_is_reported() {
        let portal = Portal::new("does/not/exist".into());
        assert!(!portal.is_built());
        let (status, _, body) = get(&portal, "/", "text/html").await;
        assert_eq!(status, 404);
        assert!(body.contains("PORTAL_DIR"));
    }
}
