//! Messages of an event: the cells that the caller sees of it, with their state after it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use lodgate_entities::ids::{PropertyId, RoomTypeId};
use sea_orm::DbErr;
use uuid::Uuid;

use super::stream::StockStream;
use super::{ChangedRange, StockCell, StockChange, StockMessage, StructureChange, cells};
use crate::feed::Coalesced;
use crate::graphql::access::PropertyAccess;
use crate::graphql::property::Property;
use crate::graphql::scalars::{Date, NodeId};
use crate::inventory::event::roll_back;
use crate::inventory::{Cause, NightKey};
use crate::journal::CommittedEvent;

/// A change without its cells.
struct ChangeHeader {
    seq: i64,
    previous_seq: i64,
    cause: Cause,
    at: DateTime<Utc>,
    actor: String,
    change_set: Option<Uuid>,
    coalesced: bool,
}

impl StockStream {
    /// Delivers one event, if the caller sees anything of it, and moves the position past it.
    pub(super) async fn deliver(&mut self, committed: &CommittedEvent) -> Result<(), DbErr> {
        let event = &committed.event;
        let property = event.property;
        let Some(position) = self.positions.get_mut(&property) else { return Ok(()) };
        (position.seq, position.tag) = (event.seq, event.tag);
        let previous_seq = position.delivered_seq;
        if event.cause.is_structure() {
            return self.deliver_structure(property, event.seq, event.cause, event.at, previous_seq).await;
        }
        let Some(access) = self.properties.get(&property).cloned() else { return Ok(()) };
        let now = self.app.clock.now();
        let (mut visible, mut range_changed) = (Vec::new(), None);
        if committed.range_only {
            range_changed = self.changed_range(&access, &event.nights());
        } else {
            for (key, after) in committed.nights.iter().filter(|(key, _)| self.filter.wants(&access, now, *key)) {
                let mut before = after.clone();
                roll_back(&mut before, *key, &event.cells);
                let after = cells(&access, *key, after);
                if access.is_supplier() || after != cells(&access, *key, &before) {
                    visible.extend(after);
                }
            }
        }
        if visible.is_empty() && range_changed.is_none() {
            return Ok(());
        }
        let header = ChangeHeader {
            seq: event.seq,
            previous_seq,
            cause: event.cause,
            at: event.at,
            actor: event.actor.clone(),
            change_set: event.change_set,
            coalesced: false,
        };
        self.push_change(&access, header, visible, range_changed);
        Ok(())
    }

    fn push_change(
        &mut self,
        access: &PropertyAccess,
        header: ChangeHeader,
        cells: Vec<StockCell>,
        range_changed: Option<ChangedRange>,
    ) {
        if let Some(position) = self.positions.get_mut(&access.id()) {
            position.delivered_seq = header.seq;
        }
        let lag = (self.app.clock.now() - header.at).num_milliseconds();
        metrics::histogram!("lodgate_feed_lag_seconds")
            .record(f64::from(i32::try_from(lag.max(0)).unwrap_or(i32::MAX)) / 1_000.0);
        let cursor = self.cursor();
        self.outbox.push_back(StockMessage::Change(StockChange {
            property: Property(access.clone()),
            seq: header.seq,
            previous_seq: header.previous_seq,
            cause: header.cause.into(),
            // Partners do not see who works at a hotel, nor its change sets.
            actor: access.is_supplier().then_some(header.actor),
            change_set_id: header.change_set.filter(|_| access.is_supplier()),
            cells,
            range_changed,
            coalesced: header.coalesced,
            cursor,
            committed_at: header.at,
        }));
    }

    fn changed_range(&self, access: &PropertyAccess, touched: &[NightKey]) -> Option<ChangedRange> {
        let now = self.app.clock.now();
        let wanted: Vec<&NightKey> = touched.iter().filter(|key| self.filter.wants(access, now, **key)).collect();
        let (from, through) = (wanted.iter().map(|key| key.1).min()?, wanted.iter().map(|key| key.1).max()?);
        let mut rooms: Vec<RoomTypeId> = wanted.iter().map(|key| key.0).collect();
        rooms.sort_unstable();
        rooms.dedup();
        let room_type_ids = rooms.into_iter().map(|room| NodeId::RoomType(access.id(), room).encode()).collect();
        Some(ChangedRange { room_type_ids, from: Date(from), through: Date(through) })
    }

    async fn deliver_structure(
        &mut self,
        property: PropertyId,
        seq: i64,
        cause: Cause,
        at: DateTime<Utc>,
        previous_seq: i64,
    ) -> Result<(), DbErr> {
        let at_least = HashMap::from([(property, seq)]);
        let structure = self.app.reader.structures(&[property], &at_least).await?.remove(&property);
        let before = self.properties.get(&property).cloned();
        let Some(access) = structure.and_then(|structure| PropertyAccess::for_viewer(&self.viewer, structure)) else {
            return Ok(());
        };
        self.properties.insert(property, access.clone());
        // A change of another partner's contract is not delivered.
        let same = before.is_some_and(|before| {
            before.contracts() == access.contracts()
                && before.property() == access.property()
                && before.room_types() == access.room_types()
        });
        if same && !access.is_supplier() {
            return Ok(());
        }
        if let Some(position) = self.positions.get_mut(&property) {
            position.delivered_seq = seq;
        }
        let cursor = self.cursor();
        self.outbox.push_back(StockMessage::Structure(StructureChange {
            property: Property(access),
            seq,
            previous_seq,
            cause: cause.into(),
            cursor,
            committed_at: at,
        }));
        Ok(())
    }

    pub(super) async fn deliver_coalesced(&mut self, property: PropertyId, coalesced: Coalesced) -> Result<(), DbErr> {
        let Some(position) = self.positions.get_mut(&property) else { return Ok(()) };
        if coalesced.seq <= position.seq {
            return Ok(());
        }
        if coalesced.first_seq > position.seq + 1 {
            self.catch_up(property);
            return Ok(());
        }
        (position.seq, position.tag) = (coalesced.seq, coalesced.tag);
        let previous_seq = position.delivered_seq;
        if coalesced.structure {
            self.deliver_structure(property, coalesced.seq, Cause::PropertyUpdated, coalesced.at, previous_seq).await?;
        }
        let Some(access) = self.properties.get(&property).cloned() else { return Ok(()) };
        let now = self.app.clock.now();
        let wanted = coalesced.nights.iter().filter(|(key, _)| self.filter.wants(&access, now, **key));
        let visible: Vec<StockCell> = wanted.flat_map(|(key, night)| cells(&access, *key, night)).collect();
        let range_changed = self.changed_range(&access, &coalesced.wide);
        if visible.is_empty() && range_changed.is_none() {
            return Ok(());
        }
        let previous_seq = self.positions.get(&property).map_or(previous_seq, |position| position.delivered_seq);
        let header = ChangeHeader {
            seq: coalesced.seq,
            previous_seq,
            cause: coalesced.cause,
            at: coalesced.at,
            actor: coalesced.actor,
            change_set: coalesced.change_set,
            coalesced: true,
        };
        self.push_change(&access, header, visible, range_changed);
        Ok(())
    }
}
