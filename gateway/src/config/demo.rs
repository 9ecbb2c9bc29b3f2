//! Options of the demo data.

use std::str::FromStr;

use clap::Args;

/// Demo data.
#[derive(Clone, Debug, Args)]
pub struct DemoOptions {
    /// Password of the demo users. Default: a random one, which is printed.
    #[arg(long, env, value_name = "PASSWORD", hide_env_values = true)]
    pub demo_password: Option<Secret>,
}

/// A value that is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
