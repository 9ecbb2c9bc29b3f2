//! The pages and their addresses.

use super::calendar_address::{CalendarAddress, encoded};
use crate::{domain::selected_property::SelectedProperty, ui::icon::Glyph};

/// A page of the main navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Nights that need attention, and the latest changes.
    Today,
    /// The allotment calendar.
    Calendar,
    /// The change sets of the property.
    Activity,
    /// API clients and limits of the supplier.
    Developers,
    /// The next nights, for a screen on a wall.
    Wallboard,
}

impl Page {
    /// All pages, in the order of the navigation.
    pub const ALL: [Self; 5] = [Self::Today, Self::Calendar, Self::Activity, Self::Developers, Self::Wallboard];

    /// The page at a path.
    pub fn at(path: &str) -> Option<Self> {
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        Self::ALL.into_iter().find(|page| page.path() == path)
    }

    /// The path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Today => "/",
            Self::Calendar => "/calendar",
            Self::Activity => "/activity",
            Self::Developers => "/developers",
            Self::Wallboard => "/live",
        }
    }

    /// The name in the navigation.
    pub fn name(self) -> &'static str {
        match self {
            Self::Today => "Today",
            Self::Calendar => "Calendar",
            Self::Activity => "Activity",
            Self::Developers => "Developers",
            Self::Wallboard => "Wallboard",
        }
    }

    /// The icon in the navigation.
    pub fn glyph(self) -> Glyph {
        match self {
            Self::Today => Glyph::Home,
            Self::Calendar => Glyph::Calendar,
            Self::Activity => Glyph::Activity,
            Self::Developers => Glyph::Code,
            Self::Wallboard => Glyph::Screen,
        }
    }

    /// Whether the page shows a property and follows its changes.
    pub fn is_about_property(self) -> bool {
        self != Self::Developers
    }

    /// The address of the page for a property. Only the calendar can show all properties.
    pub fn url(self, property: Option<&SelectedProperty>) -> String {
        match (self, property) {
            (Self::Calendar, property) => {
                CalendarAddress { property: property.cloned(), ..CalendarAddress::default() }.url()
            }
            (page, Some(SelectedProperty::One(code))) if page.is_about_property() => {
                format!("{}?p={}", page.path(), encoded(code))
            }
            (page, _) => page.path().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_found_at_its_address() {
        for page in Page::ALL {
            assert_eq!(Page::at(page.path()), Some(page));
        }
        assert_eq!(Page::at("/activity/"), Some(Page::Activity));
        assert_eq!(Page::at("/nowhere"), None);
    }

    #[test]
    fn the_property_stays_in_the_address_where_it_applies() {
        let lisbon = SelectedProperty::One("LIS".to_owned());
        assert_eq!(Page::Today.url(Some(&lisbon)), "/?p=LIS");
        assert_eq!(Page::Calendar.url(Some(&SelectedProperty::All)), "/calendar?p=all");
        assert_eq!(Page::Activity.url(Some(&SelectedProperty::All)), "/activity");
        assert_eq!(Page::Developers.url(Some(&lisbon)), "/developers");
        assert_eq!(Page::Wallboard.url(None), "/live");
    }
}
