//! What the core promises: each rule as a story, and the whole against a naive model over random commands.

mod allotment;
mod attention;
mod audit;
mod availability;
mod booking;
mod expectations;
mod hotel;
mod model;
mod properties;
mod property_admin;
mod reservation;
mod rules;
mod steps;
mod undo;
