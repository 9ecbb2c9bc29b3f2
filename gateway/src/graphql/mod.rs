//! The GraphQL schema: `query`, `mutation` and `subscription` are the roots, and each noun has one file with its objects,
//! inputs and payloads. The rules are in `inventory`; SQL is only in the loaders and the lists.

pub mod access;
pub mod allotment;
pub mod api_client;
pub mod attention;
pub mod availability;
pub mod booking;
pub mod change_set;
pub mod contract;
pub mod cost;
pub mod error;
pub mod loaders;
pub mod mutation;
pub mod mutation_result;
pub mod night_totals;
pub mod nights;
pub mod pagination;
pub mod patch;
pub mod pickup;
pub mod pool;
pub mod presence;
pub mod property;
pub mod query;
pub mod rate_limit;
pub mod reservation;
pub mod reservation_list;
pub mod restriction;
pub mod room_type;
pub mod scalars;
pub mod stock_changes;
pub mod stock_event;
pub mod stock_history;
pub mod submit;
pub mod subscription;
pub mod tenant;
pub mod trusted_documents;
pub mod user_error;
pub mod viewer;
pub mod weekday;

use async_graphql::{SDLExportOptions, Schema, SchemaBuilder};

use self::trusted_documents::TrustedDocumentsCheck;
use crate::app::App;
use cost::Estimator;
use loaders::FreshLoaders;
use mutation::Mutation;
use query::Query;
use subscription::Subscription;

/// The schema as it is served.
pub type LodgateSchema = Schema<Query, Mutation, Subscription>;

/// Deepest selection of an operation.
const MAX_DEPTH: usize = 15;

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation, Subscription)
        .limit_depth(MAX_DEPTH)
        .limit_recursive_depth(32)
        .limit_directives(20)
        .disable_suggestions()
}

/// The schema over an app.
pub fn schema(app: App, estimator: Estimator) -> LodgateSchema {
    let documents = TrustedDocumentsCheck(app.clone());
    builder().extension(FreshLoaders(app.clone())).extension(documents).data(app).data(estimator).finish()
}

/// The schema as text, sorted, so that a change shows as a difference of exactly what changed.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().include_specified_by();
    builder().finish().sdl_with_options(options)
}
