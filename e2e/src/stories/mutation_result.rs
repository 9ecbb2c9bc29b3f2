//! Results of mutations.

use serde_json::{Value, json};

use super::id_of;
use crate::client::ClientError;

/// The result of a mutation.
#[derive(Debug)]
pub struct MutationResult(pub Result<Value, ClientError>);

impl MutationResult {
    /// The payload of the only mutation of a response.
    pub(super) fn of(answer: Result<Value, ClientError>) -> Self {
        Self(answer.map(|data| data.as_object().and_then(|fields| fields.values().next().cloned()).unwrap_or_default()))
    }

    /// The payload of an accepted mutation.
    ///
    /// # Panics
    /// When it was refused or has no response.
    #[track_caller]
    pub fn accepted(self) -> Value {
        self.into_result().unwrap_or_else(|errors| panic!("refused: {}", json!(errors)))
    }

    /// The id of the reservation of an accepted mutation.
    ///
    /// # Panics
    /// When it was refused or has no response.
    #[track_caller]
    pub fn reservation(self) -> String {
        id_of(&self.accepted()["reservation"])
    }

    /// The `userErrors` of a refused mutation.
    ///
    /// # Panics
    /// When it was accepted or has no response.
    #[track_caller]
    pub fn refused(self) -> Vec<Value> {
        match self.into_result() {
            Ok(payload) => panic!("not refused: {payload}"),
            Err(errors) => errors,
        }
    }

    /// The payload, or the `userErrors`.
    ///
    /// # Errors
    /// With the `userErrors` of a refused mutation.
    ///
    /// # Panics
    /// When it has no response.
    #[track_caller]
    pub fn into_result(self) -> Result<Value, Vec<Value>> {
        let payload = self.0.unwrap_or_else(|error| panic!("no response: {error}"));
        match payload["userErrors"].as_array() {
            Some(errors) if !errors.is_empty() => Err(errors.clone()),
            _ => Ok(payload),
        }
    }
}
