//! Components that several pages use. They take values and callbacks, and know no state.

pub mod drawer;
pub mod error_panel;
pub mod icon;
pub mod logo;
pub mod modal;
pub mod picker;
pub mod skeleton;
pub mod toast;
