//! What the core promises: each rule as a story, and the whole against a naive model over random commands.

mod allotment;
mod attention;
mod audit;
mod availability;
mod booking;
mod fixture;
mod model;
mod property_admin;
mod random_commands;
mod random_stories;
mod reservation;
mod restriction;
mod selling_rules;
mod undo;
