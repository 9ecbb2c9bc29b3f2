//! Who has the calendar open.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use futures_util::{Stream, stream};
use lodgate_entities::ids::{PropertyId, UserId};

use super::access::{self, PropertyAccess, app};
use super::error::{self, ErrorCode, bad_input};
use super::mutation_result::UserError;
use super::scalars::{Date, NodeId, property_id};
use crate::auth::{self, Scope, Subject};
use crate::presence::{Full, Page};

/// Longest id of a page, in characters.
const MAX_ID: usize = 64;
/// Most room types that a page names.
const MAX_ROOM_TYPES: usize = 200;

/// Somebody's page that shows the calendar.
#[derive(SimpleObject, Clone, Debug)]
pub struct Presence {
    /// Made by the page.
    pub page_id: String,
    /// The person.
    pub actor: String,
    /// The room types that it looks at; empty is all.
    pub room_type_ids: Vec<ID>,
    /// First night that it looks at.
    pub from: Option<Date>,
    /// Last night that it looks at, included.
    pub through: Option<Date>,
}

/// Where a page is.
#[derive(InputObject, Clone, Debug)]
pub struct ShowPresenceInput {
    /// Made by the page, 1 to 64 characters.
    pub page_id: String,
    /// The property whose calendar it shows; absent: it has gone.
    pub property_id: Option<ID>,
    /// The room types that it looks at, at most 200; empty is all.
    #[graphql(default)]
    pub room_type_ids: Vec<ID>,
    /// First night that it looks at.
    pub from: Option<Date>,
    /// Last night that it looks at, included.
    pub through: Option<Date>,
}

/// What became of it.
#[derive(SimpleObject, Clone, Default)]
pub struct ShowPresencePayload {
    /// Why it is not shown; empty when it is.
    pub user_errors: Vec<UserError>,
}

impl ShowPresencePayload {
    fn refused(field: &str, message: &str) -> Self {
        Self { user_errors: vec![UserError::invalid(field, message)] }
    }
}

/// The person behind a token.
fn person(viewer: &auth::Viewer) -> Result<UserId> {
    match &viewer.subject {
        Subject::User { id, .. } => Ok(*id),
        _ => Err(ErrorCode::Forbidden.error("presence is among people; a machine has none")),
    }
}

/// Shows a page to whoever watches the property, or takes it away.
///
/// # Errors
/// `FORBIDDEN` without `inventory:read` or for a machine; when the database can't be reached.
pub async fn show(ctx: &Context<'_>, input: ShowPresenceInput) -> Result<ShowPresencePayload> {
    let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
    let person = person(viewer)?;
    if !(1..=MAX_ID).contains(&input.page_id.chars().count()) {
        return Ok(ShowPresencePayload::refused("pageId", "a page's id has 1 to 64 characters"));
    }
    let mut page = Page {
        id: input.page_id,
        user: person,
        actor: viewer.actor().to_owned(),
        room_types: Vec::new(),
        from: input.from.map(|date| date.0),
        through: input.through.map(|date| date.0),
    };
    let property = match &input.property_id {
        None => None,
        Some(id) => {
            let Some(seen) = access::seen_by_id(ctx, id).await?.filter(PropertyAccess::is_supplier) else {
                return Ok(ShowPresencePayload::refused("propertyId", "no such property of yours"));
            };
            if page.from.zip(page.through).is_some_and(|(from, through)| through < from) {
                return Ok(ShowPresencePayload::refused("through", "must not lie before from"));
            }
            if input.room_type_ids.len() > MAX_ROOM_TYPES {
                return Ok(ShowPresencePayload::refused("roomTypeIds", "at most 200 room types"));
            }
            for id in &input.room_type_ids {
                match NodeId::decode(id) {
                    Some(NodeId::RoomType(of, id))
                        if of == seen.id() && seen.structure.room_types.contains_key(&id) =>
                    {
                        page.room_types.push(id);
                    }
                    _ => return Ok(ShowPresencePayload::refused("roomTypeIds", "no such room type at this property")),
                }
            }
            Some(seen.id())
        }
    };
    Ok(match app(ctx)?.presence.report(page, property) {
        Ok(()) => ShowPresencePayload::default(),
        Err(Full) => ShowPresencePayload::refused("pageId", "no more pages are shown at this property"),
    })
}

/// The pages at a property, and again whenever they change.
///
/// # Errors
/// `FORBIDDEN` without `inventory:read` or for a machine; `BAD_USER_INPUT` for a property that is not the caller's.
pub async fn watch(ctx: &Context<'_>, property: &ID) -> Result<impl Stream<Item = Vec<Presence>> + use<>> {
    let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
    person(viewer)?;
    let app = app(ctx)?;
    let unknown = || bad_input("propertyId", "no such property of yours");
    let id = property_id(property).ok_or_else(unknown)?;
    // A subscription has no loaders: it outlives the execution that they are made for.
    let found = app.reader.structures(&[id], &HashMap::new()).await.map_err(|error| error::database(&error))?;
    let seen = found.get(&id).and_then(|structure| PropertyAccess::of(viewer, structure.clone()));
    let seen = seen.filter(PropertyAccess::is_supplier).ok_or_else(unknown)?;
    let mut pages = app.presence.watch(seen.id());
    pages.mark_changed();
    Ok(stream::unfold(pages, move |mut pages| async move {
        pages.changed().await.ok()?;
        let shown = pages.borrow_and_update().iter().map(|page| shown(id, page)).collect();
        Some((shown, pages))
    }))
}

fn shown(property: PropertyId, page: &Page) -> Presence {
    Presence {
        page_id: page.id.clone(),
        actor: page.actor.clone(),
        room_type_ids: page.room_types.iter().map(|id| NodeId::RoomType(property, *id).encode()).collect(),
        from: page.from.map(Date),
        through: page.through.map(Date),
    }
}
