use std::fmt::Write;
use std::time::{Duration, Instant};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::DocumentOperations;
use async_graphql::value;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::*;

fn cost_with(query: &str, variables: serde_json::Value) -> Cost {
    let document = parse_query(query).unwrap_or_else(|error| panic!("{error}: {query}"));
    let DocumentOperations::Single(operation) = &document.operations else { panic!("one operation") };
    Cost::of(&document, &operation.node, &Variables::from_json(variables))
}

fn points(query: &str) -> u64 {
    cost_with(query, json!({})).requested()
}

#[test]
fn the_table_holds() {
    assert_eq!(points("{ viewer { plan scopes } }"), 3);
    assert_eq!(points("{ __typename viewer { __typename } }"), 3);
    assert_eq!(points("{ __schema { types { name fields { name } } } }"), 100);
    assert_eq!(points("{ properties(first: 20) { nodes { code name } pageInfo { hasNextPage } } }"), 1 + 1 + 40 + 2);
    assert_eq!(points("{ properties { edges { node { code } } } }"), 1 + 1 + 50 * 2, "the schema's default page");
    assert_eq!(points("{ property(code: \"A\") { roomTypes { code } } }"), 1 + 1 + 10, "no page: 10");
    assert_eq!(points("{ rateLimit { minutes { allowed } } }"), 1 + 1 + 60);
    let month = "from: \"2026-12-01\", through: \"2026-12-31\"";
    let room = |fields: &str| points(&format!("{{ node(id: 1) {{ ... on RoomType {{ {fields} }} }} }}"));
    assert_eq!(room(&format!("nights({month}) {{ sold held }}")), 1 + 1 + 31 * 2);
    assert_eq!(room(&format!("calendar({month}) {{ sold held asOfSeq }}")), 1 + 1 + 4 + 4 + 1, "a column: 1 for 10");
    let ids = "[\"a\", \"b\", \"c\"]";
    let stays = format!("availability(where: {{ propertyIds: {ids} }}, stay: {{}}, rooms: []) {{ bookable asOfSeq }}");
    assert_eq!(points(&format!("{{ {stays} }}")), 1 + 3 * 2);
}

#[test]
fn variables_defaults_fragments_and_aliases_count() {
    let page = "query($n: Int = 7) { properties(first: $n) { nodes { code } } }";
    assert_eq!(points(page), 1 + 1 + 7);
    assert_eq!(cost_with(page, json!({ "n": 30 })).requested(), 1 + 1 + 30);
    assert_eq!(points("query($n: Int) { properties(first: $n) { nodes { code } } }"), 1 + 1 + 50);
    let twice = "{ a: properties(first: 3) { ...F } b: properties(first: 5) { ...F } }
                 fragment F on PropertyConnection { nodes { ...G x: name } } fragment G on Property { code }";
    assert_eq!(points(twice), 2 + (1 + 3 * 2) + (1 + 5 * 2));
}

#[test]
fn a_mutation_pays_for_the_nights_that_it_names() {
    let change = |days: &str| {
        format!(
            "mutation {{ setAllotments(input: {{ changes: [{{ from: \"2026-12-01\", through: \"2026-12-28\" {days} }}] }}) \
             {{ changedCells }} }}"
        )
    };
    assert_eq!(points(&change("")), 10 + 28 + 2);
    assert_eq!(points(&change("daysOfWeek: [SATURDAY, SUNDAY]")), 10 + 8 + 2);
    let book = "mutation($input: BookRoomsInput!) { bookRooms(input: $input) { replayed } }";
    let line = json!({ "checkIn": "2026-12-01", "checkOut": "2026-12-04" });
    let cost = cost_with(book, json!({ "input": { "lines": [line, line] } }));
    assert_eq!(cost.requested(), 10 + 6 + 2);
    let answer = value!({ "bookRooms": { "replayed": false } });
    assert_eq!(cost.actual(&answer, 2), 10 + 2 + 2);
    assert_eq!(cost.actual(&answer, 1_000), cost.requested(), "never more than requested");
    assert_eq!(points("mutation { undoChangeSet(input: {}) { changedCells } }"), 10 + 100 + 2);
    assert_eq!(
        points("subscription { stockChanges(from: \"2026-01-01\", through: \"2026-12-31\") { __typename } }"),
        12
    );
}

#[test]
fn what_is_returned_is_counted_by_the_same_table() {
    let answer = value!({
        "properties": { "nodes": [{ "code": "A", "weekendDays": ["FRIDAY"] }, { "code": "B", "weekendDays": [] }, null] },
        "calendar": { "sold": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
        "viewer": null,
    });
    assert_eq!(returned(&answer), 1 + 1 + 2 + 2 + 1 + 2 + 1);
}

#[test]
fn fragments_that_double_are_priced_at_once() {
    let mut query = "{ ...F0 }".to_owned();
    for level in 0..60 {
        write!(query, " fragment F{level} on Query {{ ...F{next} ...F{next} }}", next = level + 1).unwrap();
    }
    query.push_str(" fragment F60 on Query { viewer { plan } }");
    let started = Instant::now();
    assert_eq!(points(&query), 2 << 60);
    let circle = "{ ...A } fragment A on Query { ...B viewer { plan } } fragment B on Query { ...A }";
    assert_eq!(points(circle), 2);
    let pages = "nodes { contracts(first: 200) { nodes { property { id } } } }";
    let deep = format!("{{ {} }}", format!("properties(first: 5000) {{ {pages} }} ").repeat(50));
    assert!(points(&deep) > 50 * 5_000 * 200);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

/// Random operations, each with a response of maximum size.
struct Generator {
    random: StdRng,
    fragments: String,
    names: u32,
    nights: u64,
}

impl Generator {
    /// A selection of `parent` and the fields of its response; `page` is the page of the field around it.
    fn set(&mut self, parent: &str, page: Option<u64>, depth: u32) -> (String, Vec<(String, ConstValue)>) {
        if let Some(members) = SCHEMA.members.get(parent) {
            // Of an abstract type, a response is one of two types.
            let chosen: Vec<&String> = members.choose_multiple(&mut self.random, 2).collect();
            let mut text = "__typename ".to_owned();
            let mut fields = Vec::new();
            for member in chosen {
                let (selection, answer) = self.set(member, page, depth);
                write!(text, "... on {member} {{ {selection} }} ").unwrap();
                fields = answer;
            }
            fields.push(("__typename".to_owned(), value!("X")));
            return (text, fields);
        }
        let mut names: Vec<&String> = SCHEMA.types[parent].keys().collect();
        names.sort();
        let most = self.random.random_range(1..=4);
        let chosen: Vec<&String> = names.choose_multiple(&mut self.random, most).copied().collect();
        let (mut text, mut fields) = (String::new(), Vec::new());
        for name in chosen {
            let definition = &SCHEMA.types[parent][name];
            if depth == 0 && !definition.is_leaf {
                continue;
            }
            self.names += 1;
            let alias = format!("f{}", self.names);
            let (arguments, own) = self.arguments(parent, name, definition);
            let (selection, value) = self.value(definition, own, page, depth);
            write!(text, "{alias}: {name}{arguments} {selection} ").unwrap();
            fields.push((alias, value));
        }
        if text.is_empty() {
            text = "__typename ".to_owned();
            fields.push(("__typename".to_owned(), value!("X")));
        }
        if self.random.random_bool(0.2) {
            self.names += 1;
            write!(self.fragments, " fragment F{} on {parent} {{ {text} }}", self.names).unwrap();
            text = format!("...F{} ", self.names);
        }
        (text, fields)
    }

    fn arguments(&mut self, parent: &str, field: &str, definition: &FieldType) -> (String, Option<u64>) {
        let has = |name: &str| definition.arguments.iter().any(|argument| argument == name);
        let nights = self.random.random_range(1..40);
        let range = |to: u64| format!("from: \"2026-12-01\", through: \"{}\"", date(to - 1));
        if parent == "Mutation" {
            self.nights += if field == "undoChangeSet" { UNDO } else { nights };
            let input = format!("changes: [{{ {} }}], lines: [4]", range(nights));
            return (format!("(input: {{ {input} }})"), None);
        }
        let number = self.random.random_range(0..60_u64);
        if parent == "Subscription" {
            (String::new(), None)
        } else if field == "availability" {
            let ids = vec!["\"x\""; usize::try_from(number).unwrap()].join(", ");
            (format!("(where: {{ propertyIds: [{ids}] }})"), Some(number))
        } else if has("from") && has("through") {
            (format!("({})", range(nights)), Some(nights))
        } else if let Some(name) = ["first", "hours"].into_iter().find(|name| has(name)) {
            (format!("({name}: {number})"), Some(number))
        } else {
            (String::new(), definition.length)
        }
    }

    fn value(
        &mut self,
        definition: &FieldType,
        own: Option<u64>,
        around: Option<u64>,
        depth: u32,
    ) -> (String, ConstValue) {
        let length = usize::try_from(own.or(around).unwrap_or(10)).unwrap();
        if definition.is_leaf {
            let list = || ConstValue::List(vec![value!(1); length]);
            return (String::new(), if definition.is_list { list() } else { value!(1) });
        }
        let inner = if definition.is_list { None } else { own };
        let (selection, fields) = self.set(&definition.named, inner, depth - 1);
        let object = ConstValue::Object(fields.into_iter().map(|(name, value)| (Name::new(name), value)).collect());
        let value = if definition.is_list { ConstValue::List(vec![object; length]) } else { object };
        (format!("{{ {selection} }}"), value)
    }
}

const UNDO: u64 = 100;

fn date(after: u64) -> String {
    let first: chrono::NaiveDate = "2026-12-01".parse().unwrap();
    (first + chrono::Days::new(after)).to_string()
}

#[test]
fn no_answer_costs_more_than_was_asked_for() {
    let (mut exact, mut largest) = (0, 0);
    for seed in 0..2_000 {
        let random = StdRng::seed_from_u64(seed);
        let mut generator = Generator { random, fragments: String::new(), names: 0, nights: 0 };
        let root = *["Query", "Query", "Mutation", "Subscription"].choose(&mut generator.random).unwrap();
        let (selection, fields) = generator.set(root, None, 4);
        let keyword = root.to_lowercase();
        let query = format!("{keyword} {{ {selection} }}{}", generator.fragments);
        let data = ConstValue::Object(fields.into_iter().map(|(name, value)| (Name::new(name), value)).collect());
        let cost = cost_with(&query, json!({}));
        let (returned, requested) = (returned(&data), cost.requested());
        assert!(returned <= cost.fields, "seed {seed}: {returned} of {cost:?}: {query}");
        assert!(generator.nights <= cost.nights, "seed {seed}: {cost:?}: {query}");
        assert!(cost.actual(&data, generator.nights) <= requested);
        exact += u32::from(returned == cost.fields);
        largest = largest.max(requested);
    }
    // The bound is tight: most full responses cost exactly the estimate.
    assert!(exact > 1_000 && largest > 10_000, "{exact} exact, {largest} points");
}

#[test]
fn the_schema_is_read_whole() {
    assert!(SCHEMA.types.len() > 40 && SCHEMA.field("Query", "viewer").is_some());
    assert_eq!((SCHEMA.mutation.as_str(), SCHEMA.subscription.as_str()), ("Mutation", "Subscription"));
    assert!(SCHEMA.members["StockMessage"].len() == 5 && SCHEMA.members["Node"].len() >= 4);
}
