//! Operations generated from the schema. Each names an object of another tenant, and is compared with the same
//! operation for a name that does not exist.

use std::collections::{BTreeMap, BTreeSet};

use lodgate_e2e::{
    introspection::{Argument, Field, Schema},
    stories::night,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    names::{NAMES, NODES, Names, Own},
    tenants::{Objects, SPARE, forged},
};

/// The depth of the selections.
const DEPTH: usize = 2;
type Sample = fn() -> Value;
/// Values that a call needs, where the type alone does not determine them.
const SAMPLES: [(&str, Sample); 6] = [
    ("CountInput", || json!({ "allotted": 41 })),
    ("CreateContractInput.poolAccess", || json!("FULL")),
    ("CreatePropertyInput.timeZone", || json!("Europe/Lisbon")),
    // Optional, and valid only with a room type: a night on which the victims' property has a history.
    ("Property.history(date:)", || json!(night(40))),
    // Optional, but a change without any restriction is invalid.
    ("RestrictionChangeInput.minStayArrival", || json!(1)),
    ("RoomRequest.adults", || json!(2)),
];

/// A field that can be called.
pub struct Operation {
    pub kind: &'static str,
    pub field: Field,
    /// Set for `node` and for the fields of its types.
    node: Option<(&'static str, Names)>,
}

/// One operation with the name of another tenant's object, and with a name that does not exist.
pub struct Attempt {
    pub title: String,
    /// The arguments that name an object.
    pub attacked: BTreeSet<String>,
    pub names: Vec<Names>,
    /// True when all other arguments are the caller's own.
    pub is_alone: bool,
    pub document: String,
    pub theirs: Value,
    pub unknown_names: Value,
}

impl Attempt {
    /// True when another tenant's name is used as a new name of the caller.
    pub fn chooses_names(&self) -> bool {
        self.names.iter().any(|names| matches!(names, Names::Own(_)))
    }
}

/// Every field of the roots, and every field with arguments of the types of `node`.
pub fn operations(schema: &Schema) -> Vec<Operation> {
    let mut all = Vec::new();
    for kind in ["query", "mutation", "subscription"] {
        for field in schema.root(kind) {
            if field.coordinate() == "Query.node" {
                all.extend(NODES.iter().map(|node| Operation { kind, field: field.clone(), node: Some(*node) }));
            } else {
                all.push(Operation { kind, field, node: None });
            }
        }
    }
    for node in NODES {
        let fields = schema.fields(node.0).into_iter().filter(|field| !field.arguments.is_empty());
        all.extend(fields.map(|field| Operation { kind: "query", field, node: Some(*node) }));
    }
    all
}

impl Operation {
    fn is_of_node(&self) -> bool {
        self.node.is_some() && self.field.parent != "Query"
    }

    /// The arguments; those of `node` come before those of a field below it.
    fn arguments(&self, schema: &Schema) -> Vec<Argument> {
        let node = self.is_of_node().then(|| schema.root("query")).into_iter().flatten();
        let node = node.filter(|field| field.name == "node").flat_map(|field| field.arguments);
        node.map(|argument| Argument { name: "node".to_owned(), ..argument })
            .chain(self.field.arguments.clone())
            .collect()
    }

    pub fn document(&self, schema: &Schema, given: &Value) -> String {
        let given: Vec<Argument> =
            self.arguments(schema).into_iter().filter(|argument| given.get(&argument.name).is_some()).collect();
        let variables = given.iter().map(|argument| format!("${}: {}", argument.name, argument.type_text));
        let variables = parenthesised(variables);
        let is_own = |argument: &&Argument| !(self.is_of_node() && argument.name == "node");
        let passed = given.iter().filter(is_own).map(|argument| format!("{0}: ${0}", argument.name));
        let call = format!("{}{}", self.field.name, parenthesised(passed));
        let selection = match (&self.node, &*schema.kind(&self.field.type_name)) {
            (_, "SCALAR" | "ENUM") => String::new(),
            (Some((node, _)), _) if !self.is_of_node() => {
                format!(" {{ __typename ... on {node}{} }}", schema.selection(node, DEPTH))
            }
            _ => schema.selection(&self.field.type_name, DEPTH),
        };
        match &self.node {
            Some((node, _)) if self.is_of_node() => {
                format!("query{variables} {{ node(id: $node) {{ __typename ... on {node} {{ {call}{selection} }} }} }}")
            }
            _ => format!("{}{variables} {{ {call}{selection} }}", self.kind),
        }
    }

    /// The arguments that name something, at any depth of the input.
    pub fn named(&self, schema: &Schema) -> BTreeMap<String, Names> {
        let mut found = BTreeMap::new();
        let mut open = self.arguments(schema);
        while let Some(argument) = open.pop() {
            let names =
                NAMES.iter().find(|(coordinate, _)| *coordinate == argument.coordinate).map(|(_, names)| *names);
            match names {
                Some(Names::Node) => _ = self.node.map(|(_, names)| found.insert(argument.coordinate, names)),
                Some(names) => _ = found.insert(argument.coordinate, names),
                None => open.extend(schema.input_fields(&argument.type_name)),
            }
        }
        found
    }

    /// All ways to name `theirs` instead of `own`: one name at a time, all at once, and an id with the property
    /// replaced by the caller's own.
    pub fn attempts(&self, schema: &Schema, own: &Objects, theirs: &Objects, unknown_names: &Objects) -> Vec<Attempt> {
        let named = self.named(schema);
        let open: Vec<(&String, Names)> = named
            .iter()
            .map(|(coordinate, names)| (coordinate, *names))
            .filter(|(_, names)| theirs.contains_key(names) && !matches!(names, Names::Public | Names::Words))
            .collect();
        let attempt = |attacked: &[&String], theirs: &Objects, unknown_names: &Objects, how: &str| {
            let attacked: BTreeSet<String> = attacked.iter().map(|coordinate| (*coordinate).clone()).collect();
            let given = |objects: &Objects| self.variables(schema, &attacked, own, objects);
            let (theirs, unknown_names) = (given(theirs), given(unknown_names));
            let node = self.node.map(|(node, _)| format!(" of a {node}")).unwrap_or_default();
            let coordinates: Vec<&str> = attacked.iter().map(String::as_str).collect();
            Attempt {
                title: format!("{}{node}: {how} {}", self.field.coordinate(), coordinates.join(", ")),
                names: attacked.iter().map(|coordinate| named[coordinate]).collect(),
                document: self.document(schema, &theirs),
                is_alone: how == "alone",
                attacked,
                theirs,
                unknown_names,
            }
        };
        let mut all: Vec<Attempt> =
            open.iter().map(|(coordinate, _)| attempt(&[coordinate], theirs, unknown_names, "alone")).collect();
        let references: Vec<&String> =
            open.iter().filter(|(_, names)| names.is_reference()).map(|(coordinate, _)| *coordinate).collect();
        if references.len() > 1 {
            all.push(attempt(&references, theirs, unknown_names, "together"));
        }
        if let Some(property) = own.get(&Names::Property) {
            for (coordinate, names) in &open {
                if matches!(names, Names::RoomType | Names::Contract | Names::Reservation) {
                    let at_home = |objects: &Objects| Objects::from([(*names, forged(property, &objects[names]))]);
                    all.push(attempt(&[coordinate], &at_home(theirs), &at_home(unknown_names), "forged"));
                }
            }
        }
        all
    }

    /// A call with the caller's own objects, except for the attacked arguments.
    pub fn variables(&self, schema: &Schema, attacked: &BTreeSet<String>, own: &Objects, objects: &Objects) -> Value {
        let filling = Filling { schema, attacked, own, objects, node: self.node.map(|(_, names)| names) };
        filling.object(&self.arguments(schema))
    }
}

struct Filling<'a> {
    schema: &'a Schema,
    attacked: &'a BTreeSet<String>,
    own: &'a Objects,
    objects: &'a Objects,
    node: Option<Names>,
}

impl Filling<'_> {
    fn object(&self, arguments: &[Argument]) -> Value {
        let given = arguments.iter().filter_map(|argument| Some((argument.name.clone(), self.value(argument)?)));
        Value::Object(given.collect::<Map<_, _>>())
    }

    /// `None` leaves the argument out.
    fn value(&self, argument: &Argument) -> Option<Value> {
        let sample = |name: &str| SAMPLES.iter().find(|(of, _)| *of == name).map(|(_, sample)| sample());
        let value = if let Some((_, names)) = NAMES.iter().find(|(name, _)| *name == argument.coordinate) {
            let names = self.node.filter(|_| *names == Names::Node).unwrap_or(*names);
            let is_attacked = self.attacked.contains(&argument.coordinate);
            (is_attacked || argument.is_required).then(|| self.named(argument, names, is_attacked))
        } else if let Some(value) = sample(&argument.coordinate).or_else(|| sample(&argument.type_name)) {
            Some(value)
        } else if self.schema.kind(&argument.type_name) == "INPUT_OBJECT" {
            (argument.is_required || self.leads_to_attack(&argument.type_name)).then(|| self.input(&argument.type_name))
        } else {
            argument.is_required.then(|| self.plain(argument))
        };
        value.map(|value| if argument.is_list { json!([value]) } else { value })
    }

    fn named(&self, argument: &Argument, names: Names, is_attacked: bool) -> Value {
        if is_attacked && let Some(value) = self.objects.get(&names) {
            return value.clone();
        }
        let fresh = Uuid::new_v4().to_string();
        match names {
            Names::Words => json!("word"),
            Names::Public => json!(SPARE),
            Names::Own(Own::Code) => json!(format!("OWN-{}", &fresh[..6])),
            Names::Own(_) => json!(fresh),
            // A caller without an object of this kind uses the object of the other tenant.
            names => self
                .own
                .get(&names)
                .or(self.objects.get(&names))
                .cloned()
                .unwrap_or_else(|| panic!("no object of the kind {names:?} for {}", argument.coordinate)),
        }
    }

    fn input(&self, name: &str) -> Value {
        let fields = self.schema.input_fields(name);
        if !self.schema.is_one_of(name) {
            return self.object(&fields);
        }
        let is_attacked = |field: &&Argument| self.attacked.contains(&field.coordinate);
        let chosen =
            fields.iter().find(is_attacked).or_else(|| fields.iter().find(|field| field.type_name == "Boolean"));
        let chosen = chosen.unwrap_or_else(|| panic!("SAMPLES lacks a choice for {name}"));
        self.object(&[Argument { is_required: true, ..chosen.clone() }])
    }

    fn leads_to_attack(&self, name: &str) -> bool {
        let fields = self.schema.input_fields(name);
        fields.iter().any(|field| self.attacked.contains(&field.coordinate) || self.leads_to_attack(&field.type_name))
    }

    fn plain(&self, argument: &Argument) -> Value {
        let is_end = argument.name == "through" || argument.name.starts_with("last") || argument.name == "checkOut";
        match &*argument.type_name {
            "Date" => json!(night(if is_end { 22 } else { 20 })),
            "Int" => json!(1),
            "Boolean" => json!(true),
            enumeration => json!(self.schema.members(enumeration).first().unwrap_or_else(|| {
                panic!("SAMPLES lacks a value for {} ({})", argument.coordinate, argument.type_text)
            })),
        }
    }
}

fn parenthesised(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) }
}
