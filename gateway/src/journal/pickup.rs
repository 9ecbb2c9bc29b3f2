//! Pickup: room nights sold and given back lately, from the journal.

use chrono::{DateTime, Duration, Utc};
use lodgate_entities::ids::PropertyId;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::sql::pickup;

/// Room nights of one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Sold.
    pub sold: i64,
    /// Given back.
    pub cancelled: i64,
}

/// A row of [`pickup::PICKUP`].
#[derive(FromQueryResult)]
struct PickupRow {
    hours_ago: i64,
    sold: i64,
    cancelled: i64,
}

/// The last `hours` hours before `now`, oldest first. One statement over the events of that time.
///
/// # Errors
/// Any error of the database.
pub async fn pickup(
    db: &impl ConnectionTrait,
    property: PropertyId,
    now: DateTime<Utc>,
    hours: usize,
) -> Result<Vec<Hour>, DbErr> {
    let since = now - Duration::hours(i64::try_from(hours).unwrap_or(0));
    let values = [property.0.into(), now.into(), since.into()];
    let mut found = vec![Hour::default(); hours];
    for row in db.query_all_raw(pickup::PICKUP.with(db.get_database_backend(), values)).await? {
        // The database's clock may be ahead of this node's: an event from the future belongs to the last hour.
        let row = PickupRow::from_query_result(&row, "")?;
        let ago = usize::try_from(row.hours_ago.max(0)).unwrap_or(usize::MAX);
        if let Some(hour) = found.iter_mut().rev().nth(ago) {
            hour.sold += row.sold;
            hour.cancelled += row.cancelled;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use lodgate_entities::ids::RoomTypeId;
    use sea_orm::EntityTrait;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::database::{Database, tests as databases};

    const HOTEL: PropertyId = PropertyId(1);

    async fn committed(db: &Database, property: PropertyId, seq: i64, cause: &str, at: DateTime<Utc>, sold: [i32; 2]) {
        use lodgate_entities::stock_event::ActiveModel;
        use sea_orm::ActiveValue::Set;
        let cells = json!([
            { "r": RoomTypeId(7), "p": 0, "d": "2027-01-01", "f": { "sold": sold, "allotted": [null, 4] } },
            { "r": RoomTypeId(7), "p": 3, "d": "2027-01-01", "f": { "poolSold": sold } },
        ]);
        let event = ActiveModel {
            property_id: Set(property),
            seq: Set(seq),
            tag: Set(vec![0; 8]),
            batch_id: Set(Uuid::nil()),
            committed_at: Set(at),
            actor_tenant_id: Set(lodgate_entities::ids::TenantId(1)),
            actor: Set("engine".to_owned()),
            cause: Set(cause.to_owned()),
            room_type_ids: Set(json!([7])),
            cells: Set(cells),
            ..ActiveModel::default()
        };
        lodgate_entities::stock_event::Entity::insert(event).exec(&db.write).await.unwrap();
    }

    async fn sums_by_hour(db: &Database) {
        let now: DateTime<Utc> = "2026-12-01T12:30:00Z".parse().unwrap();
        let ago = |minutes| now - Duration::minutes(minutes);
        committed(db, HOTEL, 1, "BOOK", ago(181), [0, 9]).await;
        committed(db, HOTEL, 2, "BOOK", ago(179), [1, 3]).await;
        committed(db, HOTEL, 3, "CONFIRM", ago(61), [3, 4]).await;
        committed(db, HOTEL, 4, "CANCEL", ago(59), [4, 1]).await;
        committed(db, HOTEL, 5, "HOLD", ago(30), [1, 1]).await;
        committed(db, HOTEL, 6, "BOOK", ago(-1), [1, 6]).await;
        committed(db, PropertyId(2), 1, "BOOK", ago(1), [0, 100]).await;

        let found = pickup(&db.read, HOTEL, now, 3).await.unwrap();

        let hour = |sold, cancelled| Hour { sold, cancelled };
        assert_eq!(found, [hour(2, 0), hour(1, 0), hour(5, 3)]);
        assert_eq!(pickup(&db.read, HOTEL, now, 1).await.unwrap(), [hour(5, 3)]);
        assert_eq!(pickup(&db.read, PropertyId(9), now, 2).await.unwrap(), [hour(0, 0); 2]);
    }

    #[tokio::test]
    async fn sums_on_sqlite() {
        let (db, _folder) = databases::embedded().await;
        sums_by_hour(&db).await;
    }

    #[tokio::test]
    async fn sums_on_postgres() {
        let (db, _folder) = databases::served().await;
        sums_by_hour(&db).await;
    }
}
