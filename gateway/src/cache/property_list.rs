//! Lists of the properties that a viewer may see: keyset pages, cached until the structure of a property changes.

use std::sync::Arc;
use std::time::Duration;

use lodgate_entities::ids::{PropertyId, TenantId};
use lodgate_entities::property;
use lodgate_entities::tenant::TenantKind;
use moka::sync::Cache;
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};

use crate::auth::Viewer;
use crate::cache::freshness::Freshness;
use crate::database::Database;

/// Arguments of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListArgs {
    /// After this property, ascending by id.
    pub after: Option<PropertyId>,
    /// Maximum number of properties.
    pub first: u64,
    /// Only these codes.
    pub codes: Option<Vec<String>>,
    /// Only names or codes that contain this text; case does not matter.
    pub search: Option<String>,
}

/// One page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The properties, ascending by id.
    pub ids: Vec<PropertyId>,
    /// Whether more follow.
    pub has_next: bool,
}

/// A change of structure on another node arrives as a hint. When the hint is lost, a page is stale for at most this time.
const MAX_AGE: Duration = Duration::from_secs(5);
const MAX_PAGES: u64 = 10_000;

/// Pages by tenant and arguments.
pub struct PropertyList {
    /// Each page with the structure epoch that it was read at.
    pages: Cache<(TenantId, ListArgs), (u64, Arc<Page>)>,
    freshness: Freshness,
}

impl PropertyList {
    /// An empty cache.
    pub fn new(freshness: Freshness) -> Self {
        Self { pages: Cache::builder().max_capacity(MAX_PAGES).time_to_live(MAX_AGE).build(), freshness }
    }

    /// The cached page, if it was read at this structure epoch and the node receives changes at present.
    pub(crate) fn get(&self, key: &(TenantId, ListArgs), epoch: u64) -> Option<Arc<Page>> {
        let (read_at, page) = self.pages.get(key)?;
        (read_at == epoch && self.freshness.is_fresh()).then_some(page)
    }

    /// Keeps a page that was read at this structure epoch.
    pub(crate) fn insert(&self, key: (TenantId, ListArgs), epoch: u64, page: Arc<Page>) {
        self.pages.insert(key, (epoch, page));
    }
}

/// Reads one page of the properties that the viewer may see.
///
/// # Errors
/// Any error of the database.
pub(crate) async fn load(database: &Database, viewer: &Viewer, ask: &ListArgs) -> Result<Page, DbErr> {
    let mut query = match viewer.kind {
        TenantKind::Supplier => property::Entity::of_supplier(viewer.tenant),
        TenantKind::Partner => property::Entity::of_partner(viewer.tenant),
        TenantKind::Operator => return Ok(Page::default()),
    };
    if let Some(after) = ask.after {
        query = query.filter(property::Column::Id.gt(after));
    }
    if let Some(codes) = &ask.codes {
        query = query.filter(property::Column::Code.is_in(codes));
    }
    if let Some(search) = &ask.search {
        let pattern = format!("%{}%", search.to_lowercase().replace(['%', '_', '\\'], ""));
        let lower = |column| sea_orm::sea_query::Func::lower(sea_orm::sea_query::Expr::col(column));
        use sea_orm::ExprTrait;
        query =
            query.filter(lower(property::Column::Name).like(&pattern).or(lower(property::Column::Code).like(&pattern)));
    }
    let ids: Vec<PropertyId> = query
        .select_only()
        .column(property::Column::Id)
        .order_by_asc(property::Column::Id)
        .limit(ask.first + 1)
        .into_tuple()
        .all(&database.read)
        .await?;
    let first = usize::try_from(ask.first).unwrap_or(usize::MAX);
    let has_next = ids.len() > first;
    Ok(Page { ids: ids.into_iter().take(first).collect(), has_next })
}
