//! Inputs that change some fields of an object.

use async_graphql::{MaybeUndefined, Result};

use super::error::bad_input;

/// A patch's field: absent stays, a value replaces, an explicit null is refused.
///
/// # Errors
/// `BAD_USER_INPUT` for null, as clients that send nulls by default must not wipe what is set.
pub fn patch<T>(slot: &mut T, field: &str, value: MaybeUndefined<T>) -> Result<()> {
    match value {
        MaybeUndefined::Undefined => Ok(()),
        MaybeUndefined::Null => Err(bad_input(field, "null is not a value; leave the field out to keep what is set")),
        MaybeUndefined::Value(value) => {
            *slot = value;
            Ok(())
        }
    }
}
