//! The keyboard commands of the grid.

/// What a key asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Move by rows and nights; with `extend` the rectangle grows instead.
    Move {
        /// Rows down, or up.
        down: i32,
        /// Nights on, or back.
        right: i32,
        /// Whether the rectangle grows.
        extend: bool,
    },
    /// To the first night, or the last, of the row; with `all` also to the first or last row.
    Edge {
        /// The last, else the first.
        is_end: bool,
        /// Rows too.
        all: bool,
        /// Whether the rectangle grows.
        extend: bool,
    },
    /// One screen of rows down, or up.
    Page {
        /// Down, else up.
        is_down: bool,
        /// Whether the rectangle grows.
        extend: bool,
    },
    /// As many nights on or back as are shown.
    Period(i32),
    /// Weeks on or back.
    Weeks(i32),
    /// Choose the night in all rows.
    Column,
    /// Choose all nights of the row.
    Row,
    /// Choose everything.
    All,
    /// Begin to type; empty keeps what is there.
    Type(String),
    /// Send the drafts.
    Apply,
    /// Stop sales, or lift the stop.
    Stop,
    /// Show or hide the rows of restrictions.
    Restrictions,
    /// What happened to the night.
    History,
    /// Fill from the first row down.
    FillDown,
    /// Fill from the first night on.
    FillRight,
    /// Take off sale.
    Clear,
    /// To the business date.
    Today,
    /// Ask for a date.
    GoTo,
    /// Show so many nights.
    Zoom(u32),
    /// Many nights at once.
    Bulk,
    /// Choose no more than the active cell.
    Shrink,
}

/// A key with what is held.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyPress<'a> {
    /// As `KeyboardEvent.key` names it.
    pub key: &'a str,
    /// Ctrl, or Command.
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
    /// Alt.
    pub alt: bool,
}

/// What the stroke asks for; none leaves it to the browser and the page.
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
        assert_eq!(plain("Tab"), None, "the grid is one stop on the way through the page");
    }

    #[test]
    fn browser_and_page_shortcuts_are_ignored() {
        let held = |key, ctrl, alt| command(KeyPress { key, ctrl, alt, shift: false });
        assert_eq!(held("r", true, false), None, "reload");
        assert_eq!(held("c", true, false), None, "copying is an event of its own");
        assert_eq!(held("z", true, false), None, "undo belongs to the page");
        assert_eq!(held("k", true, false), None);
        assert_eq!(held("8", true, false), None);
        assert_eq!(held("PageDown", true, false), None, "screen readers take it");
        assert_eq!(held("2", false, true), Some(Command::Zoom(31)));
    }

    #[test]
    fn shift_grows_the_rectangle() {
        let press = KeyPress { key: "ArrowRight", shift: true, ..KeyPress::default() };
        assert_eq!(command(press), Some(Command::Move { down: 0, right: 1, extend: true }));
    }
}
