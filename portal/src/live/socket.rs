//! A websocket of the browser.

use leptos::prelude::window;
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::protocol::PROTOCOL;

/// An event of the socket.
pub enum SocketEvent {
    /// The socket is open.
    Opened,
    /// A text message arrived.
    Text(String),
    /// The socket was closed, or could not be opened. Carries the close code.
    Closed(u16),
}

/// A socket to the gateway that served this page. Dropping it closes it without an event.
pub struct Socket {
    socket: WebSocket,
    // The browser calls these closures as long as the socket lives.
    _on_open: Closure<dyn Fn()>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_close: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    /// Opens a socket; none if the browser refuses.
    pub fn open(on_event: impl Fn(SocketEvent) + Clone + 'static) -> Option<Self> {
        let location = window().location();
        let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
        let address = format!("{scheme}://{}/graphql/ws", location.host().ok()?);
        let socket = WebSocket::new_with_str(&address, PROTOCOL).ok()?;
        let on_open: Closure<dyn Fn()> = {
            let on_event = on_event.clone();
            Closure::new(move || on_event(SocketEvent::Opened))
        };
        let on_message: Closure<dyn Fn(MessageEvent)> = {
            let on_event = on_event.clone();
            Closure::new(move |event: MessageEvent| {
                if let Some(text) = event.data().as_string() {
                    on_event(SocketEvent::Text(text));
                }
            })
        };
        // A close event follows every error event.
        let on_close: Closure<dyn Fn(CloseEvent)> =
            Closure::new(move |event: CloseEvent| on_event(SocketEvent::Closed(event.code())));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close })
    }

    /// Sends a text message. If that fails, the socket is closing, and its close event follows.
    pub fn send(&self, text: &str) {
        let _ = self.socket.send_with_str(text);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Closing a closed socket fails without effect.
        let _ = self.socket.close();
    }
}
