//! The commands, one file each.

pub mod audit;
mod demo;
pub mod documents;
pub mod keys;
pub mod migrate;
pub mod schema;
pub mod seed;
pub mod serve;
pub mod token;
