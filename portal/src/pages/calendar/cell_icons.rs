//! Icons inside cells, as SVG markup, so that they look the same in every font.

/// The low status.
pub const LOW: &str = "<svg class=\"i xs\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M5 8h14l-7 9z\" fill=\"currentColor\"/></svg>";
/// Sold out.
pub const DOT: &str = "<svg class=\"i xs\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"6\" fill=\"currentColor\"/></svg>";
/// Overcommitted, or blocked.
pub const WARNING: &str = "<svg class=\"i xs\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M12 4.5 21 19.5H3z\"/><path d=\"M12 10.5v4M12 17v.01\"/></svg>";
/// Stop sell, where the cell is too narrow for the word.
pub const STOP: &str = "<svg class=\"i xs\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"8\"/><path d=\"M6.5 6.5l11 11\"/></svg>";
/// A draft.
pub const PENCIL: &str = "<svg class=\"i xs\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M5 19l1-4L16 5l3 3L9 18zM14 7l3 3\"/></svg>";
/// A failed edit.
pub const CROSS: &str =
    "<svg class=\"i xs\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M6 6l12 12M18 6L6 18\"/></svg>";
/// A saved edit.
pub const TICK: &str =
    "<svg class=\"i xs\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M5 12.5l4.5 4.5L19 7.5\"/></svg>";
/// The line between the two values of a conflict.
pub const CUT: &str = "<svg class=\"cut\" viewBox=\"0 0 20 14\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"M20 0V14H0z\" class=\"theirs\"/><path d=\"M0 14 20 0\" class=\"line\"/></svg>";
/// Expands the restrictions of a room type.
pub const CHEVRON: &str =
    "<svg class=\"i xs\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"m9.5 6 6 6-6 6\"/></svg>";
