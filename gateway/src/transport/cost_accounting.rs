//! Charging the points of an operation before it runs, and refunding the unused part after.

use async_graphql::{Response, ServerError, Value, value};
use lodgate_entities::ids::TenantId;

use super::cost::{self, Cost};
use super::operation::Prepared;
use super::response;
use crate::app::App;
use crate::auth::Viewer;
use crate::graphql::error::ErrorCode;
use crate::limits::{Budget, NightsWritten, Opened, Plan};

/// Opens a subscription: counts it for its tenant until the returned value is dropped, and charges its start, which is not
/// refunded. Its messages have a budget of their own, [`crate::limits::Limits::deliver`].
///
/// # Errors
/// As [`Charge::take`], and `RATE_LIMITED` when the plan's maximum is running.
#[expect(clippy::result_large_err, reason = "a refusal is sent at once, and rare")]
pub(super) fn begin_subscription(app: &App, viewer: &Viewer, prepared: &Prepared) -> Result<Opened, Response> {
    let opened = app
        .limits
        .open_subscription(viewer.tenant, viewer.plan)
        .map_err(|error| Response::from_errors(vec![response::error(ErrorCode::RateLimited, error.to_string())]))?;
    Charge::take(app, viewer, prepared)?;
    Ok(opened)
}

/// The points charged. Dropped without [`Charge::settle`], nothing is refunded.
pub(super) struct Charge {
    app: App,
    tenant: TenantId,
    plan: Plan,
    budget: Budget,
    cost: Cost,
    written: NightsWritten,
}

impl Charge {
    /// Charges a prepared operation to its tenant's budget.
    ///
    /// # Errors
    /// `COST_LIMIT_EXCEEDED` when it costs more than the plan's maximum per operation, `RATE_LIMITED` when the remainder is
    /// smaller.
    #[expect(clippy::result_large_err, reason = "a refusal is sent at once, and rare")]
    pub(super) fn take(app: &App, viewer: &Viewer, prepared: &Prepared) -> Result<Self, Response> {
        let (tenant, plan, budget) = (viewer.tenant, viewer.plan, cost::budget(prepared.kind));
        let charge =
            Self { app: app.clone(), tenant, plan, budget, cost: prepared.cost, written: NightsWritten::default() };
        let (requested, allowed) = (prepared.cost.requested(), app.limits.most_points(plan, budget));
        if requested > allowed && plan != Plan::Unmetered {
            return Err(charge.refused(too_costly(requested, allowed)));
        }
        match app.limits.charge(tenant, plan, budget, requested) {
            Ok(()) => {
                charge.count("charged", requested);
                Ok(charge)
            }
            Err(retry) => {
                let mut error = response::error(ErrorCode::RateLimited, retry.sentence());
                error.extensions.get_or_insert_default().set("retryAfterMs", retry.milliseconds());
                Err(charge.refused(error))
            }
        }
    }

    /// The counter of nights written, for the resolvers.
    pub(super) fn written(&self) -> NightsWritten {
        self.written.clone()
    }

    /// Refunds what was not needed, and sets `extensions.cost`.
    pub(super) fn settle(self, response: &mut Response) {
        let actual = needed(self.cost, response, self.written.sum());
        let unused = self.cost.requested() - actual;
        self.app.limits.refund(self.tenant, self.plan, self.budget, unused);
        self.count("refunded", unused);
        self.tell(response, actual);
    }

    fn refused(&self, error: ServerError) -> Response {
        let mut response = Response::from_errors(vec![error]);
        self.tell(&mut response, 0);
        response
    }

    fn tell(&self, response: &mut Response, actual: u64) {
        let status = self.app.limits.status(self.tenant, self.plan, self.budget);
        let (remaining, restore) = (status.map(|one| one.remaining), status.map(|one| one.rate.per_second));
        let cost = value!({
            "requested": self.cost.requested(),
            "actual": actual,
            "remaining": remaining.map_or(Value::Null, Value::from),
            "restoreRate": restore.map_or(Value::Null, Value::from),
        });
        response.extensions.insert("cost".to_owned(), cost);
    }

    fn count(&self, what: &'static str, points: u64) {
        if points > 0 {
            let (plan, budget) = (self.plan.name(), self.budget.name());
            metrics::counter!("lodgate_cost_points_total", "plan" => plan, "budget" => budget, "what" => what)
                .increment(points);
        }
    }
}

/// The points to keep. After a timeout or an internal error the work done is unknown, so the whole charge is kept. An
/// operation refused before it ran costs nothing.
fn needed(cost: Cost, response: &Response, nights_written: u64) -> u64 {
    if !response::is_request_error(response) {
        return cost.actual(&response.data, nights_written);
    }
    match response::outcome(response) {
        "timeout" | "internal" | "unavailable" => cost.requested(),
        _ => 0,
    }
}

fn too_costly(requested: u64, allowed: u64) -> ServerError {
    let message = format!("the operation may cost {requested} points and {allowed} are allowed; ask for less at once");
    let mut error = response::error(ErrorCode::CostLimitExceeded, message);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("requested", requested);
    extensions.set("allowed", allowed);
    error
}

#[cfg(test)]
mod tests {
    use async_graphql::Request;

    use super::*;
    use crate::transport::operation;

    #[test]
    fn what_was_cut_short_is_paid_and_what_was_refused_is_not() {
        let cost = operation::prepare(Request::new("{ viewer { plan scopes } }")).unwrap().cost;
        let failed = |code: ErrorCode| needed(cost, &Response::from_errors(vec![response::error(code, "no")]), 0);
        assert!(cost.requested() > 2);
        for cut_short in [ErrorCode::Timeout, ErrorCode::Internal, ErrorCode::Unavailable] {
            assert_eq!(failed(cut_short), cost.requested(), "{cut_short:?}");
        }
        for refused in [ErrorCode::BadUserInput, ErrorCode::Forbidden, ErrorCode::RateLimited] {
            assert_eq!(failed(refused), 0, "{refused:?}");
        }
        let answered = Response::new(value!({ "viewer": { "plan": "starter" } }));
        assert_eq!(needed(cost, &answered, 0), 2);
    }
}
