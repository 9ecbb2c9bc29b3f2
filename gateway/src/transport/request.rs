//! Parsing GraphQL requests: a single one, or several in an array.

use serde_json::{Map, Value};

use crate::persisted_documents::Hash;

/// Maximum number of operations in an array.
pub const MAX_IN_BATCH: usize = 5;
/// Maximum length of a `documentId`, in bytes.
const MAX_ID: usize = 128;

/// A request as sent. Unknown fields are allowed, as the specification requires.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct IncomingRequest {
    /// The source of its document.
    pub(super) document: Source,
    /// Name of the operation; an empty name counts as absent.
    pub(super) operation_name: Option<String>,
    /// Variables.
    pub(super) variables: Map<String, Value>,
}

/// The source of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    /// The text is in the request.
    Text(String),
    /// The text and its hash are in the request; later the hash is enough.
    TextWithHash(String, Hash),
    /// A persisted query, by its hash.
    Hash(Hash),
    /// One of the tenant's trusted documents, by its id.
    Id(String),
}

impl Default for Source {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// A parsed body.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    /// One request.
    One(IncomingRequest),
    /// Several, at least one.
    Batch(Vec<IncomingRequest>),
}

/// Parses a body.
pub(super) fn parse_body(body: &[u8]) -> Result<Body, String> {
    match json(body, "the body")? {
        Value::Array(requests) => {
            if !(1..=MAX_IN_BATCH).contains(&requests.len()) {
                return Err(format!("an array holds 1 to {MAX_IN_BATCH} requests"));
            }
            requests.into_iter().map(parse_value).collect::<Result<_, _>>().map(Body::Batch)
        }
        value => parse_value(value).map(Body::One),
    }
}

/// Parses the parameters of a GET, each at most once; `variables` and `extensions` are JSON.
pub(super) fn parse_parameters(text: &str) -> Result<IncomingRequest, String> {
    let unreadable = || "the parameters can't be read".to_owned();
    let uri: axum::http::Uri = format!("/?{text}").parse().map_err(|_| unreadable())?;
    let axum::extract::Query(pairs) =
        axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).map_err(|_| unreadable())?;
    let mut fields = Map::new();
    for (name, text) in pairs {
        let value = match name.as_str() {
            "query" | "operationName" | "documentId" => Value::String(text),
            // An empty parameter counts as absent.
            "variables" | "extensions" if text.is_empty() => Value::Null,
            "variables" | "extensions" => json(text.as_bytes(), &name)?,
            _ => continue,
        };
        // With duplicates, a proxy and the gateway could use different ones.
        if fields.insert(name.clone(), value).is_some() {
            return Err(format!("the parameter {name} is there twice"));
        }
    }
    parse_value(Value::Object(fields))
}

/// Parses one request.
pub(super) fn parse_value(value: Value) -> Result<IncomingRequest, String> {
    let Value::Object(mut fields) = value else {
        return Err("a request is a JSON object with the field query".to_owned());
    };
    let query = text(&mut fields, "query")?;
    let id = text(&mut fields, "documentId")?;
    let extensions = object(&mut fields, "extensions")?;
    let hash = extensions.get("persistedQuery").map(persisted).transpose()?;
    let document = match (query, hash, id) {
        (None, None, Some(id)) if id.len() <= MAX_ID => Source::Id(id),
        (None, None, Some(_)) => return Err(format!("a documentId has at most {MAX_ID} bytes")),
        (_, _, Some(_)) => return Err("documentId stands alone: leave out query and persistedQuery".to_owned()),
        (Some(query), Some(hash), None) => Source::TextWithHash(query, hash),
        (Some(query), None, None) => Source::Text(query),
        (None, Some(hash), None) => Source::Hash(hash),
        (None, None, None) => return Err("the field query is missing".to_owned()),
    };
    let operation_name = text(&mut fields, "operationName")?.filter(|name| !name.is_empty());
    Ok(IncomingRequest { document, operation_name, variables: object(&mut fields, "variables")? })
}

/// The position of a JSON error, without the names of internal types.
fn json(text: &[u8], what: &str) -> Result<Value, String> {
    serde_json::from_slice(text)
        .map_err(|error| format!("{what} is not JSON: line {}, column {}", error.line(), error.column()))
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("the field {name} is a string")),
    }
}

fn object(fields: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(format!("the field {name} is an object")),
    }
}

fn persisted(value: &Value) -> Result<Hash, String> {
    let hash = value.get("sha256Hash").and_then(Value::as_str).and_then(|hash| hash.parse().ok());
    hash.filter(|_| value["version"] == 1)
        .ok_or_else(|| "extensions.persistedQuery holds version 1 and sha256Hash, 64 hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(body: &str) -> IncomingRequest {
        match parse_body(body.as_bytes()).unwrap() {
            Body::One(sent) => sent,
            Body::Batch(_) => panic!("a batch: {body}"),
        }
    }

    #[test]
    fn a_body_is_one_operation_or_a_few() {
        let sent = one(r#"{"query":"{ a }","operationName":"A","variables":{"x":1},"other":2}"#);
        assert_eq!(sent.document, Source::Text("{ a }".to_owned()));
        assert_eq!((sent.operation_name.as_deref(), &sent.variables["x"]), (Some("A"), &json!(1)));
        assert_eq!(
            one(r#"{"query":"{ a }","operationName":null,"variables":null,"extensions":null}"#).variables,
            Map::new()
        );
        let Body::Batch(batch) = parse_body(br#" [{"query":"{ a }"},{"query":"{ b }"}]"#).unwrap() else { panic!() };
        assert_eq!(batch.len(), 2);
        let six = format!("[{}]", [r#"{"query":"{ a }"}"#; 6].join(","));
        assert_eq!(parse_body(six.as_bytes()).unwrap_err(), "an array holds 1 to 5 requests");
    }

    #[test]
    fn an_invalid_request_is_reported_by_field_and_rule() {
        for (bad, message) in [
            ("", "the body is not JSON: line 1, column 0"),
            ("{\"query\":\n", "the body is not JSON: line 2, column 0"),
            ("[]", "an array holds 1 to 5 requests"),
            ("[[]]", "a request is a JSON object with the field query"),
            ("{}", "the field query is missing"),
            (r#"{"query":1}"#, "the field query is a string"),
            (r#"{"query":"a","operationName":[]}"#, "the field operationName is a string"),
            (r#"{"query":"a","variables":[1]}"#, "the field variables is an object"),
            (r#"{"query":"a","extensions":0}"#, "the field extensions is an object"),
            (r#"{"query":"a","documentId":"b"}"#, "documentId stands alone: leave out query and persistedQuery"),
        ] {
            assert_eq!(parse_body(bad.as_bytes()).unwrap_err(), message, "{bad}");
        }
        assert!(parse_body(&[b'[', 0xff, b']']).is_err());
        assert!(parse_body("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse_body(br#"{"query":"a","variables":{"x":1e999}}"#).is_err());
    }

    #[test]
    fn a_document_may_be_asked_for_by_its_hash_or_its_id() {
        let hash = Hash::of("{ a }");
        let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash.to_string() } });
        let parsed = parse_value(json!({ "query": "{ a }", "extensions": persisted })).unwrap();
        assert_eq!(parsed.document, Source::TextWithHash("{ a }".to_owned(), hash));
        assert_eq!(parse_value(json!({ "extensions": persisted })).unwrap().document, Source::Hash(hash));
        assert_eq!(parse_value(json!({ "documentId": "A" })).unwrap().document, Source::Id("A".to_owned()));
        for bad in [
            json!({}),
            json!({ "version": 2, "sha256Hash": hash.to_string() }),
            json!({ "version": 1, "sha256Hash": "x" }),
        ] {
            assert!(parse_value(json!({ "query": "a", "extensions": { "persistedQuery": bad } })).is_err(), "{bad}");
        }
    }

    #[test]
    fn parameters_are_decoded_and_none_is_there_twice() {
        let sent = parse_parameters("query=%7B+a%20%7D&variables=%7B%22x%22%3A1%7D&operationName=&other=1").unwrap();
        assert_eq!((sent.document, sent.operation_name), (Source::Text("{ a }".to_owned()), None));
        assert_eq!(sent.variables["x"], json!(1));
        for bad in ["", "query=a&variables=nope", "query=a&query=b", "query=a&variables=%5B%5D"] {
            assert!(parse_parameters(bad).is_err(), "{bad}");
        }
    }
}
