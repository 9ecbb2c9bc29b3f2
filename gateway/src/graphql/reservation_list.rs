//! Lists of reservations: keyset pages, newest first.

use async_graphql::{ID, InputObject};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use lodgate_entities::ids::PropertyId;
use lodgate_entities::tenant::TenantKind;
use lodgate_entities::{property, reservation};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::error::bad_input;
use super::reservation::ReservationStatus;
use crate::auth::Viewer;
use crate::database::Database;
use crate::inventory::Status;

/// Which reservations to list.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ReservationFilter {
    /// Only at this property.
    pub property_id: Option<ID>,
    /// Only in these states.
    pub status: Option<Vec<ReservationStatus>>,
    /// Only with this reference of the partner's.
    pub reference: Option<String>,
    /// Only with this locator.
    pub locator: Option<String>,
}

/// A reservation's place in the list.
#[derive(Clone, Copy, Debug)]
pub struct ReservationCursor {
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Where.
    pub property: PropertyId,
    /// Which.
    pub id: Uuid,
}

impl ReservationCursor {
    /// As a cursor.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}.{}", self.created_at.timestamp_millis(), self.property, self.id.simple()))
    }

    /// The reverse.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for whatever is no cursor of this list.
    pub fn decode(text: &str) -> async_graphql::Result<Self> {
        let parse = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let mut parts = std::str::from_utf8(&bytes).ok()?.split('.');
            Some(Self {
                created_at: DateTime::from_timestamp_millis(parts.next()?.parse().ok()?)?,
                property: PropertyId(parts.next()?.parse().ok()?),
                id: Uuid::parse_str(parts.next()?).ok()?,
            })
        };
        parse().ok_or_else(|| bad_input("after", "not a cursor of this list"))
    }
}

/// What is asked of the list.
pub struct ListArgs {
    /// At most so many.
    pub first: usize,
    /// After this place.
    pub after: Option<ReservationCursor>,
    /// Only at this property.
    pub property: Option<PropertyId>,
    /// Only in these states.
    pub statuses: Option<Vec<Status>>,
    /// Only with this reference.
    pub reference: Option<String>,
    /// Only with this locator.
    pub locator: Option<String>,
}

/// One page.
pub struct Page {
    /// The reservations, newest first.
    pub places: Vec<ReservationCursor>,
    /// Whether more follow.
    pub has_next: bool,
}

/// One page of the reservations that the viewer may see.
///
/// # Errors
/// Whatever the database says.
pub async fn page(database: &Database, viewer: &Viewer, ask: &ListArgs) -> Result<Page, DbErr> {
    use reservation::Column;
    let mut query = match viewer.kind {
        TenantKind::Partner => reservation::Entity::find().filter(Column::TenantId.eq(viewer.tenant)),
        TenantKind::Supplier => reservation::Entity::find().filter(
            Column::PropertyId.in_subquery(
                Query::select()
                    .column(property::Column::Id)
                    .from(property::Entity)
                    .and_where(property::Column::TenantId.eq(viewer.tenant))
                    .to_owned(),
            ),
        ),
        TenantKind::Operator => return Ok(Page { places: Vec::new(), has_next: false }),
    };
    if let Some(property) = ask.property {
        query = query.filter(Column::PropertyId.eq(property));
    }
    if let Some(statuses) = &ask.statuses {
        query = query.filter(Column::Status.is_in(statuses.iter().map(|status| status.name())));
    }
    if let Some(reference) = &ask.reference {
        query = query.filter(Column::Reference.eq(reference));
    }
    if let Some(locator) = &ask.locator {
        query = query.filter(Column::Locator.eq(locator));
    }
    if let Some(place) = &ask.after {
        query = query.filter(
            Condition::any()
                .add(Column::CreatedAt.lt(place.created_at))
                .add(Condition::all().add(Column::CreatedAt.eq(place.created_at)).add(Column::Id.lt(place.id))),
        );
    }
    let rows: Vec<(DateTime<Utc>, PropertyId, Uuid)> = query
        .select_only()
        .column(Column::CreatedAt)
        .column(Column::PropertyId)
        .column(Column::Id)
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(u64::try_from(ask.first).unwrap_or(u64::MAX).saturating_add(1))
        .into_tuple()
        .all(&database.read)
        .await?;
    let has_next = rows.len() > ask.first;
    let places = rows
        .into_iter()
        .take(ask.first)
        .map(|(created_at, property, id)| ReservationCursor { created_at, property, id })
        .collect();
    Ok(Page { places, has_next })
}
