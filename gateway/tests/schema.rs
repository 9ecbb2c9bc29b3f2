//! The schema in the repository is the one that the gateway serves, and all of it is described.
#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::path::Path;

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
    let mut undescribed = Vec::new();
    let mut before = "";
    for line in sdl.lines() {
        let is_type =
            ["type ", "input ", "enum ", "union ", "interface ", "scalar "].iter().any(|word| line.starts_with(word));
        // The library names the connection types; it describes their fields but not the types.
        if is_type && !line.ends_with("Connection {") && before != "\"\"\"" {
            undescribed.push(line.to_owned());
        }
        before = line.trim();
    }
    assert_eq!(undescribed, Vec::<String>::new());
}
