//! A websocket of the browser.

use leptos::prelude::window;
use wasm_bindgen::{JsCast as _, prelude::Closure};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::protocol::PROTOCOL;

/// An event of the socket.
pub enum SocketEvent {
    /// It is open.
    Opened,
    /// A text came.
    Text(String),
    /// It was closed, or could not be opened.
    Closed(u16),
}

/// A socket to the gateway that this page came from. Dropping it closes it without a further word.
pub struct Socket {
    socket: WebSocket,
    // Kept for as long as the browser may call them.
    _on_open: Closure<dyn Fn()>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_close: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    /// Opens one; nothing if the browser does not let it.
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
        // An error is always followed by this.
        let on_close: Closure<dyn Fn(CloseEvent)> =
            Closure::new(move |event: CloseEvent| on_event(SocketEvent::Closed(event.code())));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Some(Self { socket, _on_open: on_open, _on_message: on_message, _on_close: on_close })
    }

    /// Sends a text. One that can't be sent is on its way to be closed, which is told.
    pub fn send(&self, text: &str) {
        let _ = self.socket.send_with_str(text);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // One that is closed already stays so.
        let _ = self.socket.close();
    }
}
