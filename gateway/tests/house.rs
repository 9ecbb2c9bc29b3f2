//! The rules of the house: imports run one way, the core is pure, the schema in the repository is the one served.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

fn breaches(folder: &str, forbidden: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let files = sources(&root);
    assert!(!files.is_empty(), "{folder} is gone: this test looks at nothing");
    let mut found = Vec::new();
    for (path, text) in files {
        // Comments may name what the code must not.
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            found.extend(
                forbidden
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{} names `{word}`: {}", path.display(), line.trim())),
            );
        }
    }
    found
}

#[test]
fn the_core_is_pure() {
    let forbidden =
        ["axum", "async_graphql", "sea_orm", "redis::", "tokio", "async fn", ".await", "Utc::now", "Instant::now"];
    assert_eq!(breaches("inventory", &forbidden), Vec::<String>::new());
}

#[test]
fn imports_run_one_way() {
    let above_the_core =
        ["crate::stock", "crate::cache", "crate::feed", "crate::graphql", "crate::transport", "crate::server"];
    assert_eq!(breaches("inventory", &above_the_core), Vec::<String>::new());
    for folder in ["stock", "cache", "feed"] {
        assert_eq!(
            breaches(folder, &["crate::graphql", "crate::transport", "crate::server", "crate::app"]),
            Vec::<String>::new()
        );
    }
    assert_eq!(breaches("graphql", &["crate::transport", "crate::server"]), Vec::<String>::new());
}

#[test]
fn the_schema_in_the_repository_is_the_one_served() {
    let kept = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal/schema.graphql")).unwrap();
    let served = lodgate::graphql::sdl();
    assert!(kept.trim() == served.trim(), "the schema changed: run `cargo xtask schema` and look at the difference");
}

#[test]
fn everything_in_the_schema_is_described() {
    // A description ends with a line of quotes, right before what it describes.
    let sdl = lodgate::graphql::sdl();
    let mut bare = Vec::new();
    let mut before = "";
    for line in sdl.lines() {
        let is_type =
            ["type ", "input ", "enum ", "union ", "interface ", "scalar "].iter().any(|word| line.starts_with(word));
        // The connections' names come from the library, which describes their fields and not them.
        if is_type && !line.ends_with("Connection {") && before != "\"\"\"" {
            bare.push(line.to_owned());
        }
        before = line.trim();
    }
    assert_eq!(bare, Vec::<String>::new());
}
