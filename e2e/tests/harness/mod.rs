//! Tests of the helpers that the other tests use.

mod browser;
mod gateway_process;
mod private_servers;
mod websocket_client;
