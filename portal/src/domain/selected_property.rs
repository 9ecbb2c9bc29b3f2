//! The property that the pages show.

/// Code in an address that selects all properties.
const ALL: &str = "all";

/// The property that the pages show. Only the calendar can show all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectedProperty {
    /// Every property of the supplier.
    All,
    /// The property with this code.
    One(String),
}

impl SelectedProperty {
    /// The selection that an address names: `all` or the code of a property.
    pub fn from_code(code: String) -> Self {
        if code == ALL { Self::All } else { Self::One(code) }
    }

    /// The code for an address.
    pub fn code(&self) -> &str {
        match self {
            Self::All => ALL,
            Self::One(code) => code,
        }
    }
}
