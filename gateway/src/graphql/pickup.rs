//! Room nights that partners booked and cancelled recently.

use async_graphql::{Context, Result, SimpleObject};
use chrono::{DateTime, Duration, Utc};

use super::access::{self, PropertyAccess, app};
use super::error::bad_argument;
use crate::inventory::pickup::pickup_hours;
use crate::journal::pickup;

/// Room nights sold and cancelled within one hour.
#[derive(SimpleObject, Clone, Debug)]
pub struct PickupHour {
    /// Begin of the hour.
    pub from: DateTime<Utc>,
    /// Room nights sold: bookings and confirmed holds.
    pub sold: i64,
    /// Room nights cancelled.
    pub cancelled: i64,
}

/// Room nights that partners booked and cancelled in a period that ends now.
#[derive(SimpleObject, Clone, Debug)]
pub struct Pickup {
    /// Begin of the period.
    pub from: DateTime<Utc>,
    /// End of the period: now.
    pub through: DateTime<Utc>,
    /// Room nights sold: bookings and confirmed holds.
    pub sold: i64,
    /// Room nights cancelled.
    pub cancelled: i64,
    /// Sold minus cancelled; below 0 when more was cancelled.
    pub net: i64,
    /// One entry per hour, oldest first; the last one ends now.
    pub hours: Vec<PickupHour>,
}

/// The pickup of the last hours.
///
/// # Errors
/// `BAD_USER_INPUT` for hours out of their bounds; when the database cannot be reached.
pub async fn report(ctx: &Context<'_>, access: &PropertyAccess, hours: i32) -> Result<Pickup> {
    let number = pickup_hours(hours).map_err(|problem| bad_argument("", &problem))?;
    let app = app(ctx)?;
    let now = app.clock.now();
    let found = access::read(ctx, pickup::pickup(&app.database.read, access.id(), now, number)).await?;
    let from = now - Duration::hours(i64::from(hours));
    let (sold, cancelled) = found.iter().fold((0, 0), |sum, hour| (sum.0 + hour.sold, sum.1 + hour.cancelled));
    let starts = (0..i64::from(hours)).map(|hour| from + Duration::hours(hour));
    Ok(Pickup {
        from,
        through: now,
        sold,
        cancelled,
        net: sold - cancelled,
        hours: starts
            .zip(found)
            .map(|(from, hour)| PickupHour { from, sold: hour.sold, cancelled: hour.cancelled })
            .collect(),
    })
}
