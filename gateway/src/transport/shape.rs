//! How large an operation is, before anything walks it: a few kilobytes of fragments can unfold into more selections
//! than there is time for, and validation alone would unfold them.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

/// Most selections with every fragment unfolded.
pub const MOST_SELECTIONS: u64 = 10_000;
/// Deepest field.
pub const DEEPEST: u64 = 15;
/// Most aliases with every fragment unfolded.
pub const MOST_ALIASES: u64 = 100;
/// Most fields of the root.
pub const MOST_ROOT_FIELDS: u64 = 50;
/// Brackets in brackets, in the text. Looked at before parsing, which recurses.
const DEEPEST_BRACKETS: u32 = 64;
/// Selection sets within selection sets, in the text and through fragments. Walking recurses.
const DEEPEST_SETS: u32 = 64;

/// Why an operation is too large.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// The text nests too deeply to be parsed.
    #[error("the document nests more than {DEEPEST_BRACKETS} brackets")]
    Brackets,
    /// Fields lie too deep.
    #[error("fields are nested more than {DEEPEST} deep")]
    Depth,
    /// Too much with every fragment unfolded.
    #[error("the operation unfolds into more than {MOST_SELECTIONS} selections")]
    Selections,
    /// Too many aliases.
    #[error("the operation unfolds into more than {MOST_ALIASES} aliases")]
    Aliases,
    /// Too much at the root.
    #[error("the operation unfolds into more than {MOST_ROOT_FIELDS} root fields")]
    RootFields,
    /// A fragment contains itself.
    #[error("the fragment {0} contains itself")]
    Circular(Name),
}

/// Checks the text before it is parsed.
///
/// # Errors
/// [`ShapeError::Brackets`].
pub fn check_text(query: &str) -> Result<(), ShapeError> {
    let mut depth = 0_u32;
    // Brackets in strings and comments count too: nobody writes that many.
    for byte in query.bytes() {
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > DEEPEST_BRACKETS {
                    return Err(ShapeError::Brackets);
                }
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Checks every operation and every fragment of a document, in time linear in its text.
///
/// # Errors
/// [`ShapeError`].
pub fn check(document: &ExecutableDocument) -> Result<(), ShapeError> {
    let mut walk = Walk { document, known: HashMap::new() };
    // Those that no operation uses too: validation walks them all.
    for name in document.fragments.keys() {
        walk.fragment(name, 0)?;
    }
    for (_, operation) in document.operations.iter() {
        let size = walk.set(&operation.node.selection_set.node, 0)?;
        size.check()?;
        if size.top > MOST_ROOT_FIELDS {
            return Err(ShapeError::RootFields);
        }
    }
    Ok(())
}

/// What a selection set comes to, fragments unfolded. Every number saturates.
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

    fn check(self) -> Result<(), ShapeError> {
        if self.depth > DEEPEST {
            Err(ShapeError::Depth)
        } else if self.selections > MOST_SELECTIONS {
            Err(ShapeError::Selections)
        } else if self.aliases > MOST_ALIASES {
            Err(ShapeError::Aliases)
        } else {
            Ok(())
        }
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    /// Each fragment once; `None` while it is being walked.
    known: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Walk<'a> {
    fn fragment(&mut self, name: &'a Name, level: u32) -> Result<Size, ShapeError> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(ShapeError::Circular(name.clone())),
            None => {}
        }
        // One that does not exist is for validation to name.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.known.insert(name, None);
        let size = self.set(&fragment.node.selection_set.node, level)?;
        size.check()?;
        self.known.insert(name, Some(size));
        Ok(size)
    }

    fn set(&mut self, set: &'a SelectionSet, level: u32) -> Result<Size, ShapeError> {
        if level > DEEPEST_SETS {
            return Err(ShapeError::Depth);
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

    fn field(&mut self, field: &'a Field, level: u32) -> Result<Size, ShapeError> {
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

    fn check_query(query: &str) -> Result<(), ShapeError> {
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
        assert_eq!(check(&document), Err(ShapeError::Selections));
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
        assert!(matches!(check_query(circle), Err(ShapeError::Circular(_))));
        assert!(matches!(check_query("{ ...A } fragment A on Query { x { ...A } }"), Err(ShapeError::Circular(_))));
    }

    #[test]
    fn depth_counts_through_fragments_and_a_long_chain_does_not_overflow() {
        let nested = |levels: usize| format!("{{ {} x {} }}", "a { ".repeat(levels), "}".repeat(levels));
        assert_eq!(check_query(&nested(14)), Ok(()));
        assert_eq!(check_query(&nested(15)), Err(ShapeError::Depth));
        let mut chain = "{ ...F0 }".to_owned();
        for level in 0..5_000 {
            write!(chain, " fragment F{level} on Query {{ ...F{} }}", level + 1).unwrap();
        }
        assert_eq!(check_query(&chain), Err(ShapeError::Depth));
    }

    #[test]
    fn aliases_and_root_fields_are_counted_unfolded() {
        let aliases: String = (0..101).map(|number| format!("a{number}: x ")).collect();
        assert_eq!(check_query(&format!("{{ v {{ {aliases} }} }}")), Err(ShapeError::Aliases));
        let fields = "__typename ".repeat(26);
        let query = format!("{{ ...F ...F }} fragment F on Query {{ {fields} }}");
        assert_eq!(check_query(&query), Err(ShapeError::RootFields));
    }

    #[test]
    fn brackets_are_counted_before_parsing() {
        assert_eq!(check_text(&format!("{{ a(x: {} }}", "[".repeat(100_000))), Err(ShapeError::Brackets));
        assert_eq!(check_text(&"{ a } ".repeat(1_000)), Ok(()));
    }
}
