//! Imports run one way: every top-level module of a crate has a rank, and names only modules of a lower rank.
//!
//! The order is total, so a circle of any length breaks it as well.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};

use crate::sources::{self, Source};

/// The gateway's modules, lowest first.
const GATEWAY: &[&str] = &[
    "inventory",
    "clock",
    "fair_semaphore",
    "redis",
    "limits",
    "auth",
    "config",
    "telemetry",
    "database",
    "persisted_documents",
    "presence",
    "portal_assets",
    "journal",
    "cache",
    "feed",
    "writer",
    "app",
    "graphql",
    "transport",
    "server",
    "commands",
];

/// The portal's modules, lowest first.
const PORTAL: &[&str] = &["domain", "browser", "api", "ui", "state", "live", "app", "panels", "pages", "root"];

/// The test library's modules, lowest first.
const E2E: &[&str] = &[
    "process",
    "jws",
    "nodejs",
    "metrics",
    "private_servers",
    "postgres",
    "redis",
    "proxy",
    "load",
    "client",
    "websocket",
    "sse",
    "cli_tokens",
    "gateway",
    "backend",
    "identity_provider",
    "introspection",
    "password_sign_in",
    "browser",
    "graphiql",
    "stories",
    "portal",
    "replay",
];

/// An import that breaks the order, as a line for the report.
pub fn breaches(order: &[&str], files: &[Source]) -> Vec<String> {
    let rank: BTreeMap<&str, usize> = order.iter().enumerate().map(|(rank, name)| (*name, rank)).collect();
    let mut found = BTreeSet::new();
    for file in files.iter().filter(|file| !file.is_test()) {
        let module = file.module();
        // Programs in `bin/` are crates of their own.
        let Some(from) = module.first().filter(|name| *name != "bin") else { continue };
        let Some(own) = rank.get(from.as_str()) else {
            found.insert(format!("{from} has no place in the order"));
            continue;
        };
        for name in named_modules(&module, sources::without_tests(file.tokens())) {
            match rank.get(name.as_str()) {
                // Its own module, or an item of the crate's root.
                _ if name == *from || name.starts_with(char::is_uppercase) => {}
                Some(other) if other < own => {}
                Some(_) => {
                    found.insert(format!("{}: {from} imports {name}, which is above it", file.path.display()));
                }
                None => {
                    found.insert(format!("{}: {name} has no place in the order", file.path.display()));
                }
            }
        }
    }
    found.into_iter().collect()
}

/// The top-level modules that a file names, in `use` lines and in paths, those inside macros included.
fn named_modules(module: &[String], tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(module, &tokens.into_iter().collect::<Vec<_>>(), &mut found);
    found
}

fn walk(module: &[String], tokens: &[TokenTree], found: &mut BTreeSet<String>) {
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            walk(module, &group.stream().into_iter().collect::<Vec<_>>(), found);
        }
        let TokenTree::Ident(head) = token else { continue };
        let head = head.to_string();
        if !matches!(head.as_str(), "crate" | "super") || follows_path(tokens, at) {
            continue;
        }
        let base = if head == "crate" { Vec::new() } else { module[..module.len() - 1].to_vec() };
        follow(&base, &tokens[at + 1..], found);
    }
}

/// Whether the token at `at` continues a path, as `super` does in `super::super`.
fn follows_path(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(punct) if punct.as_char() == ':')
}

/// Follows a path from `base` until it names a top-level module.
fn follow(base: &[String], rest: &[TokenTree], found: &mut BTreeSet<String>) {
    if let Some(top) = base.first() {
        // Somewhere below the file's own top-level module, or another that was named before.
        if !matches!(rest, [_, _, TokenTree::Ident(next), ..] if next == "super") {
            found.insert(top.clone());
            return;
        }
    }
    let [TokenTree::Punct(first), TokenTree::Punct(second), next, ..] = rest else { return };
    if first.as_char() != ':' || second.as_char() != ':' {
        return;
    }
    match next {
        TokenTree::Ident(name) if name == "super" => {
            let base = base.split_last().map_or(&[][..], |(_, parents)| parents);
            follow(base, &rest[3..], found);
        }
        TokenTree::Ident(name) => {
            found.insert(name.to_string());
        }
        TokenTree::Group(group) => {
            // `crate::{a, b::c}`: the first identifier of each element.
            let mut is_first = true;
            for token in group.stream() {
                match token {
                    TokenTree::Punct(punct) if punct.as_char() == ',' => is_first = true,
                    TokenTree::Ident(name) if is_first => {
                        found.insert(name.to_string());
                        is_first = false;
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_gateway_imports_one_way() {
    sources::assert_none(&breaches(GATEWAY, &sources::read("gateway/src")));
}

#[test]
fn the_portal_imports_one_way() {
    sources::assert_none(&breaches(PORTAL, &sources::read("portal/src")));
}

#[test]
fn the_test_library_imports_one_way() {
    sources::assert_none(&breaches(E2E, &sources::read("e2e/src")));
}

#[test]
fn an_upward_import_is_found() {
    let files = [
        Source::planted("journal/mod.rs", "pub mod events;"),
        Source::planted("journal/events.rs", "use super::rows; use crate::{clock, writer::Writer};"),
        Source::planted("writer/mod.rs", "use crate::journal::events;"),
        Source::planted("clock.rs", ""),
    ];
    let expected = ["journal/events.rs: journal imports writer, which is above it"];
    assert_eq!(breaches(&["clock", "journal", "writer"], &files), expected);
}

#[test]
fn a_circle_of_three_modules_is_found() {
    let files = [
        Source::planted("a.rs", "use crate::b::B;"),
        Source::planted("b/inner.rs", "fn f() { super::super::c::g(); }"),
        Source::planted("c.rs", "fn g() { view! { <p>{crate::a::name()}</p> } }"),
    ];
    for order in [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["c", "b", "a"]] {
        assert!(!breaches(&order, &files).is_empty(), "{order:?} allows a circle");
    }
    assert_eq!(breaches(&["c", "b", "a"], &files), ["c.rs: c imports a, which is above it"]);
}

#[test]
fn a_module_without_a_place_in_the_order_is_found() {
    let files = [Source::planted("helpers.rs", "")];
    assert_eq!(breaches(&["clock"], &files), ["helpers has no place in the order"]);
}

#[test]
fn imports_of_tests_do_not_count() {
    let files = [Source::planted("clock.rs", "#[cfg(test)] mod tests { use crate::writer::Writer; }")];
    assert_eq!(breaches(&["clock", "writer"], &files), Vec::<String>::new());
}
