//! The keyboard commands of the grid.

/// A command of the grid.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Move by rows and nights.
    Move {
        /// Rows down; negative is up.
        down: i32,
        /// Nights later; negative is earlier.
        right: i32,
        /// True to extend the selection instead of moving it.
        extend: bool,
    },
    /// Move to the first or last night of the row.
    Edge {
        /// The last night, else the first.
        is_end: bool,
        /// True to move to the first or last row, too.
        all: bool,
        /// True to extend the selection instead of moving it.
        extend: bool,
    },
    /// Move by one screen of rows.
    Page {
        /// Down, else up.
        is_down: bool,
        /// True to extend the selection instead of moving it.
        extend: bool,
    },
    /// Move by periods; a period is the number of shown nights.
    Period(i32),
    /// Move by weeks.
    Weeks(i32),
    /// Select the night in all rows.
    Column,
    /// Select all nights of the row.
    Row,
    /// Select all cells.
    All,
    /// Open the cell editor with a text; empty keeps the value.
    Type(String),
    /// Apply the drafts.
    Apply,
    /// Set or lift the stop sell.
    Stop,
    /// Expand or collapse the restrictions of the room type.
    Restrictions,
    /// Open the history of the night.
    History,
    /// Copy the first row to the rows below.
    FillDown,
    /// Copy the first night to the later nights.
    FillRight,
    /// Take the nights off sale.
    Clear,
    /// Move to the business date.
    Today,
    /// Focus the date field of the toolbar.
    GoTo,
    /// Show this number of nights.
    Zoom(u32),
    /// Open the bulk edit panel.
    Bulk,
    /// Reduce the selection to the active cell.
    Shrink,
}

/// A pressed key with its modifiers.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyPress<'a> {
    /// The value of `KeyboardEvent.key`.
    pub key: &'a str,
    /// Ctrl, or Command.
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
    /// Alt.
    pub alt: bool,
}

/// The command of a key; none leaves the key to the page and the browser.
pub fn command(press: KeyPress<'_>) -> Option<Command> {
    let KeyPress { key, ctrl, shift, alt } = press;
    let move_by = |down, right| Some(Command::Move { down, right, extend: shift });
    match (key, ctrl, alt) {
        ("ArrowUp", false, false) => move_by(-1, 0),
        ("ArrowDown", false, false) => move_by(1, 0),
        ("ArrowLeft", false, false) => move_by(0, -1),
        ("ArrowRight", false, false) => move_by(0, 1),
        ("Home" | "End", all, false) => Some(Command::Edge { is_end: key == "End", all, extend: shift }),
        ("PageUp" | "PageDown", false, false) => Some(Command::Page { is_down: key == "PageDown", extend: shift }),
        ("PageUp", false, true) => Some(Command::Period(-1)),
        ("PageDown", false, true) => Some(Command::Period(1)),
        ("[", false, _) => Some(Command::Weeks(-1)),
        ("]", false, _) => Some(Command::Weeks(1)),
        (" ", true, false) => Some(Command::Column),
        (" ", false, false) if shift => Some(Command::Row),
        ("a" | "A", true, false) => Some(Command::All),
        ("Enter", true, false) => Some(Command::Apply),
        ("Enter" | "F2", false, false) => Some(Command::Type(String::new())),
        ("d" | "D", true, false) => Some(Command::FillDown),
        ("Delete" | "Backspace", false, false) => Some(Command::Clear),
        ("Escape", false, false) => Some(Command::Shrink),
        ("1", false, true) => Some(Command::Zoom(14)),
        ("2", false, true) => Some(Command::Zoom(31)),
        ("3", false, true) => Some(Command::Zoom(92)),
        ("s" | "S", false, false) => Some(Command::Stop),
        ("r" | "R", false, false) => Some(Command::Restrictions),
        ("h" | "H", false, false) => Some(Command::History),
        ("f" | "F", false, false) => Some(Command::FillRight),
        ("t" | "T", false, false) => Some(Command::Today),
        ("g" | "G", false, false) => Some(Command::GoTo),
        ("b" | "B", false, false) => Some(Command::Bulk),
        (key, false, false) if begins_an_edit(key) => Some(Command::Type(key.to_owned())),
        _ => None,
    }
}

/// Returns whether the key is the first character of a value.
fn begins_an_edit(key: &str) -> bool {
    let mut letters = key.chars();
    let (first, rest) = (letters.next(), letters.next());
    rest.is_none() && first.is_some_and(|first| first.is_ascii_digit() || "+-−*=lL".contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(key: &str) -> Option<Command> {
        command(KeyPress { key, ..KeyPress::default() })
    }

    #[test]
    fn digits_and_signs_begin_an_edit_and_letters_act() {
        assert_eq!(plain("8"), Some(Command::Type("8".to_owned())));
        assert_eq!(plain("+"), Some(Command::Type("+".to_owned())));
        assert_eq!(plain("l"), Some(Command::Type("l".to_owned())));
        assert_eq!(plain("Enter"), Some(Command::Type(String::new())));
        assert_eq!(plain("s"), Some(Command::Stop));
        assert_eq!(plain("x"), None);
        assert_eq!(plain("Tab"), None, "the grid is one tab stop");
    }

    #[test]
    fn browser_and_page_shortcuts_are_ignored() {
        let held = |key, ctrl, alt| command(KeyPress { key, ctrl, alt, shift: false });
        assert_eq!(held("r", true, false), None, "reload");
        assert_eq!(held("c", true, false), None, "copy has its own event");
        assert_eq!(held("z", true, false), None, "undo is a shortcut of the page");
        assert_eq!(held("k", true, false), None);
        assert_eq!(held("8", true, false), None);
        assert_eq!(held("PageDown", true, false), None, "reserved for screen readers");
        assert_eq!(held("2", false, true), Some(Command::Zoom(31)));
    }

    #[test]
    fn shift_extends_the_selection() {
        let press = KeyPress { key: "ArrowRight", shift: true, ..KeyPress::default() };
        assert_eq!(command(press), Some(Command::Move { down: 0, right: 1, extend: true }));
    }
}
