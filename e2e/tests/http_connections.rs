//! Connections: slow senders, limits of heads and bodies, the limit of connections.

use std::time::Duration;

use lodgate_e2e::{Gateway, TIMEOUT, TenantKind, client::pool, stories::eventually};
use reqwest::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

async fn connect(gateway: &Gateway) -> TcpStream {
    TcpStream::connect(gateway.base_url().trim_start_matches("http://")).await.expect("the gateway listens")
}

/// Everything that is received until the gateway closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset also ends the connection.
    let _ = timeout(TIMEOUT, stream.read_to_end(&mut bytes)).await.expect("the connection is closed");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sends one byte every 200 ms until the gateway closes the connection; returns the response and the time.
async fn send_slowly(stream: &mut TcpStream, start: &str) -> (String, Duration) {
    let started = Instant::now();
    stream.write_all(start.as_bytes()).await.expect("sent");
    let mut bytes = Vec::new();
    loop {
        assert!(started.elapsed() < TIMEOUT, "still open");
        match timeout(Duration::from_millis(200), stream.read_buf(&mut bytes)).await {
            Ok(Ok(1..)) => {}
            Ok(_) => return (String::from_utf8_lossy(&bytes).into_owned(), started.elapsed()),
            // Still open: send another byte.
            Err(_) => {
                let _ = stream.write_all(b"x").await;
            }
        }
    }
}

#[tokio::test]
async fn slow_senders_time_out() {
    let gateway = Gateway::builder().env("HEAD_TIMEOUT", "1s").env("BODY_TIMEOUT", "1s").start().await;
    let token = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await;
    let head = |path: &str| format!("POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n");

    let (_, waited) = send_slowly(&mut connect(&gateway).await, "GET /livez HTTP/1.1\r\nx-slow: ").await;
    assert!(waited >= Duration::from_millis(900), "{waited:?}");
    let (_, _) = send_slowly(&mut connect(&gateway).await, "").await;

    let body = "content-type: application/json\r\ncontent-length: 1000\r\n\r\n{";
    let (answer, _) = send_slowly(&mut connect(&gateway).await, &format!("{}{body}", head("/graphql"))).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("the body took too long to arrive"), "{answer}");
    let form = "content-type: application/x-www-form-urlencoded\r\ncontent-length: 1000\r\n\r\na=";
    let (answer, _) = send_slowly(&mut connect(&gateway).await, &format!("{}{form}", head("/oauth/token"))).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn oversized_and_ambiguous_requests_are_refused() {
    let gateway = Gateway::builder().start().await;
    let token = gateway.token("alpha", TenantKind::Supplier, TenantKind::Supplier.scopes(), "unmetered").await;
    let many: String = (0..100).map(|number| format!("x-{number}: 1\r\n")).collect();
    let large = format!("x-large: {}\r\n", "x".repeat(64 * 1_024));
    for lines in [many, large] {
        let mut stream = connect(&gateway).await;
        let request = format!("GET /livez HTTP/1.1\r\nhost: a\r\n{lines}\r\n");
        // The gateway may close before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        let answer = read_to_end(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    let authorization = format!("authorization: Bearer {token}\r\ncontent-type: application/json\r\n");
    for (body, status) in [
        ("content-length: 300000\r\n\r\n", "413"),
        ("transfer-encoding: chunked\r\n\r\nzz\r\n", "400"),
        ("content-length: 5\r\ncontent-length: 6\r\n\r\n", "400"),
        ("content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", "4"),
        ("content-length: -1\r\n\r\n", "400"),
    ] {
        let mut stream = connect(&gateway).await;
        let request = format!("POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{authorization}{body}");
        stream.write_all(request.as_bytes()).await.expect("sent");
        stream.shutdown().await.expect("shut");
        let answer = read_to_end(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status}")), "{body}: {answer}");
    }
    // Another protocol on the same port is refused.
    let mut stream = connect(&gateway).await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("sent");
    let answer = read_to_end(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(
        pool().get(format!("{}/livez", gateway.base_url())).send().await.expect("a response").status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn connections_above_the_limit_are_refused() {
    let gateway = Gateway::builder().env("MAX_CONNECTIONS", "3").start().await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&gateway).await;
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.expect("a response");
        assert_eq!(&first, b"HTTP/1.1 200");
        held.push(stream);
    }
    let answer = read_to_end(&mut connect(&gateway).await).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("retry-after: 1"), "{answer}");
    held[0].write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    held.pop();
    let served = || async {
        let mut stream = connect(&gateway).await;
        stream.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.ok()?;
        read_to_end(&mut stream).await.starts_with("HTTP/1.1 200").then_some(())
    };
    eventually("a connection is accepted again", served).await;
}
