//! Names and texts keep to the glossary (`docs/glossary.md`): words that stood for its terms do not come back.
//!
//! Identifiers of every crate are checked, and the texts that people read: string literals of the portal, the pages
//! around it, GraphiQL's additions, and the descriptions of the schema.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use crate::sources::{self, Source};

/// Words that are not ours, with the term to use.
const FOREIGN: &[(&str, &str)] = &[
    ("gesture", "change set"),
    ("slip", "unusual edit"),
    ("grave", "destructive"),
    ("door", "listener or sign-in"),
    ("told", "delivered or named"),
    ("heard", "received"),
    ("wish", "pending change or request"),
    ("spot", "cell key"),
    ("hands", "input controller"),
    ("desk", "state"),
    ("machine", "API client"),
];

const CRATES: &[&str] = &[
    "gateway/src",
    "gateway/tests",
    "entities/src",
    "migrations/src",
    "portal/src",
    "e2e/src",
    "e2e/tests",
    "xtask/src",
];

/// Files of plain text or markup that people read in a browser.
const PAGES: &[&str] = &["portal/index.html", "portal/schema.graphql", "graphiql/index.html"];

/// The foreign word that a word is, its plural included.
fn foreign(word: &str) -> Option<(&'static str, &'static str)> {
    let word = word.to_lowercase();
    FOREIGN
        .iter()
        .copied()
        .find(|(foreign, _)| word.strip_prefix(foreign).is_some_and(|ending| matches!(ending, "" | "s" | "es")))
}

/// The words of an identifier: `is_slip`, `SlipKind` and `SLIP` all hold `slip`.
fn identifier_words(identifier: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_after_lower = false;
    for letter in identifier.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && is_after_lower) {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().unwrap().push(letter.to_ascii_lowercase());
        }
        is_after_lower = letter.is_lowercase();
    }
    words
}

/// The foreign words of a text for people.
fn text_words(text: &str) -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<_> = text.split(|letter: char| !letter.is_alphanumeric()).filter_map(foreign).collect();
    if text.to_lowercase().contains("the trade") {
        found.push(("the trade", "partners"));
    }
    found
}

fn identifier_breaches(file: &Source) -> Vec<String> {
    let mut found = Vec::new();
    visit(file.tokens(), &mut |token| {
        if let TokenTree::Ident(name) = token {
            for (word, term) in identifier_words(&name.to_string()).iter().filter_map(|word| foreign(word)) {
                found.push(format!("{}: `{name}` holds \"{word}\"; say {term}", file.path.display()));
            }
        }
    });
    found
}

/// String literals, doc comments left out.
fn literal_breaches(file: &Source) -> Vec<String> {
    let mut found = Vec::new();
    visit(without_docs(file.tokens()), &mut |token| {
        if let TokenTree::Literal(literal) = token {
            let text = literal.to_string();
            if text.starts_with(['"', 'r']) {
                for (word, term) in text_words(&text) {
                    found.push(format!("{}: {text} holds \"{word}\"; say {term}", file.path.display()));
                }
            }
        }
    });
    found
}

fn visit(tokens: TokenStream, act: &mut impl FnMut(&TokenTree)) {
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            visit(group.stream(), act);
        }
        act(&token);
    }
}

/// The tokens without `#[doc = "…"]`, as which doc comments appear.
fn without_docs(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Group(group) => {
                let is_doc = matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc");
                let kept = proc_macro2::Group::new(group.delimiter(), without_docs(group.stream()));
                (!is_doc).then_some(TokenTree::Group(kept))
            }
            other => Some(other),
        })
        .collect()
}

#[test]
fn identifiers_keep_to_the_glossary() {
    let files = CRATES.iter().flat_map(|folder| sources::read(folder));
    let found: Vec<String> = files.flat_map(|file| identifier_breaches(&file)).collect();
    sources::assert_none(&found);
}

#[test]
fn texts_keep_to_the_glossary() {
    let mut found: Vec<String> = sources::read("portal/src").iter().flat_map(literal_breaches).collect();
    let mut check = |name: &str, text: &str| {
        for (at, line) in text.lines().enumerate() {
            found.extend(
                text_words(line).iter().map(|(word, term)| format!("{name}:{}: \"{word}\"; say {term}", at + 1)),
            );
        }
    };
    for page in PAGES {
        check(page, &std::fs::read_to_string(sources::workspace().join(page)).unwrap());
    }
    let scripts = sources::workspace().join("graphiql/src");
    for entry in std::fs::read_dir(&scripts).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(sources::workspace()).unwrap_or(Path::new("graphiql")).display().to_string();
        check(&name, &std::fs::read_to_string(&path).unwrap());
    }
    sources::assert_none(&found);
}

#[test]
fn a_planted_word_is_found() {
    let file = Source::planted(
        "a.rs",
        "/// A machine may stand here.\nfn is_slip(hotelDesk: Wishes) { say(\"The machines\"); }",
    );
    let names = identifier_breaches(&file);
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(literal_breaches(&file), ["a.rs: \"The machines\" holds \"machine\"; say API client"]);
    assert_eq!(text_words("What the trade has heard"), [("heard", "received"), ("the trade", "partners")]);
    assert_eq!(text_words("A desktop, an outdoor pool"), []);
}
