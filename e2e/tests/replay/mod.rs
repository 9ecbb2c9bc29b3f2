//! The replay of bookings: its checks against a fake gateway, and whole replays against the real one.

mod checks;
mod fake_gateway;
mod real_bookings;
