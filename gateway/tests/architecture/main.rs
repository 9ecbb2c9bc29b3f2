//! Rules of the source tree: imports run one way, the core is pure, and names keep to the glossary.
//!
//! Each rule is a function over the text of source files, so that a test can plant a breach and see it found.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

mod imports;
mod purity;
mod sources;
mod words;
