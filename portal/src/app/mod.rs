//! The application around the pages: router, theme, navigation, top bar, command palette, shortcuts.

pub mod announcer;
pub mod calendar_address;
pub mod confirm_dialog;
pub mod date_parser;
pub mod freshness;
pub mod keymap;
pub mod navigation;
pub mod overlays;
pub mod page;
pub mod palette;
pub mod palette_commands;
pub mod router;
pub mod shell;
pub mod shortcuts;
pub mod theme;
pub mod time_format;
pub mod toasts;
pub mod top_bar;
pub mod year_strip;
