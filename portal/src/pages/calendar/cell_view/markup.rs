//! Writes text and attributes as markup.

use std::borrow::Cow;

use super::Attribute;

/// The text with the characters `&`, `<`, `>` and `"` escaped.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| b"&<>\"".contains(&byte)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"))
}

/// Appends attributes to markup.
pub fn write_attributes(markup: &mut String, attributes: &[Attribute]) {
    for (name, value) in attributes {
        if let Some(value) = value {
            for part in [" ", name, "=\"", &escaped(value), "\""] {
                markup.push_str(part);
            }
        }
    }
}
