//! User interface components that are used by several pages.

pub mod drawer;
pub mod error_panel;
pub mod icon;
pub mod logo;
pub mod modal;
pub mod picker;
pub mod skeleton;
pub mod toast;
