//! Commands on their way to the writer: the notes for the journal, the idempotency key, and the submission.

use async_graphql::{Context, InputType, Result};
use aws_lc_rs::digest;
use uuid::Uuid;

use super::access::{self, PropertyAccess, actor, app};
use super::mutation_result::MutationResult;
use crate::inventory::command::Structure;
use crate::inventory::{Action, Command, Problem};
use crate::limits::NightsWritten;
use crate::writer::{CommandResult, Key, Submission};

/// What the journal keeps of the circumstances.
#[derive(Default)]
pub(super) struct ChangeNote {
    pub(super) reason: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) change_set: Option<Uuid>,
}

pub(super) type GivenKey = (String, [u8; 32]);

/// SHA-256 of the operation and its coerced input: the same key with another is refused.
pub(super) fn hash(operation: &str, input: &impl InputType) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(operation.as_bytes());
    context.update(input.to_value().to_string().as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn text_problems(note: &ChangeNote, key: Option<&GivenKey>) -> Vec<Problem> {
    let long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.chars().count() > 500);
    let bad_key = key.is_some_and(|(text, _)| text.is_empty() || text.len() > 100);
    [
        bad_key.then(|| Problem::invalid(&["idempotencyKey"], "an idempotency key has 1 to 100 characters")),
        long(&note.reason).then(|| Problem::invalid(&["reason"], "a reason has at most 500 characters")),
        long(&note.reference).then(|| Problem::invalid(&["reference"], "a reference has at most 500 characters")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(super) async fn submit(
    ctx: &Context<'_>,
    seen: PropertyAccess,
    action: Action,
    note: ChangeNote,
    key: Option<GivenKey>,
) -> Result<MutationResult> {
    let viewer = access::viewer(ctx)?;
    let problems = text_problems(&note, key.as_ref());
    if !problems.is_empty() {
        return Ok(MutationResult::refused(Some(seen), problems));
    }
    let command = Command {
        actor: actor(viewer),
        reason: note.reason,
        reference: note.reference,
        change_set: note.change_set,
        action,
    };
    let key = key.map(|(text, hash)| Key { tenant: viewer.tenant, text, hash });
    let answer = app(ctx)?.writer.submit(Submission { property: seen.id(), command, key }).await;
    if let (Ok(outcome), Some(written)) = (&answer, ctx.data_opt::<NightsWritten>())
        && !outcome.replayed
    {
        written.add(outcome.changed);
    }
    MutationResult::from(Some(seen), answer)
}

/// A property's structure after a write of its own: what the payload shows.
pub(super) async fn refreshed(ctx: &Context<'_>, outcome: &CommandResult) -> Result<Option<PropertyAccess>> {
    access::seen(ctx, outcome.property, outcome.seq).await
}

pub(super) async fn change_structure(
    ctx: &Context<'_>,
    seen: PropertyAccess,
    structure: Structure,
) -> Result<MutationResult> {
    let known = match &structure {
        Structure::Property(_) => 0,
        Structure::RoomType(room_type) => room_type.id.0,
        Structure::Contract(contract) => contract.id.0,
    };
    let mut done = submit(ctx, seen, Action::Structure(structure), ChangeNote::default(), None).await?;
    if let Some(outcome) = &mut done.outcome {
        outcome.structure.get_or_insert(known);
        done.seen = refreshed(ctx, outcome).await?;
    }
    Ok(done)
}
