//! Tests of the core: each rule by examples, and all rules against a naive model over random commands.

mod allotment;
mod attention;
mod audit;
mod availability;
mod booking;
mod fixture;
mod model;
mod occupancy;
mod property_admin;
mod random_commands;
mod random_stories;
mod reservation;
mod restriction;
mod selling_rules;
mod text_limits;
mod undo;
