//! The websocket client follows the protocol, and violates it only when a test asks for it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use lodgate_e2e::{
    TIMEOUT, WebSocket,
    websocket::{Incoming, WebSocketError},
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
        http::HeaderValue,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// The server side of one websocket: it acknowledges any token but `bad`, and then sends what the test asks for.
struct Server {
    stream: WebSocketStream<TcpStream>,
}

async fn serve() -> (String, mpsc::Receiver<Server>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, servers) = mpsc::channel(4);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let stream = accept_hdr_async(stream, accept).await.expect("a websocket");
            let mut server = Server { stream };
            let init = server.receive().await.expect("connection_init");
            assert_eq!(init["type"], "connection_init");
            if init["payload"]["authorization"] == "Bearer bad" {
                server.close(4403, "Forbidden").await;
            } else {
                server.send(&json!({ "type": "connection_ack" })).await;
                let _ = sender.send(server).await;
            }
        }
    });
    (url, servers)
}

#[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
fn accept(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    assert_eq!(request.uri().path(), "/graphql/ws");
    assert_eq!(request.headers()["sec-websocket-protocol"], "graphql-transport-ws");
    response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    Ok(response)
}

impl Server {
    async fn send(&mut self, message: &Value) {
        self.stream.send(Message::text(message.to_string())).await.expect("sent");
    }

    async fn receive(&mut self) -> Option<Value> {
        match self.stream.next().await?.ok()? {
            Message::Text(text) => serde_json::from_str(&text).ok(),
            _ => None,
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) {
        let _ = self.stream.close(Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() })).await;
    }
}

#[tokio::test]
async fn results_have_their_operation_and_pings_are_answered() {
    let (url, mut servers) = serve().await;
    let mut socket = WebSocket::connect(&url, "good").await.expect("connected");
    let mut server = servers.recv().await.expect("a socket");

    let id = socket.subscribe("subscription { stockChanges }", &json!({ "days": 3 })).await.expect("sent");
    let received = server.receive().await.expect("subscribe");
    assert_eq!(
        (&received["type"], &received["id"], &received["payload"]["variables"]["days"]),
        (&json!("subscribe"), &json!(id), &json!(3))
    );

    server.send(&json!({ "type": "ping" })).await;
    server.send(&json!({ "id": id, "type": "next", "payload": { "data": { "n": 1 } } })).await;
    assert_eq!(socket.next_data(TIMEOUT).await.expect("data"), json!({ "n": 1 }));
    assert_eq!(server.receive().await.expect("pong")["type"], "pong");

    let refusal = json!([{ "message": "no", "extensions": { "code": "BAD_USER_INPUT" } }]);
    server.send(&json!({ "id": id, "type": "error", "payload": refusal })).await;
    assert!(
        matches!(socket.next(TIMEOUT).await, Ok(Incoming::Error { errors, .. }) if errors[0].code == "BAD_USER_INPUT")
    );
    server.send(&json!({ "id": id, "type": "complete" })).await;
    assert_eq!(socket.next(TIMEOUT).await.expect("complete"), Incoming::Complete { id });
}

#[tokio::test]
async fn a_timeout_differs_from_a_close() {
    let (url, mut servers) = serve().await;
    let mut socket = WebSocket::connect(&url, "good").await.expect("connected");
    let mut server = servers.recv().await.expect("a socket");

    let silence = socket.next(Duration::from_millis(50)).await;
    assert!(matches!(silence, Err(WebSocketError::TimedOut(_))), "{silence:?}");

    server.close(1013, "too slow").await;
    assert_eq!(socket.next(TIMEOUT).await.expect_err("closed").close_code(), Some(1013));

    let refused = WebSocket::connect(&url, "bad").await.expect_err("refused");
    assert_eq!(refused.close_code(), Some(4403));
}

#[tokio::test]
async fn a_reset_websocket_sends_no_close_frame() {
    let (url, mut servers) = serve().await;
    let socket = WebSocket::connect(&url, "good").await.expect("connected");
    let mut server = servers.recv().await.expect("a socket");

    socket.reset();

    let end = timeout(TIMEOUT, server.stream.next()).await.expect("the connection ends");
    assert!(matches!(end, Some(Err(_))), "no close frame: {end:?}");
}
