//! Random operations from the schema: most are valid, some are wrong in one place.

use std::fmt::Write;

use lodgate_e2e::stories::night;
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Map, Value, json};

use super::schema::{Input, Ref, Schema};

/// The maximum depth of a selection; it sometimes exceeds the gateway's limit.
const DEEPEST: u32 = 7;
/// Odd texts. None contains a word that responses are searched for.
const ODD: [&str; 12] = [
    "",
    " ",
    "'; DROP TABLE tenants; --",
    "\u{0}",
    "\u{202e}\u{200b}é",
    "😀😀😀",
    "../../etc/passwd",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "%00%0d%0a",
    "\\u0000\"",
    "null",
];
const NUMBERS: [i64; 12] =
    [0, 1, 2, 7, 100, -1, 1_000, 65_536, 2_147_483_647, -2_147_483_648, 2_147_483_648, 9_007_199_254_740_993];

/// A value in the document or in the variables.
enum Written {
    Json(Value),
    Enum(String),
    List(Vec<Written>),
    Object(Vec<(String, Written)>),
}

impl Written {
    fn json(&self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Enum(name) => json!(name),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Object(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (name.clone(), value.json())).collect())
            }
        }
    }

    fn literal(&self) -> String {
        match self {
            Self::Json(value) => value.to_string(),
            Self::Enum(name) => name.clone(),
            Self::List(items) => format!("[{}]", items.iter().map(Self::literal).collect::<Vec<_>>().join(" ")),
            Self::Object(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| format!("{name}: {}", value.literal())).collect();
                format!("{{{}}}", fields.join(", "))
            }
        }
    }
}

/// Generates one operation.
pub struct Walk<'a> {
    pub schema: &'a Schema,
    pub random: &'a mut StdRng,
    /// Existing ids and codes.
    pub known: &'a [String],
    declared: String,
    variables: Map<String, Value>,
    fragments: String,
    names: u32,
    /// The probability of a mistake at each place.
    wrong: f64,
}

impl<'a> Walk<'a> {
    pub fn new(schema: &'a Schema, random: &'a mut StdRng, known: &'a [String]) -> Self {
        // Most operations have no intended mistake.
        let wrong = if random.random_bool(0.7) { 0.0 } else { 0.02 };
        let (declared, fragments) = Default::default();
        Self { schema, random, known, declared, variables: Map::new(), fragments, names: 0, wrong }
    }

    /// A request: query, variables and perhaps an operation name.
    pub fn request(mut self) -> Value {
        let (keyword, root) = match self.random.random_range(0..100) {
            0..60 => ("query", 0),
            60..96 => ("mutation", 1),
            _ => ("subscription", 2),
        };
        let root = self.schema.roots[root].clone();
        let selection = self.selection(&root, 0);
        let directive = self.directive();
        let mut document = format!("{keyword} Fuzz{}{directive} {selection}", self.declaration());
        document += &self.fragments;
        let name = match self.random.random_range(0..20) {
            0 => json!("Other"),
            1 => json!(""),
            2..10 => json!("Fuzz"),
            _ => Value::Null,
        };
        json!({ "query": document, "variables": self.variables, "operationName": name })
    }

    fn declaration(&self) -> String {
        if self.declared.is_empty() { String::new() } else { format!("({})", self.declared) }
    }

    fn is_wrong(&mut self) -> bool {
        self.random.random_bool(self.wrong)
    }

    fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn selection(&mut self, of: &str, depth: u32) -> String {
        let Some(object) = self.schema.types.get(of) else { return "{ __typename }".to_owned() };
        let mut text = "{".to_owned();
        if self.random.random_bool(0.2) || object.fields.is_empty() {
            text += " __typename";
        }
        for possible in object.possible.choose_multiple(self.random, 2) {
            let inner = self.selection(possible, depth + 1);
            let _ = write!(text, " ... on {possible} {inner}");
        }
        let most = if depth == 0 { 2 } else { 4 };
        let count = self.random.random_range(1..=most);
        for field in object.fields.choose_multiple(self.random, count) {
            let leaf = self.is_leaf(field.of.name());
            if !leaf && depth >= DEEPEST {
                continue;
            }
            text.push(' ');
            if self.random.random_bool(0.1) {
                let alias = self.fresh("a");
                let _ = write!(text, "{alias}: ");
            }
            text += if self.is_wrong() { "noSuchField" } else { &field.name };
            text += &self.arguments(&field.arguments);
            text += &self.directive();
            // The gateway must report a missing or superfluous selection.
            if leaf == self.is_wrong() {
                let inner = self.selection(field.of.name(), depth + 1);
                let _ = write!(text, " {inner}");
            }
        }
        if self.random.random_bool(0.1) {
            text += &self.spread(of, depth);
        }
        // A selection must not be empty.
        text + " __typename }"
    }

    fn is_leaf(&self, name: &str) -> bool {
        self.schema.types.get(name).is_none_or(|of| matches!(of.kind.as_str(), "SCALAR" | "ENUM"))
    }

    fn spread(&mut self, of: &str, depth: u32) -> String {
        if depth + 2 > DEEPEST {
            return String::new();
        }
        let name = self.fresh("F");
        let inner = self.selection(of, depth + 2);
        // Sometimes it refers to no fragment, or to itself.
        match self.random.random_range(0..40) {
            0 => return format!(" ...{name}"),
            1 => {
                let _ = write!(self.fragments, " fragment {name} on {of} {{ ...{name} }}");
            }
            _ => {
                let _ = write!(self.fragments, " fragment {name} on {of} {inner}");
            }
        }
        let times = if self.random.random_bool(0.02) { 200 } else { 1 };
        format!(" ...{name}").repeat(times)
    }

    fn directive(&mut self) -> String {
        match self.random.random_range(0..60) {
            0 => " @include(if: true)".to_owned(),
            1 => " @skip(if: false)".to_owned(),
            2 if self.wrong > 0.0 => " @unknown(x: 1)".to_owned(),
            3 if self.wrong > 0.0 => " @skip(if: false)".repeat(self.random.random_range(1..40)),
            _ => String::new(),
        }
    }

    fn arguments(&mut self, arguments: &[Input]) -> String {
        let mut written = Vec::new();
        for argument in arguments {
            if self.is_left_out(argument) {
                continue;
            }
            let value = self.value(&argument.of, 0);
            let text = if self.random.random_bool(0.5) {
                let name = self.fresh("v");
                let declared = if self.is_wrong() { "NoSuchType".to_owned() } else { argument.of.to_string() };
                let _ = write!(self.declared, "${name}: {declared} ");
                if !self.is_wrong() {
                    self.variables.insert(name.clone(), value.json());
                }
                format!("${name}")
            } else {
                value.literal()
            };
            written.push(format!("{}: {text}", argument.name));
        }
        if self.is_wrong() {
            written.push("noSuchArgument: 1".to_owned());
        }
        if written.is_empty() { String::new() } else { format!("({})", written.join(", ")) }
    }

    fn is_left_out(&mut self, input: &Input) -> bool {
        let required = matches!(input.of, Ref::NonNull(_)) && !input.has_default;
        if required { self.is_wrong() } else { self.random.random_bool(0.5) }
    }

    fn value(&mut self, of: &Ref, depth: u32) -> Written {
        if self.is_wrong() {
            return self.odd();
        }
        match of {
            Ref::NonNull(inner) => self.value(inner, depth),
            Ref::List(inner) => {
                let count = if self.random.random_bool(0.02) { 600 } else { self.random.random_range(0..3) };
                // Six hundred nested values would only be too large.
                let count = if depth > 0 { count.min(3) } else { count };
                Written::List((0..count).map(|_| self.value(inner, depth + 1)).collect())
            }
            Ref::Named(name) => self.named(name, depth),
        }
    }

    fn named(&mut self, name: &str, depth: u32) -> Written {
        let schema = self.schema;
        let random = &mut *self.random;
        let json = |value: Value| Written::Json(value);
        match name {
            "Int" if random.random_bool(0.7) => json(json!(random.random_range(0..40))),
            "Int" => json(json!(NUMBERS.choose(random))),
            "Float" => json(json!(random.random_range(-1e9..1e9))),
            "Boolean" => json(json!(random.random_bool(0.5))),
            "ID" if random.random_bool(0.8) => json(json!(self.known.choose(random))),
            "Date" if random.random_bool(0.9) => json(json!(night(random.random_range(0..60)))),
            "Date" => json(json!(["2030-02-30", "0000-01-01", "9999-12-31", "-1-1-1", "today"].choose(random))),
            "DateTime" => json(json!(["2030-01-01T00:00:00Z", "2030-01-01", "9999-12-31T23:59:60Z"].choose(random))),
            "UUID" if random.random_bool(0.9) => {
                json(json!(uuid::Builder::from_random_bytes(random.random()).into_uuid()))
            }
            _ => match schema.types.get(name) {
                Some(of) if of.kind == "ENUM" => match of.values.choose(random) {
                    Some(value) => Written::Enum(value.clone()),
                    None => json(Value::Null),
                },
                Some(of) if of.kind == "INPUT_OBJECT" && depth < 6 => {
                    let mut fields = Vec::new();
                    for input in &of.inputs {
                        if !self.is_left_out(input) {
                            fields.push((input.name.clone(), self.value(&input.of, depth + 1)));
                        }
                    }
                    Written::Object(fields)
                }
                // A text, or a custom scalar in the form of a text.
                _ => match random.random_range(0..10) {
                    0..5 => json(json!(format!("text-{}", random.random_range(0..1_000)))),
                    5..8 => json(json!(self.known.choose(random))),
                    _ => json(json!(ODD.choose(random))),
                },
            },
        }
    }

    /// A value of a wrong type.
    fn odd(&mut self) -> Written {
        let random = &mut *self.random;
        match random.random_range(0..8) {
            0 => Written::Json(Value::Null),
            1 => Written::Json(json!(NUMBERS.choose(random))),
            2 => Written::Json(json!(ODD.choose(random))),
            3 => Written::Enum("NO_SUCH_VALUE".to_owned()),
            4 => Written::List(vec![Written::Json(json!([]))]),
            5 => Written::Object(vec![("noSuchField".to_owned(), Written::Json(json!(1)))]),
            6 => Written::Json(json!("x".repeat(random.random_range(1..20_000)))),
            _ => Written::Json(json!(1e300)),
        }
    }
}
