//! The browser: window, monotonic clock, random numbers, local storage, and callbacks that outlive a component.

pub mod root_callback;
pub mod storage;

use web_sys::Window;

/// The window of this page.
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// Milliseconds since the start of the page, on a monotonic clock.
pub fn now() -> f64 {
    window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}

/// A random UUID. Browsers offer `randomUUID` over TLS only, but random numbers always.
pub fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    let crypto = window().and_then(|window| window.crypto().ok());
    let is_filled = crypto.is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !is_filled {
        bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    }
    formatted(bytes)
}

/// Sixteen random bytes as a UUID of version 4.
fn formatted(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_are_a_uuid_of_version_4() {
        assert_eq!(formatted([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(formatted([0; 16]), "00000000-0000-4000-8000-000000000000");
    }
}
