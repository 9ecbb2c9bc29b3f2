//! The cost of an operation in points: estimated before it runs, and measured after.
//!
//! | what | points |
//! |---|---|
//! | a field | 1 |
//! | a list of objects | 1, and its fields times its length |
//! | a list of plain values, such as a column of a calendar | 1 for every 10 begun |
//! | a mutation | 10 more |
//! | a night written | 1 more |
//! | the schema (`__schema`, `__type`) | 100, for any selection |
//! | a subscription | 10 more when it starts; its messages have a budget of their own |
//!
//! Estimate: the length of a list is that of its page. The page is `first`, the nights `from` through `through`, the
//! `hours`, or the properties that `where` names; of the field itself, else of the field around it, else 10. Nights written
//! are those in the ranges and stays of `input`; an undo counts 100.
//!
//! Measurement: the same over what was returned and written, and never more than the estimate. A timeout or an internal
//! error refunds nothing; an operation that was refused before it ran is free.

mod arguments;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Value as ConstValue, Variables};

use self::arguments::Arguments;
use self::schema::{FieldType, SCHEMA};
use crate::limits::Budget;

/// Points of a mutation, in addition to its fields and nights.
const MUTATION: u64 = 10;
/// Points of the start of a subscription.
const SUBSCRIPTION: u64 = 10;
/// Points of `__schema` or `__type`.
const INTROSPECTION: u64 = 100;
/// Assumed length of a list of unknown length.
const LENGTH: u64 = 10;
/// Plain values per point.
const VALUES: u64 = 10;
/// Maximum depth of the walk; deeper operations are already refused.
const DEEPEST: u32 = 200;

/// The estimated cost of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Fields, with every list at its maximum length.
    fields: u64,
    /// Mutations, and the start of a subscription.
    flat: u64,
    /// Nights to be written.
    nights: u64,
}

impl Cost {
    /// Estimates an operation. Never fails: fields outside the schema cost little, and validation refuses them.
    pub fn of(document: &ExecutableDocument, operation: &OperationDefinition, variables: &Variables) -> Self {
        let root = SCHEMA.root(operation.ty);
        let defaults = operation
            .variable_definitions
            .iter()
            .filter_map(|definition| {
                let definition = &definition.node;
                Some((definition.name.node.clone(), definition.default_value.as_ref()?.node.clone()))
            })
            .collect();
        let mut walk = Walk { document, values: Values { variables, defaults }, fragments: HashMap::new() };
        let size = walk.set(root, &operation.selection_set.node, 0);
        let roots = size.roots;
        let flat = match operation.ty {
            OperationType::Query => 0,
            OperationType::Mutation => MUTATION.saturating_mul(roots),
            OperationType::Subscription => SUBSCRIPTION.saturating_mul(roots),
        };
        Self { fields: size.points(None), flat, nights: size.nights }
    }

    /// The sum.
    pub fn requested(self) -> u64 {
        self.fields.saturating_add(self.flat).saturating_add(self.nights)
    }

    /// The measured cost, from the response and the number of nights written. Never more than the estimate.
    pub fn actual(self, data: &ConstValue, nights_written: u64) -> u64 {
        let fields = returned(data).min(self.fields);
        fields.saturating_add(self.flat).saturating_add(nights_written.min(self.nights))
    }
}

/// The budget that pays for a kind of operation.
pub fn budget(kind: OperationType) -> Budget {
    match kind {
        OperationType::Mutation => Budget::Writes,
        OperationType::Query | OperationType::Subscription => Budget::Reads,
    }
}

/// Points of a response.
fn returned(value: &ConstValue) -> u64 {
    match value {
        ConstValue::Object(fields) => fields.values().map(field_returned).sum(),
        ConstValue::List(items) => items.iter().map(returned).sum(),
        _ => 0,
    }
}

fn field_returned(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(items) if !items.iter().any(is_composite) => values(items.len() as u64),
        other => 1 + returned(other),
    }
}

fn is_composite(value: &ConstValue) -> bool {
    matches!(value, ConstValue::Object(_) | ConstValue::List(_))
}

/// Points of a list of plain values.
fn values(length: u64) -> u64 {
    length.div_ceil(VALUES).max(1)
}

/// The cost of a selection set as a function of the page around it. Every number saturates.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    /// Points independent of the page.
    fixed: u64,
    /// Points per item of the page: below lists without a page of their own.
    rows: u64,
    /// Lists of plain values, as long as the page.
    columns: u64,
    /// Fields at its own level.
    roots: u64,
    /// Nights written by them.
    nights: u64,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.fixed = self.fixed.saturating_add(other.fixed);
        self.rows = self.rows.saturating_add(other.rows);
        self.columns = self.columns.saturating_add(other.columns);
        self.roots = self.roots.saturating_add(other.roots);
        self.nights = self.nights.saturating_add(other.nights);
    }

    fn points(self, page: Option<u64>) -> u64 {
        let page = page.unwrap_or(LENGTH);
        let (rows, columns) = (self.rows.saturating_mul(page), self.columns.saturating_mul(values(page)));
        self.fixed.saturating_add(rows).saturating_add(columns)
    }

    fn one(fixed: u64) -> Self {
        Self { fixed, roots: 1, ..Self::default() }
    }
}

/// The variables of the operation.
struct Values<'a> {
    variables: &'a Variables,
    defaults: HashMap<Name, ConstValue>,
}

impl Values<'_> {
    fn get(&self, name: &Name) -> Option<&ConstValue> {
        self.variables.get(name).or_else(|| self.defaults.get(name))
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    values: Values<'a>,
    /// The cost of each fragment; `None` while it is being walked.
    fragments: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Walk<'a> {
    fn set(&mut self, parent: &str, set: &'a SelectionSet, level: u32) -> Size {
        let mut size = Size::default();
        if level > DEEPEST {
            return size;
        }
        for item in &set.items {
            size.add(match &item.node {
                Selection::Field(field) => self.field(parent, &field.node, level),
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level + 1),
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.set(on.unwrap_or(parent), &inline.node.selection_set.node, level + 1)
                }
            });
        }
        size
    }

    fn fragment(&mut self, name: &'a Name, level: u32) -> Size {
        match self.fragments.get(name) {
            Some(Some(size)) => return *size,
            // A fragment that contains itself is already refused.
            Some(None) => return Size::default(),
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else { return Size::default() };
        self.fragments.insert(name, None);
        let on = fragment.node.type_condition.node.on.node.as_str();
        let size = self.set(on, &fragment.node.selection_set.node, level);
        self.fragments.insert(name, Some(size));
        size
    }

    fn field(&mut self, parent: &str, field: &'a Field, level: u32) -> Size {
        let name = field.name.node.as_str();
        if matches!(name, "__schema" | "__type") {
            return Size::one(INTROSPECTION);
        }
        let Some(definition) = SCHEMA.field(parent, name) else {
            // `__typename`, or an unknown field, which validation refuses.
            let below = self.set("", &field.selection_set.node, level + 1);
            return Size::one(below.points(None).saturating_add(1));
        };
        let arguments = Arguments { field, definition, values: &self.values };
        let nights = if parent == SCHEMA.mutation { arguments.nights_written() } else { 0 };
        // The arguments of a subscription select what it watches; they do not limit one message.
        let page = if parent == SCHEMA.subscription { None } else { arguments.page() };
        let FieldType { is_list, ref named, is_leaf, .. } = *definition;
        let size = if is_leaf {
            match (is_list, page) {
                (false, _) => Size::one(1),
                (true, Some(page)) => Size::one(values(page)),
                (true, None) => Size { columns: 1, ..Size::one(0) },
            }
        } else {
            let below = self.set(named, &field.selection_set.node, level + 1);
            match (is_list, page) {
                (false, page) => Size::one(below.points(page).saturating_add(1)),
                (true, Some(page)) => Size::one(below.points(None).saturating_mul(page).saturating_add(1)),
                (true, None) => Size { rows: below.points(None), ..Size::one(1) },
            }
        };
        Size { nights, ..size }
    }
}
