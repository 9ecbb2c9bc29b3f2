//! Headers of every response: security headers, cross-origin requests, request ids; and no secrets in the log.

use lodgate_e2e::{Gateway, TenantKind, client::pool, stories::eventually};
use reqwest::{Method, StatusCode, header::HeaderMap};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

async fn get(gateway: &Gateway, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap) {
    ask(gateway, Method::GET, path, headers).await
}

async fn ask(gateway: &Gateway, method: Method, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap) {
    let mut request = pool().request(method, format!("{}{path}", gateway.base_url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.expect("a response");
    (answer.status(), answer.headers().clone())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn every_response_has_security_headers() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("index.html"), "<script nonce=\"{{__TRUNK NONCE__}}\">").expect("written");
    let portal = folder.path().display().to_string();
    let gateway = Gateway::builder().env("PORTAL_DIR", &portal).start().await;
    for path in ["/", "/graphql", "/graphiql", "/schema.graphql", "/livez", "/nothing", "/.well-known/jwks.json"] {
        let (_, headers) = get(&gateway, path, &[("accept", "*/*")]).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(text(&headers, name), value, "{path}: {name}");
        }
        assert!(text(&headers, "permissions-policy").contains("camera=()"), "{path}");
        let policy = text(&headers, "content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert!(!headers.contains_key("strict-transport-security"), "{path}: plain HTTP");
    }
    let (_, page) = get(&gateway, "/", &[("accept", "text/html")]).await;
    let policy = text(&page, "content-security-policy");
    assert!(policy.contains("connect-src 'self';") && policy.contains("'wasm-unsafe-eval'"), "{policy}");

    let secure = Gateway::builder().env("PUBLIC_URL", "https://lodgate.example").start().await;
    let (_, headers) = get(&secure, "/livez", &[]).await;
    assert_eq!(text(&headers, "strict-transport-security"), "max-age=31536000");
}

#[tokio::test]
async fn only_allowed_origins_may_send_requests() {
    let foreign = "https://app.example";
    let preflight = [
        ("origin", foreign),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let closed = Gateway::builder().start().await;
    let (_, headers) = ask(&closed, Method::OPTIONS, "/graphql", &preflight).await;
    assert!(!headers.contains_key("access-control-allow-origin"), "{headers:?}");

    let open = Gateway::builder().env("ALLOWED_ORIGINS", "https://app.example,http://localhost:3000").start().await;
    let (status, headers) = ask(&open, Method::OPTIONS, "/graphql", &preflight).await;
    assert!(status.is_success(), "{status}");
    assert_eq!(text(&headers, "access-control-allow-origin"), foreign);
    assert_eq!(text(&headers, "access-control-max-age"), "600");
    assert!(text(&headers, "access-control-allow-headers").contains("authorization"), "{headers:?}");
    assert!(text(&headers, "vary").contains("origin"), "{headers:?}");

    let token = open.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "standard").await;
    let bearer = format!("Bearer {token}");
    let query = "/graphql?query=%7Bviewer%7Bplan%7D%7D";
    let (status, headers) = get(&open, query, &[("origin", foreign), ("authorization", &bearer)]).await;
    assert_eq!((status, text(&headers, "access-control-allow-origin")), (StatusCode::OK, foreign));
    let exposed = text(&headers, "access-control-expose-headers");
    for name in ["ratelimit", "ratelimit-policy", "retry-after", "x-request-id", "traceparent"] {
        assert!(exposed.contains(name), "{name}: {exposed}");
    }
    assert!(!headers.contains_key("access-control-allow-credentials"), "credentials are never allowed");
    for other in ["https://evil.example", "https://app.example.evil.example", "null"] {
        let (_, headers) = get(&open, query, &[("origin", other), ("authorization", &bearer)]).await;
        assert!(!headers.contains_key("access-control-allow-origin"), "{other}: {headers:?}");
    }
    let (_, headers) = ask(&open, Method::OPTIONS, "/oauth/token", &preflight).await;
    assert!(!headers.contains_key("access-control-allow-origin"), "sign-in is not available to other origins");

    let error = Gateway::builder().env("ALLOWED_ORIGINS", "*").try_start().await.expect_err("a wildcard origin");
    assert!(format!("{error:#}").contains("is not an origin"), "{error:#}");
}

#[tokio::test]
async fn the_log_has_the_ids_of_a_request_and_no_secrets() {
    let gateway = Gateway::builder().env("LOG_FORMAT", "json").start().await;
    let token = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await;
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    let (bearer, path) = (format!("Bearer {token}"), "/graphql?query=%7Bviewer%7Bplan%7D%7D&secret=hunter2");
    let sent = [
        ("authorization", bearer.as_str()),
        ("x-request-id", "order-17"),
        ("traceparent", &parent),
        ("tracestate", "rojo=00f067aa0ba902b7"),
    ];
    let (status, headers) = get(&gateway, path, &sent).await;
    assert_eq!((status, text(&headers, "x-request-id")), (StatusCode::OK, "order-17"));
    let answered: Vec<&str> = text(&headers, "traceparent").split('-').collect();
    assert_eq!((answered[0], answered[1], answered[3]), ("00", TRACE, "01"));
    assert_ne!(answered[2], "b7ad6b7169203331", "a new span");
    assert_eq!(text(&headers, "tracestate"), "rojo=00f067aa0ba902b7");

    let odd = [("x-request-id", "two words"), ("traceparent", "00-xyz-1-01"), ("tracestate", "rojo=1")];
    let (_, headers) = get(&gateway, "/properties/%1b%5b2J", &odd).await;
    assert!(text(&headers, "x-request-id").len() == 36, "{headers:?}");
    assert!(text(&headers, "traceparent").len() == 55 && !headers.contains_key("tracestate"), "{headers:?}");

    let line = || async { gateway.log_tail().lines().find(|line| line.contains("order-17")).map(str::to_owned) };
    let line = eventually("the request is logged", line).await;
    let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
    assert_eq!((&line["path"], &line["status"]), (&"/graphql".into(), &200.into()), "{line}");
    assert_eq!((&line["span"]["trace"], &line["span"]["span"]), (&TRACE.into(), &answered[2].into()), "{line}");
    let log = gateway.log_tail();
    assert!(!log.contains("hunter2") && !log.contains(&token[token.len() - 20..]), "{log}");
    assert!(!log.bytes().any(|byte| byte < b' ' && byte != b'\n'), "{log}");
}
