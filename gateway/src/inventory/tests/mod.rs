//! What the core promises: each rule as a story, and the whole against a naive model over random commands.

mod allotments;
mod attention;
mod audit;
mod availability;
mod claims;
mod expectations;
mod hotel;
mod model;
mod properties;
mod reservations;
mod rules;
mod steps;
mod structure;
mod undo;
