//! Cost estimates and cost budgets.

use async_graphql::{Context, Enum, Json, Request, Result, ServerError, SimpleObject, Variables};
use serde_json::{Map, Value};

use super::access::{self, app};
use super::error::bad_input;
use crate::auth::Viewer;
use crate::limits::{self, Budget, Limits};

/// Prices an operation without executing it. The transport provides the function, as it computes the cost.
#[derive(Clone, Copy)]
pub struct Estimator(pub fn(Request) -> Result<Estimate, ServerError>);

/// The charge of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Points, before unused ones are given back.
    pub requested: u64,
    /// The budget that pays.
    pub budget: Budget,
}

/// The budget that pays for an operation.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostBudgetKind {
    /// Queries and subscriptions.
    Reads,
    /// Mutations.
    Writes,
}

/// The cost of an operation that was not executed.
#[derive(SimpleObject, Clone, Debug)]
pub struct CostEstimate {
    /// Points that are charged before the operation runs. Points that it does not need are given back afterwards.
    pub requested: i32,
    /// The budget that would pay.
    pub budget: CostBudgetKind,
    /// Most points of one operation under your plan; more is `COST_LIMIT_EXCEEDED`. Null is no limit.
    pub allowed: Option<i32>,
    /// Points left in that budget; null is no limit.
    pub remaining: Option<i32>,
}

/// A budget of points.
#[derive(SimpleObject, Clone, Debug)]
pub struct CostBudget {
    /// Points refilled per second.
    pub points_per_second: i32,
    /// Points of a full budget.
    pub burst: i32,
    /// Points left over all nodes, as far as this node knows, after the charge of this operation.
    pub remaining: i32,
    /// Most points of one operation; more is `COST_LIMIT_EXCEEDED`.
    pub most_per_operation: i32,
}

/// Connections or subscriptions open at a time, over all nodes.
#[derive(SimpleObject, Clone, Debug)]
pub struct OpenLimit {
    /// Open now, as far as this node knows.
    pub open: i32,
    /// The most that your plan allows.
    pub most: i32,
}

/// A number as a GraphQL `Int`: values above its range become the largest `Int`.
pub(super) fn whole(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// Prices an operation.
///
/// # Errors
/// `BAD_USER_INPUT` when the operation is invalid.
pub fn estimate(
    ctx: &Context<'_>,
    query: String,
    variables: Option<Json<Map<String, Value>>>,
    operation_name: Option<String>,
) -> Result<CostEstimate> {
    let Viewer { tenant, plan, .. } = access::viewer(ctx)?;
    let mut request = Request::new(query);
    request.operation_name = operation_name;
    if let Some(Json(variables)) = variables {
        request.variables = Variables::from_json(Value::Object(variables));
    }
    let Estimator(price) = ctx.data::<Estimator>()?;
    let estimate = price(request).map_err(|error| bad_input("query", error.message))?;
    let limits = &app(ctx)?.limits;
    let status = limits.status(*tenant, *plan, estimate.budget);
    Ok(CostEstimate {
        requested: whole(estimate.requested),
        budget: match estimate.budget {
            Budget::Writes => CostBudgetKind::Writes,
            Budget::Requests | Budget::Reads | Budget::Events => CostBudgetKind::Reads,
        },
        allowed: status.map(|_| whole(limits.most_points(*plan, estimate.budget))),
        remaining: status.map(|status| whole(status.remaining)),
    })
}

/// A cost budget of the caller; `None` when its plan is unmetered.
pub(super) fn budget(limits: &Limits, viewer: &Viewer, budget: Budget) -> Option<CostBudget> {
    let limits::BudgetStatus { rate, remaining, .. } = limits.status(viewer.tenant, viewer.plan, budget)?;
    Some(CostBudget {
        points_per_second: whole(rate.per_second),
        burst: whole(rate.burst),
        remaining: whole(remaining),
        most_per_operation: whole(limits.most_points(viewer.plan, budget)),
    })
}
