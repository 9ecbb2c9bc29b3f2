//! Icons: line drawings of 24 by 24 units in the text colour.

use leptos::{prelude::*, svg::svg};

/// The drawing of an icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Glyph {
    Home,
    Previous,
    Next,
    Minus,
    Plus,
    Calendar,
    Activity,
    Code,
    Screen,
    Settings,
    More,
    Down,
    Search,
    Undo,
    Redo,
    Cross,
    Tick,
    Arrow,
    Person,
    ApiClient,
    Basket,
    Out,
    Key,
    House,
    Sliders,
    Zoom,
    Warning,
    Triangle,
    Dot,
    Stop,
    Expand,
}

impl Glyph {
    fn shapes(self) -> &'static str {
        match self {
            Self::Previous => r#"<path d="m14.5 6-6 6 6 6"/>"#,
            Self::Next => r#"<path d="m9.5 6 6 6-6 6"/>"#,
            Self::Minus => r#"<path d="M5 12h14"/>"#,
            Self::Plus => r#"<path d="M12 5v14M5 12h14"/>"#,
            Self::Home => {
                r#"<path d="M4 11.5 12 5l8 6.5V19a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z"/><path d="M9.5 20v-5.5h5V20"/>"#
            }
            Self::Calendar => {
                r#"<rect x="4" y="5.5" width="16" height="14.5" rx="2"/><path d="M4 10h16M8.5 3.5v4M15.5 3.5v4"/>"#
            }
            Self::Activity => r#"<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2"/>"#,
            Self::Code => r#"<path d="m8.5 8-4.5 4 4.5 4M15.5 8l4.5 4-4.5 4"/>"#,
            Self::Screen => r#"<rect x="3.5" y="5" width="17" height="11.5" rx="1.5"/><path d="M9 20h6"/>"#,
            Self::Settings => {
                r#"<circle cx="12" cy="12" r="2.8"/><path d="M12 3.5v3M12 17.5v3M3.5 12h3M17.5 12h3M6 6l2.1 2.1M15.9 15.9 18 18M18 6l-2.1 2.1M8.1 15.9 6 18"/>"#
            }
            Self::More => r#"<path d="M12 6v.01M12 12v.01M12 18v.01" stroke-width="2.5"/>"#,
            Self::Down => r#"<path d="m6 9.5 6 6 6-6"/>"#,
            Self::Search => r#"<circle cx="11" cy="11" r="6"/><path d="m15.5 15.5 4 4"/>"#,
            Self::Undo => r#"<path d="M8 5 4 9l4 4"/><path d="M4.5 9H14a5 5 0 0 1 0 10h-4"/>"#,
            Self::Redo => r#"<path d="m16 5 4 4-4 4"/><path d="M19.5 9H10a5 5 0 0 0 0 10h4"/>"#,
            Self::Cross => r#"<path d="m6 6 12 12M18 6 6 18"/>"#,
            Self::Tick => r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#,
            Self::Arrow => r#"<path d="M4 12h15M13.5 6.5 19 12l-5.5 5.5"/>"#,
            Self::Person => r#"<circle cx="12" cy="8.5" r="3.5"/><path d="M5.5 19.5a6.5 6.5 0 0 1 13 0"/>"#,
            Self::ApiClient => {
                r#"<rect x="5" y="8.5" width="14" height="10" rx="2"/><path d="M12 5v3.5M9.5 13v1M14.5 13v1"/>"#
            }
            Self::Basket => r#"<path d="M5 7h14l-1.5 9h-11z"/><path d="M9 7V5.5a3 3 0 0 1 6 0V7"/>"#,
            Self::Out => r#"<path d="M10 5H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h4M10 12h10M16 8l4 4-4 4"/>"#,
            Self::Key => {
                r#"<rect x="3.5" y="6.5" width="17" height="11" rx="1.5"/><path d="M7 10.5v.01M12 10.5v.01M17 10.5v.01M8.5 14h7"/>"#
            }
            Self::House => {
                r#"<path d="M6 20V5a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v15M4 20h16M10 8v.01M14 8v.01M10 12v.01M14 12v.01M10.5 20v-4h3v4"/>"#
            }
            Self::Sliders => {
                r#"<path d="M4 8h9M17 8h3M4 16h3M11 16h9"/><circle cx="15" cy="8" r="2"/><circle cx="9" cy="16" r="2"/>"#
            }
            Self::Zoom => r#"<path d="M4 12h16M7.5 8.5 4 12l3.5 3.5M16.5 8.5 20 12l-3.5 3.5"/>"#,
            Self::Warning => r#"<path d="M12 4.5 21 19.5H3z"/><path d="M12 10.5v4M12 17v.01"/>"#,
            Self::Triangle => r#"<path d="M5 8h14l-7 9z" fill="currentColor"/>"#,
            Self::Dot => r#"<circle cx="12" cy="12" r="6" fill="currentColor"/>"#,
            Self::Stop => r#"<circle cx="12" cy="12" r="7.5"/><path d="m7 7 10 10"/>"#,
            Self::Expand => r#"<path d="M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15"/>"#,
        }
    }
}

/// A decorative icon, hidden from screen readers. A button with only an icon needs an accessible name.
#[component]
pub fn Icon(
    /// The drawing.
    glyph: Glyph,
    /// `small` (12 px) or `large` (20 px); otherwise 16 px.
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    svg()
        .attr("class", if size.is_empty() { "icon".to_owned() } else { format!("icon {size}") })
        .attr("viewBox", "0 0 24 24")
        .attr("aria-hidden", "true")
        .inner_html(glyph.shapes())
}
