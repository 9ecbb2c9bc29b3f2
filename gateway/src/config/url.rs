//! A URL with credentials.

use std::str::FromStr;

/// The URL of a server, which may contain a password. `Debug` hides the user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The whole URL with its password; `None` when the value is blank, as in composed environments.
    pub fn get(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|url| !url.is_empty())
    }
}

impl FromStr for Url {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0.split_once("://"), self.0.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => write!(f, "{scheme}://***@{host}"),
            _ => f.write_str(&self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logged_url_hides_its_password() {
        let url: Url = "postgres://me:hunter2@db:5432/lodgate".parse().unwrap();
        assert_eq!(format!("{url:?}"), "postgres://***@db:5432/lodgate");
        assert_eq!(" ".parse::<Url>().unwrap().get(), None);
    }
}
