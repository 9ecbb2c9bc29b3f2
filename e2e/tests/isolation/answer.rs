//! The response to an attempt, and the text that it must not contain.

use std::collections::BTreeSet;

use lodgate_e2e::{Gateway, client};
use serde_json::{Value, json};

use super::{Faults, attempt::Attempt};

/// Traces of internal details, in lower case.
const INTERNALS: [&str; 22] = [
    "select ",
    "insert ",
    " where ",
    " join ",
    "sqlx",
    "sqlite",
    "postgres",
    "sea_orm",
    "sea-orm",
    "dberr",
    "redis://",
    "constraint",
    "no such table",
    "relation \"",
    "panicked",
    "backtrace",
    "stack trace",
    "thread '",
    ".rs:",
    "/src/",
    "/tmp/",
    "/home/",
];
/// Fields that differ between two responses to the same request.
const VOLATILE: [&str; 13] = [
    "requestId",
    "source",
    "asOfSeq",
    "stockSeq",
    "seq",
    "previousSeq",
    "serverTime",
    "committedAt",
    "remaining",
    "minutes",
    "cursor",
    "endCursor",
    "startCursor",
];
/// Codes of operations that the gateway did not execute, so that the test would prove nothing.
const NOT_EXECUTED: [&str; 5] =
    ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "COST_LIMIT_EXCEEDED", "RATE_LIMITED", "TIMEOUT"];

/// A response of the gateway.
pub struct Answer {
    pub status: u16,
    pub text: String,
    pub body: Value,
}

/// Sends one operation over HTTP.
pub async fn ask(gateway: &Gateway, token: &str, document: &str, variables: &Value) -> Answer {
    let request = client::pool().post(format!("{}/graphql", gateway.base_url())).bearer_auth(token);
    let sent = request.json(&json!({ "query": document, "variables": variables })).send().await;
    Answer::of(sent.expect("a response")).await
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let status = response.status().as_u16();
        Self::read(status, response.text().await.expect("a body"))
    }

    pub fn read(status: u16, text: String) -> Self {
        Self { status, body: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// The code of the first error.
    pub fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
    }

    /// Records a fault when the response has internal details or an internal error.
    pub fn check_clean(&self, title: &str, faults: &mut Faults) {
        if self.status >= 500 || self.code() == "INTERNAL" {
            faults.add(format!("{title}: the gateway failed ({}): {}", self.status, self.text));
        }
        if NOT_EXECUTED.contains(&self.code()) {
            faults.add(format!("{title}: not executed: {}", self.text));
        }
        let lower = self.text.to_lowercase();
        for inside in INTERNALS.iter().filter(|inside| lower.contains(**inside)) {
            faults.add(format!("{title}: the response contains {inside:?}: {}", around(&lower, inside)));
        }
    }

    /// Records a fault for every secret in the response, except those that the caller itself sent.
    pub fn has_none_of(&self, secrets: &BTreeSet<String>, sent: &Value, title: &str, faults: &mut Faults) {
        let mut texts = Vec::new();
        if self.body.is_null() {
            texts.push(&*self.text)
        } else {
            strings(&self.body, &mut texts)
        }
        let sent = sent.to_string();
        for secret in secrets.iter().filter(|secret| !sent.contains(&***secret)) {
            // Short ids occur in other words by chance, so they must match as a whole.
            let contains = |text: &&str| *text == secret || (secret.len() > 7 && text.contains(&**secret));
            if texts.iter().any(contains) {
                faults.add(format!("{title}: the response contains {secret}: {}", around(&self.text, secret)));
            }
        }
    }

    /// The first difference between the responses to the two names of an attempt; `None` without any.
    pub fn difference(&self, other: &Self, attempt: &Attempt) -> Option<String> {
        if attempt.chooses_names() {
            // Two writes differ in the objects that they create. Only a hint that a name is already used would be a
            // leak.
            return first_difference("", &self.taken(), &other.taken());
        }
        let one = self.without_names(&attempt.theirs);
        let two = other.without_names(&attempt.unknown_names);
        first_difference("", &one, &two)
    }

    /// The parts of a response that show that a name was used before.
    fn taken(&self) -> Value {
        const TAKEN: [&str; 3] = ["KEY_REUSED", "DUPLICATE_REFERENCE", "CODE_TAKEN"];
        let payload = self.body["data"].as_object().and_then(|fields| fields.values().next());
        let payload = payload.cloned().unwrap_or_default();
        let codes = payload["userErrors"].as_array().into_iter().flatten().filter_map(|error| error["code"].as_str());
        let codes: Vec<&str> = codes.filter(|code| TAKEN.contains(code)).collect();
        json!({ "code": self.code(), "codes": codes, "replayed": payload["replayed"] })
    }

    fn without_names(&self, sent: &Value) -> Value {
        let mut names = Vec::new();
        strings(sent, &mut names);
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let mut answer = json!({ "status": self.status, "data": self.body["data"], "errors": self.body["errors"] });
        mask(&mut answer, &names);
        answer
    }
}

/// The text around a match.
fn around(text: &str, found: &str) -> String {
    let at = text.find(found).map_or(0, |at| text[..at].chars().count());
    text.chars().skip(at.saturating_sub(200)).take(400).collect()
}

fn first_difference(path: &str, one: &Value, two: &Value) -> Option<String> {
    match (one, two) {
        (Value::Object(ones), Value::Object(twos)) if ones.keys().eq(twos.keys()) => {
            ones.iter().find_map(|(key, one)| first_difference(&format!("{path}.{key}"), one, &twos[key]))
        }
        (Value::Array(ones), Value::Array(twos)) if ones.len() == twos.len() => {
            let mut pairs = ones.iter().zip(twos).enumerate();
            pairs.find_map(|(index, (one, two))| first_difference(&format!("{path}[{index}]"), one, two))
        }
        _ if one == two => None,
        _ => Some(format!("{path} is {} and not {}", brief(one), brief(two))),
    }
}

/// The first 300 characters.
fn brief(value: &Value) -> String {
    value.to_string().chars().take(300).collect()
}

fn strings<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(values) => values.iter().for_each(|value| strings(value, into)),
        Value::Object(fields) => fields.values().for_each(|value| strings(value, into)),
        _ => {}
    }
}

fn mask(value: &mut Value, names: &[&str]) {
    match value {
        Value::String(text) => {
            if chrono::DateTime::parse_from_rfc3339(text).is_ok() {
                "a moment".clone_into(text);
            }
            for name in names.iter().filter(|name| name.len() > 5) {
                *text = text.replace(name, "the name");
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| mask(value, names)),
        Value::Object(fields) => {
            for (key, value) in fields {
                if VOLATILE.contains(&&**key) { *value = Value::Null } else { mask(value, names) }
            }
        }
        _ => {}
    }
}
