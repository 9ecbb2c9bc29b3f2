//! Submission of commands to the writer, with notes for the journal and an idempotency key.

use async_graphql::{Context, InputType, Result};
use aws_lc_rs::digest;
use uuid::Uuid;

use super::access::{self, PropertyAccess, actor, app};
use super::mutation_result::MutationResult;
use crate::inventory::command::Structure;
use crate::inventory::{Action, Command, Problem, text_limits};
use crate::limits::NightsWritten;
use crate::writer::{CommandResult, Key, Submission};

/// Notes of the caller that the journal keeps with a change.
#[derive(Default)]
pub(super) struct ChangeNote {
    pub(super) reason: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) change_set: Option<Uuid>,
}

pub(super) type GivenKey = (String, [u8; 32]);

/// SHA-256 of the operation name and its coerced input. The same key with another hash is refused.
pub(super) fn hash(operation: &str, input: &impl InputType) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(operation.as_bytes());
    context.update(input.to_value().to_string().as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn text_problems(note: &ChangeNote, key: Option<&GivenKey>) -> Vec<Problem> {
    [
        key.and_then(|(text, _)| text_limits::idempotency_key_problem(text)),
        note.reason.as_deref().and_then(text_limits::reason_problem),
        note.reference.as_deref().and_then(text_limits::change_reference_problem),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) async fn submit(
    ctx: &Context<'_>,
    access: PropertyAccess,
    action: Action,
    note: ChangeNote,
    key: Option<GivenKey>,
) -> Result<MutationResult> {
    let viewer = access::viewer(ctx)?;
    let problems = text_problems(&note, key.as_ref());
    if !problems.is_empty() {
        return Ok(MutationResult::refused(Some(access), problems));
    }
    let command = Command {
        actor: actor(viewer),
        reason: note.reason,
        reference: note.reference,
        change_set: note.change_set,
        action,
    };
    let key = key.map(|(text, hash)| Key { tenant: viewer.tenant, text, hash });
    let result = app(ctx)?.writer.submit(Submission { property: access.id(), command, key }).await;
    if let (Ok(outcome), Some(written)) = (&result, ctx.data_opt::<NightsWritten>())
        && !outcome.replayed
    {
        written.add(outcome.changed);
    }
    MutationResult::from(Some(access), result)
}

/// Access to the property as it is after the write, for the payload.
pub(super) async fn refreshed(ctx: &Context<'_>, outcome: &CommandResult) -> Result<Option<PropertyAccess>> {
    access::property_access(ctx, outcome.property, outcome.seq).await
}

pub(super) async fn change_structure(
    ctx: &Context<'_>,
    access: PropertyAccess,
    structure: Structure,
) -> Result<MutationResult> {
    let known = match &structure {
        Structure::Property(_) => 0,
        Structure::RoomType(room_type) => room_type.id.0,
        Structure::Contract(contract) => contract.id.0,
    };
    let mut result = submit(ctx, access, Action::Structure(structure), ChangeNote::default(), None).await?;
    if let Some(outcome) = &mut result.outcome {
        outcome.structure.get_or_insert(known);
        result.access = refreshed(ctx, outcome).await?;
    }
    Ok(result)
}
