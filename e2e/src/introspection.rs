//! The schema, read by introspection, for tests that cover every field and every argument.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::Client;

const DESCRIBE: &str = "{ __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types {
    kind name possibleTypes { name } enumValues { name }
    fields(includeDeprecated: true) { name type { ...T } args { ...A } }
    inputFields { ...A }
  } } }
fragment A on __InputValue { name defaultValue type { ...T } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// All types, with their fields and arguments.
#[derive(Clone, Debug)]
pub struct Schema {
    types: Value,
    sdl: String,
}

/// A field of an object.
#[derive(Clone, Debug)]
pub struct Field {
    /// The object.
    pub parent: String,
    /// The name.
    pub name: String,
    /// The arguments.
    pub arguments: Vec<Argument>,
    /// The type, without lists and non-null marks.
    pub type_name: String,
}

impl Field {
    /// `Type.field`.
    pub fn coordinate(&self) -> String {
        format!("{}.{}", self.parent, self.name)
    }
}

/// An argument, or a field of an input object.
#[derive(Clone, Debug)]
pub struct Argument {
    /// `Type.field(argument:)` or `Input.field`.
    pub coordinate: String,
    /// The name.
    pub name: String,
    /// The type in GraphQL notation.
    pub type_text: String,
    /// The type, without lists and non-null marks.
    pub type_name: String,
    /// True when a call without it is refused.
    pub is_required: bool,
    /// True when it takes a list.
    pub is_list: bool,
}

impl Schema {
    /// Reads the schema of the gateway by introspection; `sdl` is its text.
    ///
    /// # Panics
    /// When the gateway does not respond.
    pub async fn of(client: &Client, sdl: String) -> Self {
        let data =
            client.query(DESCRIBE, &json!({})).await.unwrap_or_else(|error| panic!("introspection failed: {error}"));
        Self { types: data["__schema"].clone(), sdl }
    }

    /// The fields of a root: `query`, `mutation` or `subscription`.
    pub fn root(&self, operation: &str) -> Vec<Field> {
        let name = self.types[format!("{operation}Type")]["name"].as_str().unwrap_or_default();
        self.fields(name)
    }

    /// The fields of an object or interface; empty for other types.
    pub fn fields(&self, name: &str) -> Vec<Field> {
        let fields = list(&self.named(name)["fields"]);
        fields
            .iter()
            .map(|field| Field {
                parent: name.to_owned(),
                name: text(&field["name"]),
                type_name: base(&field["type"]),
                arguments: list(&field["args"])
                    .iter()
                    .map(|argument| {
                        let coordinate = format!("{name}.{}({}:)", text(&field["name"]), text(&argument["name"]));
                        Argument::of(coordinate, argument)
                    })
                    .collect(),
            })
            .collect()
    }

    /// The fields of an input object; empty for other types.
    pub fn input_fields(&self, name: &str) -> Vec<Argument> {
        let fields = list(&self.named(name)["inputFields"]);
        fields.iter().map(|field| Argument::of(format!("{name}.{}", text(&field["name"])), field)).collect()
    }

    /// True when an input object takes exactly one of its fields.
    pub fn is_one_of(&self, name: &str) -> bool {
        self.sdl.contains(&format!("input {name} @oneOf"))
    }

    /// The values of an enum, or the possible types of an interface or union.
    pub fn members(&self, name: &str) -> Vec<String> {
        let named = self.named(name);
        let members = if named["enumValues"].is_array() { &named["enumValues"] } else { &named["possibleTypes"] };
        list(members).iter().map(|member| text(&member["name"])).collect()
    }

    /// The objects that have fields with arguments, without the roots.
    pub fn objects_with_arguments(&self) -> BTreeSet<String> {
        let roots: Vec<String> =
            ["query", "mutation", "subscription"].map(|root| text(&self.types[format!("{root}Type")]["name"])).into();
        let own =
            list(&self.types["types"]).into_iter().filter(|one| one["kind"] == "OBJECT").map(|one| text(&one["name"]));
        own.filter(|name| !name.starts_with("__") && !roots.contains(name))
            .filter(|name| self.fields(name).iter().any(|field| !field.arguments.is_empty()))
            .collect()
    }

    /// Every argument and every input field.
    pub fn arguments(&self) -> Vec<Argument> {
        let names =
            list(&self.types["types"]).into_iter().map(|one| text(&one["name"])).filter(|name| !name.starts_with("__"));
        names
            .flat_map(|name| {
                let fields = self.fields(&name).into_iter().flat_map(|field| field.arguments);
                fields.chain(self.input_fields(&name)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// A selection of all fields of a type that need no argument, `depth` objects deep.
    pub fn selection(&self, name: &str, depth: usize) -> String {
        let fields = match &*self.kind(name) {
            "INTERFACE" | "UNION" => {
                // Fields of one name may differ in type, so each field gets an alias.
                let parts = self.members(name).into_iter().map(|member| {
                    let fields = self.object_fields(&member, depth);
                    let named = fields.iter().map(|(field, rest)| format!("{member}_{field}: {field}{rest}"));
                    format!("... on {member} {{ {} }}", named.collect::<Vec<_>>().join(" "))
                });
                parts.collect::<Vec<_>>().join(" ")
            }
            _ => self
                .object_fields(name, depth)
                .iter()
                .map(|(field, rest)| format!("{field}{rest}"))
                .collect::<Vec<_>>()
                .join(" "),
        };
        format!(" {{ __typename {fields} }}")
    }

    fn object_fields(&self, name: &str, depth: usize) -> Vec<(String, String)> {
        let fields = self.fields(name).into_iter().filter(|field| !field.arguments.iter().any(|one| one.is_required));
        fields
            .filter_map(|field| match &*self.kind(&field.type_name) {
                "SCALAR" | "ENUM" => Some((field.name, String::new())),
                // The list of nodes beside the edges has the same node.
                _ if name.ends_with("Edge") || depth == 0 => None,
                _ => {
                    // Wrappers of other objects do not count as a level.
                    let step = usize::from(!["Connection", "Payload", "History"].iter().any(|end| name.ends_with(end)));
                    Some((field.name, self.selection(&field.type_name, depth - step)))
                }
            })
            .collect()
    }

    /// `SCALAR`, `OBJECT` and so on.
    pub fn kind(&self, name: &str) -> String {
        text(&self.named(name)["kind"])
    }

    fn named(&self, name: &str) -> &Value {
        let found = self.types["types"].as_array().into_iter().flatten().find(|one| one["name"] == name);
        found.unwrap_or(&Value::Null)
    }
}

impl Argument {
    fn of(coordinate: String, value: &Value) -> Self {
        let type_text = type_text(&value["type"]);
        Self {
            coordinate,
            name: text(&value["name"]),
            type_name: base(&value["type"]),
            is_required: type_text.ends_with('!') && value["defaultValue"].is_null(),
            is_list: type_text.starts_with('['),
            type_text,
        }
    }
}

fn base(value: &Value) -> String {
    if value["ofType"].is_null() { text(&value["name"]) } else { base(&value["ofType"]) }
}

fn type_text(value: &Value) -> String {
    match value["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", type_text(&value["ofType"])),
        Some("LIST") => format!("[{}]", type_text(&value["ofType"])),
        _ => text(&value["name"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
