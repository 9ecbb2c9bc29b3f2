//! A job of a lane: a command, a new property, or the holds of a property that are due.

use lodgate_entities::ids::{PropertyId, TenantId};
use tokio::sync::oneshot;

use super::property_admin::NewProperty;
use super::result::{CommandResult, Submission, WriteError};
use crate::inventory::Action;

/// The answer to a caller.
pub(super) type Reply = Result<CommandResult, WriteError>;

/// The work of a job.
pub(super) enum Work {
    /// A caller's command.
    Command(Submission),
    /// A new property. It has no lock yet.
    Create(NewProperty),
    /// The holds of the property that are due.
    Due(PropertyId),
}

/// Work and the caller that waits for it.
pub(super) struct Job {
    pub(super) work: Work,
    /// `None` for work that no caller waits for.
    pub(super) reply: Option<oneshot::Sender<Reply>>,
    /// Number of batches in which another session held the property's lock.
    pub(super) lock_misses: u32,
}

impl Job {
    pub(super) fn property(&self) -> PropertyId {
        match &self.work {
            Work::Command(submission) => submission.property,
            Work::Create(_) => PropertyId(0),
            Work::Due(property) => *property,
        }
    }

    /// The tenant whose jobs take turns with those of the others. `None` for a job that missed a lock and for due
    /// holds: both stay in front.
    pub(super) fn fairness_key(&self) -> Option<TenantId> {
        let tenant = match &self.work {
            Work::Command(submission) => submission.command.actor.tenant,
            Work::Create(new) => new.actor.tenant,
            Work::Due(_) => return None,
        };
        (self.lock_misses == 0).then_some(tenant)
    }

    /// Whether it needs a transaction of its own: it generates ids that the commands after it cannot name.
    pub(super) fn is_alone(&self) -> bool {
        match &self.work {
            Work::Command(submission) => matches!(submission.command.action, Action::Structure(_)),
            Work::Create(_) => true,
            Work::Due(_) => false,
        }
    }
}
