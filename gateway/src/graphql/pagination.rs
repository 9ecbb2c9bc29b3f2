//! Sizes of pages.

use async_graphql::Result;

use super::error::bad_input;

/// A page's size within its bound.
///
/// # Errors
/// `BAD_USER_INPUT` when it is not 1 to `most`.
pub fn page_size(first: i32, most: i32) -> Result<usize> {
    if (1..=most).contains(&first) {
        Ok(usize::try_from(first).unwrap_or(1))
    } else {
        Err(bad_input("first", format!("1 to {most} items a page, not {first}")))
    }
}
