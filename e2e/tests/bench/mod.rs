//! Benchmarks. They print figures and assert nothing about them; `cargo xtask bench` runs them.

mod limits;
mod portal;
