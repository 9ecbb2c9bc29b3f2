//! Pages of a property's journal, newest first: all events, or those that touched one night.

use lodgate_entities::ids::PropertyId;
use sea_orm::{ConnectionTrait, DbErr};

use super::rows;
use super::sql::history::{BEFORE, BEFORE_OF_NIGHT};
use crate::inventory::{Event, NightKey};

/// Maximum of events read for one page. It bounds the cost of a night that is within the bounds of many events and
/// touched by few.
const MAX_READ: usize = 2_000;
/// Minimum of events per statement.
const STEP: usize = 50;

/// A page, newest event first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The events.
    pub events: Vec<Event>,
    /// `before` of the next page; `None` at the end.
    pub next: Option<i64>,
}

/// The events before seq `before`, newest first, at most `limit`; with `night` only those that touched it.
///
/// # Errors
/// Any error of the database.
pub async fn page(
    db: &impl ConnectionTrait,
    property: PropertyId,
    night: Option<NightKey>,
    before: i64,
    limit: usize,
) -> Result<Page, DbErr> {
    let (mut page, mut before, mut read_count) = (Page::default(), before, 0);
    loop {
        // One event more than the page tells whether another page follows.
        let step = match night {
            Some(_) => (limit + 1 - page.events.len()).max(STEP).min(MAX_READ - read_count),
            None => limit + 1,
        };
        let found = read(db, property, night, before, step).await?;
        let is_last = found.len() < step;
        for event in found {
            if night.is_none_or(|night| touches(&event, night)) {
                if page.events.len() == limit {
                    page.next = page.events.last().map(|event| event.seq);
                    return Ok(page);
                }
                page.events.push(event.clone());
            }
            (before, read_count) = (event.seq, read_count + 1);
        }
        if is_last {
            return Ok(page);
        }
        if read_count >= MAX_READ {
            page.next = Some(before);
            return Ok(page);
        }
    }
}

fn touches(event: &Event, (room_type, date): NightKey) -> bool {
    event.cells.iter().any(|cell| cell.room_type == room_type && cell.date == date)
}

async fn read(
    db: &impl ConnectionTrait,
    property: PropertyId,
    night: Option<NightKey>,
    before: i64,
    limit: usize,
) -> Result<Vec<Event>, DbErr> {
    let backend = db.get_database_backend();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let statement = match night {
        None => BEFORE.with(backend, [property.0.into(), before.into(), limit.into()]),
        Some((room_type, date)) => BEFORE_OF_NIGHT
            .with(backend, [property.0.into(), before.into(), limit.into(), room_type.0.into(), date.into()]),
    };
    db.query_all_raw(statement).await?.iter().map(rows::event).collect()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use lodgate_entities::ids::{RoomTypeId, TenantId};
    use lodgate_entities::stock_event::{ActiveModel, Entity};
    use sea_orm::ActiveValue::Set;
    use sea_orm::EntityTrait;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::database::{Database, tests as databases};

    const HOTEL: PropertyId = PropertyId(1);
    const OTHER: PropertyId = PropertyId(2);
    const DOUBLE: RoomTypeId = RoomTypeId(7);
    const SINGLE: RoomTypeId = RoomTypeId(77);

    fn night(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2027, 1, day).unwrap()
    }

    fn event(property: PropertyId, seq: i64, cells: &[(RoomTypeId, u32)]) -> ActiveModel {
        let mut room_types: Vec<RoomTypeId> = cells.iter().map(|(room_type, _)| *room_type).collect();
        room_types.dedup();
        let change = |(room_type, day): &(RoomTypeId, u32)| json!({ "r": room_type, "p": 0, "d": night(*day), "f": { "allotted": [1, 2] } });
        ActiveModel {
            property_id: Set(property),
            seq: Set(seq),
            tag: Set(vec![0; 8]),
            batch_id: Set(Uuid::nil()),
            committed_at: Set("2026-12-01T12:30:00Z".parse().unwrap()),
            actor_tenant_id: Set(TenantId(1)),
            actor: Set("front office".to_owned()),
            cause: Set("SET_ALLOTMENTS".to_owned()),
            room_type_ids: Set(json!(room_types)),
            first_date: Set(cells.iter().map(|(_, day)| night(*day)).min()),
            last_date: Set(cells.iter().map(|(_, day)| night(*day)).max()),
            cells: Set(cells.iter().map(change).collect()),
            ..ActiveModel::default()
        }
    }

    async fn seqs(db: &Database, night: Option<NightKey>, before: i64, limit: usize) -> (Vec<i64>, Option<i64>) {
        let page = page(&db.read, HOTEL, night, before, limit).await.unwrap();
        (page.events.iter().map(|event| event.seq).collect(), page.next)
    }

    async fn pages_backwards(db: &Database) {
        let events = [
            event(HOTEL, 1, &[(DOUBLE, 1), (DOUBLE, 3)]),
            event(HOTEL, 2, &[(DOUBLE, 1), (SINGLE, 2), (DOUBLE, 3)]),
            event(HOTEL, 3, &[]),
            event(HOTEL, 4, &[(DOUBLE, 1), (DOUBLE, 2)]),
            event(HOTEL, 5, &[(SINGLE, 2)]),
            event(HOTEL, 6, &[(DOUBLE, 2)]),
            event(OTHER, 1, &[(DOUBLE, 2)]),
            event(OTHER, 7, &[(DOUBLE, 2)]),
        ];
        Entity::insert_many(events).exec(&db.write).await.unwrap();

        assert_eq!(seqs(db, None, i64::MAX, 4).await, (vec![6, 5, 4, 3], Some(3)));
        assert_eq!(seqs(db, None, 3, 4).await, (vec![2, 1], None));
        assert_eq!(seqs(db, None, 7, 6).await, (vec![6, 5, 4, 3, 2, 1], None));
        let double = Some((DOUBLE, night(2)));
        assert_eq!(seqs(db, double, i64::MAX, 4).await, (vec![6, 4], None));
        assert_eq!(seqs(db, double, i64::MAX, 1).await, (vec![6], Some(6)));
        assert_eq!(seqs(db, double, 6, 1).await, (vec![4], None));
        assert_eq!(seqs(db, Some((SINGLE, night(2))), i64::MAX, 4).await, (vec![5, 2], None));
        assert_eq!(seqs(db, Some((DOUBLE, night(9))), i64::MAX, 4).await, (vec![], None));
        assert_eq!(seqs(db, Some((RoomTypeId(70), night(2))), i64::MAX, 4).await, (vec![], None));
    }

    /// The bounds of thousands of events include a night that only the first of them touched.
    async fn a_page_reads_a_bounded_number_of_events(db: &Database) {
        let over = |seq| event(HOTEL, seq, &[(DOUBLE, 1), (DOUBLE, 31)]);
        let first = std::iter::once(event(HOTEL, 1, &[(DOUBLE, 15)]));
        let events: Vec<ActiveModel> = first.chain((2..=2_500).map(over)).collect();
        for some in events.chunks(500) {
            Entity::insert_many(some.to_vec()).exec(&db.write).await.unwrap();
        }
        let night = Some((DOUBLE, night(15)));
        assert_eq!(seqs(db, night, i64::MAX, 5).await, (vec![], Some(501)));
        assert_eq!(seqs(db, night, 501, 5).await, (vec![1], None));
    }

    #[tokio::test]
    async fn pages_on_sqlite() {
        pages_backwards(&databases::embedded().await.0).await;
        a_page_reads_a_bounded_number_of_events(&databases::embedded().await.0).await;
    }

    #[tokio::test]
    async fn pages_on_postgres() {
        pages_backwards(&databases::served().await.0).await;
        a_page_reads_a_bounded_number_of_events(&databases::served().await.0).await;
    }
}
