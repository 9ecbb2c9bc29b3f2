//! Components that any page can use: modal, drawer, picker, icons, toasts.

pub mod drawer;
pub mod icon;
pub mod modal;
pub mod panel_icon;
pub mod picker;
pub mod toast;
