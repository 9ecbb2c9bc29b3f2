//! Portal pages that have the calendar of a property open.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Result, SimpleObject};
use futures_util::{Stream, stream};
use lodgate_entities::ids::{PropertyId, UserId};

use super::access::{self, PropertyAccess, app};
use super::error::{self, ErrorCode, bad_input};
use super::scalars::{Date, NodeId, property_id};
use super::user_error::UserError;
use crate::auth::{self, Scope, Subject};
use crate::inventory::Problem;
use crate::inventory::text_limits::page_id_problem;
use crate::presence::{Full, Page};

/// Most room types that a page names.
const MAX_ROOM_TYPES: usize = 200;

/// A portal page that shows the calendar.
#[derive(SimpleObject, Clone, Debug)]
pub struct Presence {
    /// Id that the page makes.
    pub page_id: String,
    /// The person.
    pub actor: String,
    /// The room types that the page shows; empty means all.
    pub room_type_ids: Vec<ID>,
    /// First night that the page shows.
    pub from: Option<Date>,
    /// Last night that the page shows, included.
    pub through: Option<Date>,
}

/// The place in the calendar that a page shows.
#[derive(InputObject, Clone, Debug)]
pub struct ShowPresenceInput {
    /// Id that the page makes, 1 to 64 characters.
    pub page_id: String,
    /// The property whose calendar the page shows; absent removes the page.
    pub property_id: Option<ID>,
    /// The room types that the page shows, at most 200; empty means all.
    #[graphql(default)]
    pub room_type_ids: Vec<ID>,
    /// First night that the page shows.
    pub from: Option<Date>,
    /// Last night that the page shows, included.
    pub through: Option<Date>,
}

/// The result of showing a page.
#[derive(SimpleObject, Clone, Default)]
pub struct ShowPresencePayload {
    /// Reasons why the page is not shown; empty when it is.
    pub user_errors: Vec<UserError>,
}

impl From<Problem> for ShowPresencePayload {
    fn from(problem: Problem) -> Self {
        Self { user_errors: vec![problem.into()] }
    }
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
        _ => Err(ErrorCode::Forbidden.error("presence is for people, not for API clients")),
    }
}

/// Shows a page to the subscribers of its property, or removes it.
///
/// # Errors
/// `FORBIDDEN` without `inventory:read` or for an API client; when the database cannot be reached.
pub async fn show(ctx: &Context<'_>, input: ShowPresenceInput) -> Result<ShowPresencePayload> {
    let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
    let person = person(viewer)?;
    if let Some(problem) = page_id_problem(&input.page_id) {
        return Ok(problem.into());
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
            let Some(access) = access::property_access_by_id(ctx, id).await?.filter(PropertyAccess::is_supplier) else {
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
                    Some(NodeId::RoomType(of, id)) if of == access.id() && access.room_types().contains_key(&id) => {
                        page.room_types.push(id);
                    }
                    _ => return Ok(ShowPresencePayload::refused("roomTypeIds", "no such room type at this property")),
                }
            }
            Some(access.id())
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
/// `FORBIDDEN` without `inventory:read` or for an API client; `BAD_USER_INPUT` for a property that is not the caller's.
pub async fn watch(ctx: &Context<'_>, property: &ID) -> Result<impl Stream<Item = Vec<Presence>> + use<>> {
    let viewer = access::viewer_with(ctx, Scope::InventoryRead)?;
    person(viewer)?;
    let app = app(ctx)?;
    let unknown = || bad_input("propertyId", "no such property of yours");
    let id = property_id(property).ok_or_else(unknown)?;
    // A subscription outlives the execution that loaders are made for, so it reads without them.
    let found = app.reader.structures(&[id], &HashMap::new()).await.map_err(|error| error::database(&error))?;
    let access = found.get(&id).and_then(|structure| PropertyAccess::for_viewer(viewer, structure.clone()));
    let access = access.filter(PropertyAccess::is_supplier).ok_or_else(unknown)?;
    let mut pages = app.presence.watch(access.id());
    pages.mark_changed();
    Ok(stream::unfold(pages, move |mut pages| async move {
        pages.changed().await.ok()?;
        let shown_pages = pages.borrow_and_update().iter().map(|page| as_presence(id, page)).collect();
        Some((shown_pages, pages))
    }))
}

fn as_presence(property: PropertyId, page: &Page) -> Presence {
    Presence {
        page_id: page.id.clone(),
        actor: page.actor.clone(),
        room_type_ids: page.room_types.iter().map(|id| NodeId::RoomType(property, *id).encode()).collect(),
        from: page.from.map(Date),
        through: page.through.map(Date),
    }
}
