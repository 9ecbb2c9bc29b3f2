//! Lists of the properties a caller may see: keyset pages, kept until a structure changes anywhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lodgate_entities::ids::{PropertyId, TenantId};
use lodgate_entities::property;
use lodgate_entities::tenant::TenantKind;
use sea_orm::{ColumnTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};

use crate::app::App;
use crate::auth::Viewer;
use crate::cache::freshness::Freshness;
use crate::database::Database;
use crate::feed::Feed;

/// What is asked of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListArgs {
    /// After this property, ascending by id.
    pub after: Option<PropertyId>,
    /// At most so many.
    pub first: u64,
    /// Only these codes.
    pub codes: Option<Vec<String>>,
    /// Only names or codes that contain this, whatever the case.
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

struct Kept {
    epoch: u64,
    at: Instant,
    page: Arc<Page>,
}

/// A change of structure on another node is heard of by its hint; should that be lost, a page ages out.
const KEPT_FOR: Duration = Duration::from_secs(5);
const MAX_KEPT: usize = 10_000;

/// Pages by tenant and question.
pub struct PropertyList {
    kept: Mutex<HashMap<(TenantId, ListArgs), Kept>>,
    freshness: Freshness,
    feed: Arc<Feed>,
}

impl PropertyList {
    /// An empty cache.
    pub fn new(freshness: Freshness, feed: Arc<Feed>) -> Self {
        Self { kept: Mutex::default(), freshness, feed }
    }

    /// One page of the properties that the viewer may see.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn page(&self, app: &App, viewer: &Viewer, ask: ListArgs) -> Result<Arc<Page>, DbErr> {
        let epoch = self.feed.structure_epoch();
        let key = (viewer.tenant, ask);
        {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = kept.get(&key)
                && found.epoch == epoch
                && found.at.elapsed() < KEPT_FOR
                && self.freshness.is_fresh()
            {
                return Ok(found.page.clone());
            }
        }
        let page = Arc::new(app.read_for(viewer.tenant, load(&app.database, viewer, &key.1)).await?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(key, Kept { epoch, at: Instant::now(), page: page.clone() });
        Ok(page)
    }
}

async fn load(database: &Database, viewer: &Viewer, ask: &ListArgs) -> Result<Page, DbErr> {
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
