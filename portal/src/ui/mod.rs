//! Components that any page can use: modal, drawer, picker, icons, toasts.

pub mod drawer;
pub mod error_panel;
pub mod icon;
pub mod logo;
pub mod modal;
pub mod picker;
pub mod skeleton;
pub mod toast;
