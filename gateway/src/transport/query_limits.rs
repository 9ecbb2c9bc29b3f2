//! Limits on the size of an operation, checked before anything else walks it: a few kilobytes of nested fragments can expand
//! to more selections than can be processed, and validation would expand them.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

/// Maximum number of tokens: names, numbers, strings and punctuation.
pub const MAX_TOKENS: u32 = 5_000;
/// Maximum number of directives.
pub const MAX_DIRECTIVES: u32 = 20;
/// Maximum number of selections with every fragment expanded.
pub const MAX_SELECTIONS: u64 = 2_000;
/// Maximum depth of a field; the introspection queries of tools reach it.
pub const MAX_DEPTH: u64 = 15;
/// Maximum number of aliases with every fragment expanded.
pub const MAX_ALIASES: u64 = 50;
/// Maximum number of root fields.
pub const MAX_ROOT_FIELDS: u64 = 20;
/// Maximum nesting of brackets. Checked before parsing, which recurses.
const MAX_BRACKETS: u32 = 64;
/// Maximum nesting of selection sets, fragments included. Walking recurses.
const MAX_SETS: u32 = 64;

/// The limit that an operation exceeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryLimitError {
    /// The text is too long to be parsed.
    #[error("the document has more than {MAX_TOKENS} tokens")]
    Tokens,
    /// Too many directives.
    #[error("the document has more than {MAX_DIRECTIVES} directives")]
    Directives,
    /// The text nests too deeply to be parsed.
    #[error("the document nests more than {MAX_BRACKETS} brackets")]
    Brackets,
    /// Fields are nested too deep.
    #[error("fields are nested more than {MAX_DEPTH} deep")]
    Depth,
    /// Too many selections.
    #[error("the operation unfolds into more than {MAX_SELECTIONS} selections")]
    Selections,
    /// Too many aliases.
    #[error("the operation unfolds into more than {MAX_ALIASES} aliases")]
    Aliases,
    /// Too many root fields.
    #[error("the operation unfolds into more than {MAX_ROOT_FIELDS} root fields")]
    RootFields,
    /// A fragment contains itself.
    #[error("the fragment {0} contains itself")]
    Circular(Name),
}

/// Checks the text before it is parsed.
///
/// # Errors
/// [`QueryLimitError::Tokens`], [`QueryLimitError::Directives`] or [`QueryLimitError::Brackets`].
pub fn check_text(query: &str) -> Result<(), QueryLimitError> {
    let (mut tokens, mut directives, mut depth) = (0_u32, 0_u32, 0_u32);
    let mut rest = query.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            // Separators are not tokens.
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                rest = after;
                continue;
            }
            b'#' => {
                rest = skip(after, |byte| !matches!(byte, b'\n' | b'\r'));
                continue;
            }
            b'"' => after_string(after),
            _ if is_word(first) => skip(after, is_word),
            _ => after,
        };
        tokens += 1;
        match first {
            b'@' => directives += 1,
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_BRACKETS {
            return Err(QueryLimitError::Brackets);
        } else if tokens > MAX_TOKENS {
            return Err(QueryLimitError::Tokens);
        } else if directives > MAX_DIRECTIVES {
            return Err(QueryLimitError::Directives);
        }
    }
    Ok(())
}

/// Whether a byte belongs to a name or number. Other than ASCII occurs only in strings and comments.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.-+".contains(&byte)
}

fn skip(text: &[u8], which: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|byte| !which(*byte)).unwrap_or(text.len());
    &text[end..]
}

/// The text after a string, from behind its first quote. The parser reports a string without an end.
fn after_string(text: &[u8]) -> &[u8] {
    let (mut text, quotes): (&[u8], &[u8]) = match text.strip_prefix(b"\"\"") {
        Some(block) => (block, b"\"\"\""),
        None => (text, b"\""),
    };
    loop {
        if let Some(after) = text.strip_prefix(quotes) {
            return after;
        }
        match text {
            [] => return text,
            // A plain string ends at the end of the line.
            [b'\n' | b'\r', ..] if quotes.len() == 1 => return text,
            [b'\\', b'"', b'"', b'"', after @ ..] if quotes.len() == 3 => text = after,
            [b'\\', _, after @ ..] if quotes.len() == 1 => text = after,
            [_, after @ ..] => text = after,
        }
    }
}

/// Checks every operation and every fragment of a document, in time linear in its text.
///
/// # Errors
/// [`QueryLimitError`].
pub fn check(document: &ExecutableDocument) -> Result<(), QueryLimitError> {
    let mut walk = Walk { document, known: HashMap::new() };
    // Unused fragments too, because validation walks them all.
    for name in document.fragments.keys() {
        walk.fragment(name, 0)?;
    }
    for (_, operation) in document.operations.iter() {
        let size = walk.set(&operation.node.selection_set.node, 0)?;
        size.check()?;
        if size.top > MAX_ROOT_FIELDS {
            return Err(QueryLimitError::RootFields);
        }
    }
    Ok(())
}

/// The size of a selection set with fragments expanded. Every number saturates.
#[derive(Clone, Copy, Default)]
struct Size {
    selections: u64,
    aliases: u64,
    depth: u64,
    /// Fields at its own level.
    top: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.top = self.top.saturating_add(other.top);
        self.depth = self.depth.max(other.depth);
    }

    fn check(self) -> Result<(), QueryLimitError> {
        if self.depth > MAX_DEPTH {
            Err(QueryLimitError::Depth)
        } else if self.selections > MAX_SELECTIONS {
            Err(QueryLimitError::Selections)
        } else if self.aliases > MAX_ALIASES {
            Err(QueryLimitError::Aliases)
        } else {
            Ok(())
        }
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    /// The size of each fragment; `None` while it is being walked.
    known: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Walk<'a> {
    fn fragment(&mut self, name: &'a Name, level: u32) -> Result<Size, QueryLimitError> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(QueryLimitError::Circular(name.clone())),
            None => {}
        }
        // Validation reports a fragment that does not exist.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.known.insert(name, None);
        let size = self.set(&fragment.node.selection_set.node, level)?;
        size.check()?;
        self.known.insert(name, Some(size));
        Ok(size)
    }

    fn set(&mut self, set: &'a SelectionSet, level: u32) -> Result<Size, QueryLimitError> {
        if level > MAX_SETS {
            return Err(QueryLimitError::Depth);
        }
        let mut size = Size::default();
        for item in &set.items {
            size.add(match &item.node {
                Selection::Field(field) => self.field(&field.node, level)?,
                Selection::FragmentSpread(spread) => {
                    one_more(self.fragment(&spread.node.fragment_name.node, level + 1)?)
                }
                Selection::InlineFragment(inline) => one_more(self.set(&inline.node.selection_set.node, level + 1)?),
            });
        }
        Ok(size)
    }

    fn field(&mut self, field: &'a Field, level: u32) -> Result<Size, QueryLimitError> {
        let below = self.set(&field.selection_set.node, level + 1)?;
        Ok(Size {
            selections: below.selections.saturating_add(1),
            aliases: below.aliases.saturating_add(u64::from(field.alias.is_some())),
            depth: below.depth + 1,
            top: 1,
        })
    }
}

/// A spread is a selection too.
fn one_more(size: Size) -> Size {
    Size { selections: size.selections.saturating_add(1), ..size }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::time::{Duration, Instant};

    use async_graphql::parser::parse_query;

    use super::*;

    fn check_query(query: &str) -> Result<(), QueryLimitError> {
        check_text(query)?;
        check(&parse_query(query).unwrap())
    }

    #[test]
    fn ordinary_operations_pass() {
        let query = "query A($x: Int) { ...F viewer { tenant { name } } } fragment F on Query { node(id: 1) { id } }";
        assert_eq!(check_query(query), Ok(()));
        assert_eq!(check_query("{ ...Missing }"), Ok(()), "for validation to name");
    }

    #[test]
    fn fragments_that_double_are_refused_at_once() {
        let mut query = "{ ...F0 }".to_owned();
        for level in 0..24 {
            let next = level + 1;
            write!(query, " fragment F{level} on Query {{ ...F{next} ...F{next} }}").unwrap();
        }
        query.push_str(" fragment F24 on Query { __typename }");
        let document = parse_query(&query).unwrap();
        let started = Instant::now();
        assert_eq!(check(&document), Err(QueryLimitError::Selections));
        assert!(started.elapsed() < Duration::from_millis(50), "{:?}", started.elapsed());
    }

    #[test]
    fn sixty_four_doublings_saturate() {
        let mut query = "{ ...F0 }".to_owned();
        for level in (0..60).rev() {
            let next = level + 1;
            write!(query, " fragment F{level} on Query {{ ...F{next} ...F{next} }}").unwrap();
        }
        query.push_str(" fragment F60 on Query { a b c }");
        assert!(check_query(&query).is_err());
    }

    #[test]
    fn fragments_in_a_circle_are_refused_used_or_not() {
        let circle = "{ a } fragment A on Query { ...B } fragment B on Query { ...A }";
        assert!(matches!(check_query(circle), Err(QueryLimitError::Circular(_))));
        assert!(matches!(
            check_query("{ ...A } fragment A on Query { x { ...A } }"),
            Err(QueryLimitError::Circular(_))
        ));
    }

    #[test]
    fn depth_counts_through_fragments_and_a_long_chain_does_not_overflow() {
        let nested = |levels: usize| format!("{{ {} x {} }}", "a { ".repeat(levels), "}".repeat(levels));
        assert_eq!(check_query(&nested(14)), Ok(()));
        assert_eq!(check_query(&nested(15)), Err(QueryLimitError::Depth));
        let mut chain = "{ ...F0 }".to_owned();
        for level in 0..700 {
            write!(chain, " fragment F{level} on Query {{ ...F{} }}", level + 1).unwrap();
        }
        assert_eq!(check_query(&chain), Err(QueryLimitError::Depth));
    }

    #[test]
    fn aliases_and_root_fields_are_counted_unfolded() {
        let aliases: String = (0..51).map(|number| format!("a{number}: x ")).collect();
        assert_eq!(check_query(&format!("{{ v {{ {aliases} }} }}")), Err(QueryLimitError::Aliases));
        let fields = "__typename ".repeat(11);
        let query = format!("{{ ...F ...F }} fragment F on Query {{ {fields} }}");
        assert_eq!(check_query(&query), Err(QueryLimitError::RootFields));
    }

    #[test]
    fn the_text_is_measured_before_parsing() {
        assert_eq!(check_text(&format!("{{ a(x: {} }}", "[".repeat(100_000))), Err(QueryLimitError::Brackets));
        assert_eq!(check_text(&"{ a } ".repeat(1_000)), Ok(()));
        assert_eq!(check_text(&"a ".repeat(5_001)), Err(QueryLimitError::Tokens));
        assert_eq!(check_text(&"a,".repeat(5_000)), Ok(()));
        assert_eq!(check_text(&format!("{{ a {} }}", "@x ".repeat(21))), Err(QueryLimitError::Directives));
    }

    #[test]
    fn what_stands_in_strings_and_comments_is_not_counted() {
        let many = "@[{ ".repeat(6_000);
        for text in [
            format!("{{ a # {many}\n }}"),
            format!(r#"{{ a(x: "{many} \" {many}") }}"#),
            format!(r#"{{ a(x: """{many} " \""" {many}""") }}"#),
            r#"{ a(x: "", y: """""" ) }"#.to_owned(),
        ] {
            assert_eq!(check_text(&text), Ok(()), "{}", &text[..20]);
        }
        let hidden = format!(r#"{{ a(x: "\\") b(y: "" ) {} }}"#, "@x ".repeat(21));
        assert_eq!(check_text(&hidden), Err(QueryLimitError::Directives), "behind a string");
        assert_eq!(check_text("{ a(x: \"never ended"), Ok(()), "for the parser to name");
        let line = format!("{{ a(x: \"never ended\n {} }}", "@x ".repeat(21));
        assert_eq!(check_text(&line), Err(QueryLimitError::Directives), "a string ends with its line");
    }

    #[test]
    fn the_introspection_of_tools_passes() {
        let type_ref = "ofType { name ".repeat(9) + &"}".repeat(9);
        let query =
            format!("query {{ __schema {{ types {{ fields {{ args {{ type {{ kind {type_ref} }} }} }} }} }} }}");
        assert_eq!(check_query(&query), Ok(()));
    }
}
