//! Limits of the texts that callers give: one function per kind of text, used by the core and by the resolvers.

use super::refusal::Problem;

/// Most characters of a reason, or of a reference on a change of the calendar.
pub const MAX_NOTE_CHARS: usize = 500;
/// Most bytes of an idempotency key.
pub const MAX_IDEMPOTENCY_KEY_BYTES: usize = 100;
/// Most bytes of a partner's reference of a reservation.
pub const MAX_REFERENCE_BYTES: usize = 100;
/// Most characters of a guest's name.
pub const MAX_GUEST_NAME_CHARS: usize = 200;
/// Most characters of the name or the place of a property, or of the name of a room type.
pub const MAX_NAME_CHARS: usize = 200;
/// Most letters, digits and other characters of a supplier's own code.
pub const MAX_CODE_CHARS: usize = 40;
/// Most characters of the label of an API client.
pub const MAX_LABEL_CHARS: usize = 100;
/// Most characters of the id of a portal page.
pub const MAX_PAGE_ID_CHARS: usize = 64;

/// A reason: at most 500 characters.
pub fn reason_problem(reason: &str) -> Option<Problem> {
    (reason.chars().count() > MAX_NOTE_CHARS)
        .then(|| Problem::invalid(&["reason"], format!("a reason has at most {MAX_NOTE_CHARS} characters")))
}

/// The caller's reference on a change of the calendar: at most 500 characters.
pub fn change_reference_problem(reference: &str) -> Option<Problem> {
    (reference.chars().count() > MAX_NOTE_CHARS)
        .then(|| Problem::invalid(&["reference"], format!("a reference has at most {MAX_NOTE_CHARS} characters")))
}

/// An idempotency key: 1 to 100 bytes.
pub fn idempotency_key_problem(key: &str) -> Option<Problem> {
    (!(1..=MAX_IDEMPOTENCY_KEY_BYTES).contains(&key.len())).then(|| {
        let message = format!("an idempotency key has 1 to {MAX_IDEMPOTENCY_KEY_BYTES} characters");
        Problem::invalid(&["idempotencyKey"], message)
    })
}

/// The partner's reference of a reservation: 1 to 100 bytes, not only spaces.
pub fn reference_problem(reference: &str) -> Option<Problem> {
    (reference.trim().is_empty() || reference.len() > MAX_REFERENCE_BYTES).then(|| {
        Problem::invalid(&["reference"], format!("give your own reference, 1 to {MAX_REFERENCE_BYTES} characters"))
    })
}

/// A guest's name: at most 200 characters.
pub fn guest_name_problem(name: &str) -> Option<Problem> {
    (name.chars().count() > MAX_GUEST_NAME_CHARS).then(|| {
        Problem::invalid(&["guestName"], format!("a guest's name has at most {MAX_GUEST_NAME_CHARS} characters"))
    })
}

/// A name or place: 1 to 200 characters, spaces at both ends not counted.
pub fn name_problem(field: &str, text: &str) -> Option<Problem> {
    (!(1..=MAX_NAME_CHARS).contains(&text.trim().chars().count()))
        .then(|| Problem::invalid(&[field], format!("{field} has 1 to {MAX_NAME_CHARS} characters")))
}

/// A supplier's own code: 1 to 40 ASCII letters, digits, dashes, dots and underscores.
pub fn code_problem(code: &str) -> Option<Problem> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    (!(1..=MAX_CODE_CHARS).contains(&code.len()) || !code.chars().all(is_allowed)).then(|| {
        let message = format!("a code has 1 to {MAX_CODE_CHARS} letters, digits, dashes, dots or underscores");
        Problem::invalid(&["code"], message)
    })
}

/// The label of an API client: 1 to 100 characters, not only spaces.
pub fn label_problem(label: &str) -> Option<Problem> {
    (label.trim().is_empty() || label.chars().count() > MAX_LABEL_CHARS)
        .then(|| Problem::invalid(&["label"], format!("a label has 1 to {MAX_LABEL_CHARS} characters")))
}

/// The id of a portal page: 1 to 64 characters.
pub fn page_id_problem(id: &str) -> Option<Problem> {
    (!(1..=MAX_PAGE_ID_CHARS).contains(&id.chars().count()))
        .then(|| Problem::invalid(&["pageId"], format!("a page's id has 1 to {MAX_PAGE_ID_CHARS} characters")))
}
