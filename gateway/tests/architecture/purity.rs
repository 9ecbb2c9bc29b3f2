//! `inventory/` is pure: no I/O, no clock, no async.

use proc_macro2::{TokenStream, TokenTree};

use crate::sources::{self, Source};

/// Crates and keywords that the core must not name.
const FORBIDDEN: &[&str] =
    &["axum", "async_graphql", "sea_orm", "redis", "tokio", "async", "await", "Utc::now", "Instant::now"];

fn breaches(files: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for name in names(file.tokens()) {
            if FORBIDDEN.contains(&name.as_str()) {
                found.push(format!("{} names {name}", file.path.display()));
            }
        }
    }
    found
}

/// Every identifier, and every pair of identifiers that `::` joins.
fn names(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(names(group.stream())),
            TokenTree::Ident(name) => {
                found.push(name.to_string());
                if let [_, TokenTree::Punct(_), TokenTree::Punct(_), TokenTree::Ident(next), ..] = &tokens[at..] {
                    found.push(format!("{name}::{next}"));
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_core_is_pure() {
    sources::assert_none(&breaches(&sources::read("gateway/src/inventory")));
}

#[test]
fn a_clock_and_a_query_in_the_core_are_found() {
    let planted = "// redis may be named here\nfn decide() { let now = Utc::now(); sea_orm::query(now) }";
    let files = [Source::planted("decide.rs", planted)];
    assert_eq!(breaches(&files), ["decide.rs names Utc::now", "decide.rs names sea_orm"]);
}
