//! The calendar's address: its query parameters, read and written.

use crate::domain::{dates::Day, selected_property::SelectedProperty};

/// The parameters of the calendar's address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CalendarAddress {
    /// The property; none is the first one.
    pub property: Option<SelectedProperty>,
    /// First night; the business date where it is missing.
    pub from: Option<Day>,
    /// Nights shown: 14, 31 or 92.
    pub days: Option<u32>,
    /// Whether the calendar is a table to read instead of a grid.
    pub is_list: bool,
    /// The nights to select in the allotment row of a room type.
    pub selected_nights: Option<SelectedNights>,
}

/// Consecutive nights of one room type.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectedNights {
    /// Code of the room type.
    pub room: String,
    /// First night.
    pub from: Day,
    /// Last night, included.
    pub through: Day,
}

impl CalendarAddress {
    /// Reads the parameters. `get` returns the value of a parameter by name. Invalid values are ignored.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            property: get("p").filter(|code| !code.is_empty()).map(SelectedProperty::from_code),
            from: get("from").as_deref().and_then(Day::parse),
            days: get("days").and_then(|days| days.parse().ok()).filter(|days| [14, 31, 92].contains(days)),
            is_list: get("view").as_deref() == Some("list"),
            selected_nights: get("sel").as_deref().and_then(SelectedNights::read),
        }
    }

    /// The address, as a path with a query.
    pub fn url(&self) -> String {
        let mut parts = Vec::new();
        if let Some(property) = &self.property {
            parts.push(format!("p={}", encoded(property.code())));
        }
        if let Some(from) = self.from {
            parts.push(format!("from={from}"));
        }
        if let Some(days) = self.days {
            parts.push(format!("days={days}"));
        }
        if self.is_list {
            parts.push("view=list".to_owned());
        }
        if let Some(SelectedNights { room, from, through }) = &self.selected_nights {
            parts.push(format!("sel={}~{from}~{through}", encoded(room)));
        }
        if parts.is_empty() { "/calendar".to_owned() } else { format!("/calendar?{}", parts.join("&")) }
    }
}

impl SelectedNights {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let (room, from, through) = (parts.next()?, Day::parse(parts.next()?)?, Day::parse(parts.next()?)?);
        (parts.next().is_none() && from <= through).then(|| Self { room: room.to_owned(), from, through })
    }
}

/// The code of a property or a room type, percent-encoded. Valid codes need no encoding: they have only letters, digits,
/// dashes, dots and underscores.
pub fn encoded(code: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    code.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_written() {
        let day = |text| Day::parse(text).expect("a date");
        let address = CalendarAddress {
            property: Some(SelectedProperty::One("LIS".to_owned())),
            from: Some(day("2026-12-14")),
            days: Some(31),
            is_list: true,
            selected_nights: Some(SelectedNights {
                room: "DBL".to_owned(),
                from: day("2026-12-18"),
                through: day("2026-12-19"),
            }),
        };
        let url = address.url();
        assert_eq!(url, "/calendar?p=LIS&from=2026-12-14&days=31&view=list&sel=DBL~2026-12-18~2026-12-19");
        let get = |name: &str| {
            let pairs = url.split_once('?')?.1.split('&');
            pairs
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        assert_eq!(CalendarAddress::read(get), address);
    }

    #[test]
    fn invalid_parameters_are_ignored() {
        let get = |name: &str| match name {
            "from" => Some("soon".to_owned()),
            "days" => Some("5000".to_owned()),
            "sel" => Some("DBL~2026-12-19~2026-12-18".to_owned()),
            _ => None,
        };
        assert_eq!(CalendarAddress::read(get), CalendarAddress::default());
        assert_eq!(CalendarAddress::default().url(), "/calendar");
        assert_eq!(encoded("a b/ü"), "a%20b%2F%C3%BC");
    }
}
