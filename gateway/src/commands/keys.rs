//! `lodgate keys`: lists, rotates and retires the keys that sign tokens.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Context;
use chrono::{DateTime, Utc};
use lodgate_entities::signing_key;

use crate::auth::keys::{self, KeyState};
use crate::clock::Clock;
use crate::config::{Keys, Tool};
use crate::database::Database;

/// Runs the command and prints the result. Migrates first, as `lodgate token` does.
///
/// # Errors
/// When the key does not exist, no key would be left to sign with, or the database fails.
pub async fn run(command: &Keys) -> anyhow::Result<()> {
    let text = act(command, &Clock::default()).await?;
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the keys")
}

/// The options common to the commands.
pub fn tool(command: &Keys) -> &Tool {
    match command {
        Keys::List(tool) => tool,
        Keys::Rotate(rotate) => &rotate.tool,
        Keys::Retire(retire) => &retire.tool,
    }
}

async fn act(command: &Keys, clock: &Clock) -> anyhow::Result<String> {
    let database = Database::open(&tool(command).database).await.context("cannot open the database")?;
    lodgate_migrations::migrate(&database.write).await.context("cannot migrate the database")?;
    let now = clock.now();
    Ok(match command {
        Keys::List(_) => described(&keys::list(&database.read, now).await?),
        Keys::Rotate(rotate) => {
            let key = keys::rotate(&database.write, now, rotate.after).await?;
            format!("{} signs from {}\n", key.kid, time(key.signs_from))
        }
        Keys::Retire(retire) => {
            let key = keys::retire(&database.write, &retire.kid, now).await?;
            format!("{} is refused from {}\n", key.kid, time(key.retired_at))
        }
    })
}

fn described(all: &[(signing_key::Model, KeyState)]) -> String {
    let width = all.iter().map(|(key, _)| key.kid.len()).fold(3, usize::max);
    let mut text = format!("{:<width$}  state     signs from            accepted until\n", "kid");
    for (key, state) in all {
        let state = match state {
            KeyState::Waiting => "waiting",
            KeyState::Signing => "signing",
            KeyState::Accepted => "accepted",
            KeyState::Retired => "retired",
        };
        let from = time(key.signs_from.or(Some(key.created_at)));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:<width$}  {state:<8}  {from}  {}", key.kid, time(key.retired_at));
    }
    text
}

fn time(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config::{Cli, Command};

    #[tokio::test]
    async fn the_keys_are_listed_rotated_and_retired() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::default();
        let run = async |words: &str| {
            let words = words.split_whitespace().chain(["--data-dir", folder.path().to_str().unwrap()]);
            match Cli::try_parse_from(["lodgate", "keys"].into_iter().chain(words)).unwrap().command {
                Command::Keys(command) => act(&command, &clock).await,
                other => panic!("{other:?}"),
            }
        };
        let states = async || {
            let text = run("list").await.unwrap();
            text.lines().skip(1).map(|line| line.split_whitespace().nth(1).unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(states().await, Vec::<String>::new(), "no node has ever started");
        let first = run("rotate").await.unwrap();
        let first = first.split_whitespace().next().unwrap().to_owned();
        assert!(run(&format!("retire {first}")).await.unwrap_err().to_string().contains("rotate"));
        clock.advance(chrono::Duration::hours(1));
        run("rotate --after 30m").await.unwrap();
        assert_eq!(states().await, ["signing", "waiting"]);
        clock.advance(chrono::Duration::minutes(31));
        assert_eq!(states().await, ["accepted", "signing"]);
        run(&format!("retire {first}")).await.unwrap();
        assert_eq!(states().await, ["retired", "signing"]);
        assert!(run(&format!("retire {first}")).await.unwrap_err().to_string().contains("list"), "it is out already");
        assert!(!run("list").await.unwrap().contains("PRIVATE"));
    }
}
