//! Lists of reservations: keyset pages, newest first.

use async_graphql::{ID, InputObject};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use lodgate_entities::ids::PropertyId;
use lodgate_entities::reservation;
use lodgate_entities::tenant::TenantKind;
use sea_orm::{ColumnTrait, Condition, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::error::bad_input;
use super::reservation::ReservationStatus;
use crate::auth::Viewer;
use crate::database::Database;
use crate::inventory::Status;

/// Filter of a list of reservations.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ReservationFilter {
    /// Only at this property.
    pub property_id: Option<ID>,
    /// Only with one of these statuses.
    pub status: Option<Vec<ReservationStatus>>,
    /// Only with this reference of the partner.
    pub reference: Option<String>,
    /// Only with this locator.
    pub locator: Option<String>,
}

/// The position of a reservation in the list.
#[derive(Clone, Copy, Debug)]
pub struct ReservationCursor {
    /// Time of creation.
    pub created_at: DateTime<Utc>,
    /// The property.
    pub property: PropertyId,
    /// The reservation.
    pub id: Uuid,
}

impl ReservationCursor {
    /// The text of the cursor.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}.{}", self.created_at.timestamp_millis(), self.property, self.id.simple()))
    }

    /// The reverse of [`ReservationCursor::encode`].
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for a text that is not a cursor of this list.
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

/// Filter and page of the list.
pub struct ListArgs {
    /// Size of the page.
    pub first: usize,
    /// Only reservations after this one.
    pub after: Option<ReservationCursor>,
    /// Only at this property.
    pub property: Option<PropertyId>,
    /// Only with one of these statuses.
    pub statuses: Option<Vec<Status>>,
    /// Only with this reference.
    pub reference: Option<String>,
    /// Only with this locator.
    pub locator: Option<String>,
}

/// One page.
pub struct Page {
    /// The positions of the reservations, newest first.
    pub cursors: Vec<ReservationCursor>,
    /// `true` when more follow.
    pub has_next: bool,
}

/// One page of the reservations that the viewer may see.
///
/// # Errors
/// The database error.
pub async fn page(database: &Database, viewer: &Viewer, args: &ListArgs) -> Result<Page, DbErr> {
    use reservation::Column;
    let mut query = match viewer.kind {
        TenantKind::Partner => reservation::Entity::of_partner(viewer.tenant),
        TenantKind::Supplier => reservation::Entity::of_supplier(viewer.tenant),
        TenantKind::Operator => return Ok(Page { cursors: Vec::new(), has_next: false }),
    };
    if let Some(property) = args.property {
        query = query.filter(Column::PropertyId.eq(property));
    }
    if let Some(statuses) = &args.statuses {
        query = query.filter(Column::Status.is_in(statuses.iter().map(|status| status.name())));
    }
    if let Some(reference) = &args.reference {
        query = query.filter(Column::Reference.eq(reference));
    }
    if let Some(locator) = &args.locator {
        query = query.filter(Column::Locator.eq(locator));
    }
    if let Some(cursor) = &args.after {
        query = query.filter(
            Condition::any()
                .add(Column::CreatedAt.lt(cursor.created_at))
                .add(Condition::all().add(Column::CreatedAt.eq(cursor.created_at)).add(Column::Id.lt(cursor.id))),
        );
    }
    let rows: Vec<(DateTime<Utc>, PropertyId, Uuid)> = query
        .select_only()
        .column(Column::CreatedAt)
        .column(Column::PropertyId)
        .column(Column::Id)
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(u64::try_from(args.first).unwrap_or(u64::MAX).saturating_add(1))
        .into_tuple()
        .all(&database.read)
        .await?;
    let has_next = rows.len() > args.first;
    let cursors = rows
        .into_iter()
        .take(args.first)
        .map(|(created_at, property, id)| ReservationCursor { created_at, property, id })
        .collect();
    Ok(Page { cursors, has_next })
}
