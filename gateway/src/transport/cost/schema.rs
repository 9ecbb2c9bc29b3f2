//! The part of the schema that the cost depends on: the type of each field, and whether it is a list.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use async_graphql::Value as ConstValue;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, OperationType, Type, TypeKind, TypeSystemDefinition};

use crate::graphql;

/// The served schema.
pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::read(&graphql::sdl()));

/// A field.
#[derive(Debug)]
pub(super) struct FieldType {
    /// The type, without lists.
    pub(super) named: String,
    /// Whether it is a list.
    pub(super) is_list: bool,
    /// Whether it has no fields of its own.
    pub(super) is_leaf: bool,
    /// The length of the list, where no argument gives it.
    pub(super) length: Option<u64>,
    /// Arguments that have a default.
    pub(super) defaults: HashMap<String, ConstValue>,
    /// The names of its arguments.
    #[cfg(test)]
    pub(super) arguments: Vec<String>,
}

/// Fields by type and name.
pub(super) struct Schema {
    query: String,
    pub(super) mutation: String,
    pub(super) subscription: String,
    pub(super) types: HashMap<String, HashMap<String, FieldType>>,
    /// The possible types of an abstract type.
    #[cfg(test)]
    pub(super) members: HashMap<String, Vec<String>>,
}

/// Lists of a known length without an argument.
fn length(parent: &str, field: &str) -> Option<u64> {
    match (parent, field) {
        ("Query", "apiClients") => Some(200),
        ("RateLimit", "minutes") => Some(60),
        _ => None,
    }
}

impl Schema {
    /// Parses a schema. With an invalid one every field would cost the same; a test parses the served schema.
    fn read(sdl: &str) -> Self {
        let mut schema = Self {
            query: String::new(),
            mutation: String::new(),
            subscription: String::new(),
            types: HashMap::new(),
            #[cfg(test)]
            members: HashMap::new(),
        };
        let definitions = parse_schema(sdl).map(|document| document.definitions).unwrap_or_default();
        let leaves: HashSet<String> = definitions.iter().filter_map(leaf).chain(built_in()).collect();
        for definition in definitions {
            match definition {
                TypeSystemDefinition::Schema(roots) => {
                    let name = |root: Option<async_graphql::Positioned<async_graphql::Name>>| {
                        root.map(|root| root.node.to_string()).unwrap_or_default()
                    };
                    schema.query = name(roots.node.query);
                    schema.mutation = name(roots.node.mutation);
                    schema.subscription = name(roots.node.subscription);
                }
                TypeSystemDefinition::Type(definition) => {
                    let name = definition.node.name.node.to_string();
                    let fields = match definition.node.kind {
                        TypeKind::Object(object) => {
                            #[cfg(test)]
                            for interface in &object.implements {
                                schema.members.entry(interface.node.to_string()).or_default().push(name.clone());
                            }
                            object.fields
                        }
                        TypeKind::Interface(interface) => interface.fields,
                        #[cfg(test)]
                        TypeKind::Union(union) => {
                            let members = union.members.iter().map(|member| member.node.to_string());
                            schema.members.entry(name.clone()).or_default().extend(members);
                            continue;
                        }
                        _ => continue,
                    };
                    let read =
                        |field: FieldDefinition| (field.name.node.to_string(), field_type(&name, field, &leaves));
                    let fields = fields.into_iter().map(|field| read(field.node)).collect();
                    schema.types.insert(name, fields);
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        schema
    }

    /// The root type of a kind of operation.
    pub(super) fn root(&self, kind: OperationType) -> &str {
        match kind {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        }
    }

    /// A field of a type.
    pub(super) fn field(&self, parent: &str, name: &str) -> Option<&FieldType> {
        self.types.get(parent)?.get(name)
    }
}

/// The built-in scalars.
fn built_in() -> impl Iterator<Item = String> {
    ["Int", "Float", "String", "Boolean", "ID"].into_iter().map(str::to_owned)
}

fn leaf(definition: &TypeSystemDefinition) -> Option<String> {
    let TypeSystemDefinition::Type(definition) = definition else { return None };
    let is_leaf = matches!(definition.node.kind, TypeKind::Scalar | TypeKind::Enum(_));
    is_leaf.then(|| definition.node.name.node.to_string())
}

fn field_type(parent: &str, field: FieldDefinition, leaves: &HashSet<String>) -> FieldType {
    let (named, is_list) = unwrapped(&field.ty.node);
    let arguments = field.arguments.into_iter().map(|argument| argument.node);
    #[cfg(test)]
    let names = arguments.clone().map(|argument| argument.name.node.to_string()).collect();
    FieldType {
        is_leaf: leaves.contains(&named),
        named,
        is_list,
        length: length(parent, &field.name.node),
        defaults: arguments
            .filter_map(|argument| Some((argument.name.node.to_string(), argument.default_value?.node)))
            .collect(),
        #[cfg(test)]
        arguments: names,
    }
}

fn unwrapped(ty: &Type) -> (String, bool) {
    match &ty.base {
        BaseType::Named(name) => (name.to_string(), false),
        BaseType::List(inner) => (unwrapped(inner).0, true),
    }
}
