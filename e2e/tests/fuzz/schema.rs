//! The schema, read by introspection.

use std::collections::HashMap;

use serde_json::Value;

/// The introspection query.
pub const INTROSPECTION: &str = "{ __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types { name kind
    fields { name args { ...Input } type { ...Ref } }
    inputFields { ...Input } enumValues { name } possibleTypes { name } } } }
fragment Input on __InputValue { name defaultValue type { ...Ref } }
fragment Ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }";

/// All types by name, and the roots.
pub struct Schema {
    pub types: HashMap<String, Type>,
    /// The roots of queries, mutations and subscriptions.
    pub roots: [String; 3],
}

/// A named type; the fields that do not apply to its kind are empty.
pub struct Type {
    pub kind: String,
    pub fields: Vec<Field>,
    pub inputs: Vec<Input>,
    pub values: Vec<String>,
    pub possible: Vec<String>,
}

/// A field of an object or interface.
pub struct Field {
    pub name: String,
    pub arguments: Vec<Input>,
    pub of: Ref,
}

/// An argument or a field of an input.
pub struct Input {
    pub name: String,
    pub of: Ref,
    pub has_default: bool,
}

/// A type with its wrappers.
#[derive(Clone, Debug)]
pub enum Ref {
    Named(String),
    List(Box<Ref>),
    NonNull(Box<Ref>),
}

impl Ref {
    /// The type inside the wrappers.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::List(inner) | Self::NonNull(inner) => inner.name(),
        }
    }
}

impl std::fmt::Display for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::List(inner) => write!(f, "[{inner}]"),
            Self::NonNull(inner) => write!(f, "{inner}!"),
        }
    }
}

impl Schema {
    /// Reads the response to [`INTROSPECTION`].
    pub fn read(data: &Value) -> Self {
        let schema = &data["__schema"];
        let roots = ["queryType", "mutationType", "subscriptionType"].map(|root| text(&schema[root]["name"]));
        let types = list(&schema["types"], |of| (text(&of["name"]), of_type(of))).into_iter().collect();
        Self { types, roots }
    }
}

fn of_type(of: &Value) -> Type {
    let names = |of: &Value| list(of, |item| text(&item["name"]));
    Type {
        kind: text(&of["kind"]),
        fields: list(&of["fields"], |field| Field {
            name: text(&field["name"]),
            arguments: list(&field["args"], input),
            of: reference(&field["type"]),
        }),
        inputs: list(&of["inputFields"], input),
        values: names(&of["enumValues"]),
        possible: names(&of["possibleTypes"]),
    }
}

fn input(of: &Value) -> Input {
    Input { name: text(&of["name"]), of: reference(&of["type"]), has_default: of["defaultValue"].is_string() }
}

fn reference(of: &Value) -> Ref {
    match of["kind"].as_str() {
        Some("NON_NULL") => Ref::NonNull(Box::new(reference(&of["ofType"]))),
        Some("LIST") => Ref::List(Box::new(reference(&of["ofType"]))),
        _ => Ref::Named(text(&of["name"])),
    }
}

fn list<T>(of: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    of.as_array().into_iter().flatten().map(read).collect()
}

fn text(of: &Value) -> String {
    of.as_str().unwrap_or_default().to_owned()
}
