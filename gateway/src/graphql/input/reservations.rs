//! Inputs about holds, bookings and what becomes of them.

use async_graphql::{ID, InputObject};
use lodgate_entities::ids::PropertyId;

use super::room_type_id;
use crate::graphql::scalars::Date;
use crate::inventory::Stay;
use crate::inventory::command::LineRequest;

/// One room asked for.
#[derive(InputObject, Clone, Debug)]
pub struct LineInput {
    /// What.
    pub room_type_id: ID,
    /// First night.
    pub check_in: Date,
    /// The morning of leaving; after `checkIn`, at most 366 nights later.
    pub check_out: Date,
    /// Adults in the room, at least 1.
    pub adults: i32,
    /// Age of each child, 0 to 17 years.
    #[graphql(default)]
    pub child_ages: Vec<i32>,
}

impl LineInput {
    /// As the core has it.
    pub fn to_request(&self, property: PropertyId) -> LineRequest {
        LineRequest {
            room_type: room_type_id(property, &self.room_type_id),
            stay: Stay { check_in: self.check_in.0, check_out: self.check_out.0 },
            adults: self.adults,
            child_ages: self.child_ages.clone(),
        }
    }
}

/// Holds rooms until they are confirmed or the time is over.
#[derive(InputObject, Clone, Debug)]
pub struct PlaceHoldInput {
    /// The property.
    pub property_id: ID,
    /// Under which of your contracts; optional when exactly one fits.
    pub contract_id: Option<ID>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Your own reference, 1 to 100 characters, unique at the property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// 1 to 100, one a room; all or none.
    pub lines: Vec<LineInput>,
    /// Minutes until it ends; 15 unless the gateway is set otherwise.
    pub hold_minutes: Option<i32>,
}

/// Books rooms at once.
#[derive(InputObject, Clone, Debug)]
pub struct BookRoomsInput {
    /// The property.
    pub property_id: ID,
    /// Under which of your contracts; optional when exactly one fits.
    pub contract_id: Option<ID>,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Your own reference, 1 to 100 characters, unique at the property.
    pub reference: String,
    /// Lead guest.
    pub guest_name: Option<String>,
    /// 1 to 100, one a room; all or none.
    pub lines: Vec<LineInput>,
}

/// Prolongs a hold.
#[derive(InputObject, Clone, Debug)]
pub struct ExtendHoldInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
    /// By how many minutes; 15 unless the gateway is set otherwise.
    pub by_minutes: Option<i32>,
}

/// Turns a hold into a sale.
#[derive(InputObject, Clone, Debug)]
pub struct ConfirmReservationInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: Option<String>,
}

/// Gives rooms back, held or sold.
#[derive(InputObject, Clone, Debug)]
pub struct CancelReservationInput {
    /// Which.
    pub reservation_id: ID,
    /// 1 to 100 characters: takes effect once.
    pub idempotency_key: String,
    /// Numbers of the lines to give back; absent is all.
    pub lines: Option<Vec<i32>>,
    /// Why, for the history.
    pub reason: Option<String>,
}
