//! The pure core: the stock of a property and its rules.
//!
//! Everything here is a function over plain data. Nothing reads a clock, a database or a socket; `now` is an argument.
//! The writer loads a [`Stock`], calls [`decide`] for each command in turn, and stores the decisions.

pub mod allotment;
pub mod attention;
pub mod audit;
pub mod availability;
pub mod booking;
pub mod calendar;
pub mod cell;
pub mod command;
pub mod cut_off;
pub mod decide;
pub mod event;
pub mod occupancy;
pub mod pickup;
pub mod property;
pub mod property_admin;
pub mod refusal;
pub mod reservation;
pub mod restriction;
pub mod stay;
pub mod stock;
#[cfg(test)]
mod tests;
pub mod text_limits;
pub mod undo;

pub use attention::Attention;
pub use calendar::{DateRange, Weekdays};
pub use cell::{Allotment, Field, Level, Night, NightKey, Pool, Restrictions, RoomNight};
pub use command::{Action, Actor, Command};
pub use decide::{Decision, decide};
pub use event::{Cause, CellChange, Event, EventDraft, FieldChange};
pub use property::{Contract, ContractStatus, PoolAccess, Property, RoomType};
pub use refusal::{Code, Problem, Refusal, Rule};
pub use reservation::{Draw, Line, Reservation, Status};
pub use stay::Stay;
pub use stock::{Limits, Stock};
