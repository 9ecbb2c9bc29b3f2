//! Source files as tokens. Comments are gone; doc comments are attributes; test modules are left out on request.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One source file.
pub struct Source {
    /// Path below the folder that was read, such as `writer/lane.rs`.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A file that exists only in a test.
    pub fn planted(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.to_owned() }
    }

    /// Module path within the crate: `["writer", "lane"]` for `writer/lane.rs` and `["writer"]` for `writer/mod.rs`.
    pub fn module(&self) -> Vec<String> {
        let mut parts: Vec<String> =
            self.path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            parts.pop();
        }
        parts
    }

    /// Whether the file holds tests only.
    pub fn is_test(&self) -> bool {
        self.module().iter().any(|part| part == "tests")
    }

    /// All tokens.
    pub fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }
}

/// Folder of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All Rust files below a folder of the workspace.
///
/// # Panics
/// When there are none: a check over nothing would always pass.
pub fn read(folder: &str) -> Vec<Source> {
    let root = workspace().join(folder);
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(!found.is_empty(), "{folder} has no source files");
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push(Source { path: path.strip_prefix(root).unwrap().to_path_buf(), text });
        }
    }
}

/// # Panics
/// When there are breaches, with one line per breach.
pub fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breaches:\n{}", breaches.len(), breaches.join("\n"));
}

/// The tokens without the bodies of `#[cfg(test)]` modules.
pub fn without_tests(tokens: TokenStream) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let is_body = matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        if is_body && opens_test_module(&kept) {
            continue;
        }
        kept.push(token);
    }
    kept.into_iter().collect()
}

/// Whether the tokens end with `#[cfg(test)] mod name` (a visibility may stand in between).
fn opens_test_module(before: &[TokenTree]) -> bool {
    let [.., keyword, _name] = before else { return false };
    if keyword.to_string() != "mod" {
        return false;
    }
    let attribute = before.iter().rev().skip(2).find(|token| {
        matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
            || matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';')
            || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    });
    attribute.is_some_and(|token| token.to_string().replace(' ', "") == "[cfg(test)]")
}
