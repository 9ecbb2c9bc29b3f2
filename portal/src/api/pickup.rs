//! Pickup: room nights sold and cancelled in the last hours.

use super::{schema, whole};

/// Pickup of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PickupHour {
    /// Room nights sold.
    pub sold: u32,
    /// Room nights cancelled.
    pub cancelled: u32,
}

/// Pickup of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Pickup {
    /// Room nights sold minus room nights cancelled.
    pub net: i32,
    /// Room nights sold.
    pub sold: u32,
    /// Room nights cancelled.
    pub cancelled: u32,
    /// Pickup per hour, oldest first.
    pub hours: Vec<PickupHour>,
}

impl From<wire::Pickup> for Pickup {
    fn from(pickup: wire::Pickup) -> Self {
        let hour = |hour: wire::PickupHour| PickupHour { sold: whole(hour.sold), cancelled: whole(hour.cancelled) };
        Self {
            net: pickup.net,
            sold: whole(pickup.sold),
            cancelled: whole(pickup.cancelled),
            hours: pickup.hours.into_iter().map(hour).collect(),
        }
    }
}

pub(super) mod wire {
    use super::schema;

    #[derive(cynic::QueryFragment)]
    pub struct Pickup {
        pub net: i32,
        pub sold: i32,
        pub cancelled: i32,
        pub hours: Vec<PickupHour>,
    }

    #[derive(cynic::QueryFragment)]
    pub struct PickupHour {
        pub sold: i32,
        pub cancelled: i32,
    }
}
