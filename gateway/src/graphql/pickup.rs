//! What partners took lately.

use async_graphql::{Context, Result, SimpleObject};
use chrono::{DateTime, Duration, Utc};

use super::access::{self, PropertyAccess, app};
use super::error::bad_input;
use crate::journal::pickup;

/// Most hours: a week.
const LONGEST: i32 = 168;

/// Room nights sold and given back within an hour.
#[derive(SimpleObject, Clone, Debug)]
pub struct PickupHour {
    /// When the hour began.
    pub from: DateTime<Utc>,
    /// Room nights sold: bookings and confirmed holds.
    pub sold: i64,
    /// Room nights given back by cancellations.
    pub cancelled: i64,
}

/// Room nights that partners took and gave back over a time that ends now.
#[derive(SimpleObject, Clone, Debug)]
pub struct Pickup {
    /// When the time began.
    pub from: DateTime<Utc>,
    /// When it ended: now.
    pub through: DateTime<Utc>,
    /// Room nights sold: bookings and confirmed holds.
    pub sold: i64,
    /// Room nights given back by cancellations.
    pub cancelled: i64,
    /// Sold less cancelled; below 0 when more came back.
    pub net: i64,
    /// Hour by hour, oldest first; the last one ends now.
    pub hours: Vec<PickupHour>,
}

/// The pickup of the last hours.
///
/// # Errors
/// `BAD_USER_INPUT` for hours out of their bounds; when the database can't be reached.
pub async fn of(ctx: &Context<'_>, seen: &PropertyAccess, hours: i32) -> Result<Pickup> {
    let number = usize::try_from(hours).ok().filter(|_| (1..=LONGEST).contains(&hours));
    let number = number.ok_or_else(|| bad_input("hours", format!("1 to {LONGEST} hours, not {hours}")))?;
    let app = app(ctx)?;
    let now = app.clock.now();
    let found = access::read(ctx, pickup::pickup(&app.database.read, seen.id(), now, number)).await?;
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
