//! One operation, over any transport: parsing, limits, execution within the time limit, metrics.

use std::time::Instant;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::parser::{self, parse_query};
use async_graphql::{Request, Response, ServerError, Value};

use super::cost::{self, Cost};
use super::cost_accounting::Charge;
use super::response::{self, PARSE_FAILED, VALIDATION_FAILED, request_error};
use super::{RequestId, Transport, query_limits};
use crate::auth::Viewer;
use crate::graphql::cost::Estimate;
use crate::graphql::error::ErrorCode;

/// An operation that may be executed.
pub(super) struct Prepared {
    /// The request with its parsed document.
    pub(super) request: Request,
    /// Kind of the operation.
    pub(super) kind: OperationType,
    /// Estimated cost.
    pub(super) cost: Cost,
}

/// Estimates the cost of an operation without executing it.
pub(super) fn estimate(request: Request) -> Result<Estimate, ServerError> {
    let prepared = prepare(request)?;
    Ok(Estimate { requested: prepared.cost.requested(), budget: cost::budget(prepared.kind) })
}

/// The name of a kind, as a metric label.
pub(super) fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

/// Parses a document and checks its size.
pub(super) fn check_document(text: &str) -> Result<ExecutableDocument, ServerError> {
    query_limits::check_text(text).map_err(|error| too_large(&error))?;
    let document = parse_query(text).map_err(|error| request_error(PARSE_FAILED, parse_error(&error)))?;
    query_limits::check(&document).map_err(|error| too_large(&error))?;
    Ok(document)
}

/// Parses the document, checks its size, and selects the operation.
pub(super) fn prepare(mut request: Request) -> Result<Prepared, ServerError> {
    let document = check_document(&request.query)?;
    let operation = chosen(&document, request.operation_name.as_deref())?;
    let kind = operation.ty;
    check_texts(&request)?;
    check_variables(operation, &request)?;
    let cost = Cost::of(&document, operation, &request.variables);
    request.set_parsed_query(document);
    Ok(Prepared { request, kind, cost })
}

/// The position of a syntax error and what was expected there, without the excerpt that the library adds.
fn parse_error(error: &parser::Error) -> ServerError {
    let message = match error {
        parser::Error::Syntax { message, start, .. } => {
            let expected = message.rsplit_once("= ").map_or("not GraphQL", |(_, expected)| expected.trim());
            format!("syntax error at line {}, column {}: {expected}", start.line, start.column)
        }
        other => other.to_string(),
    };
    let mut located = ServerError::new(message, None);
    located.locations = error.positions().collect();
    located
}

fn too_large(error: &query_limits::QueryLimitError) -> ServerError {
    request_error(VALIDATION_FAILED, ServerError::new(error.to_string(), None))
}

fn chosen<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<&'a OperationDefinition, ServerError> {
    let refuse = |message: &str| Err(request_error(VALIDATION_FAILED, ServerError::new(message, None)));
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Single(_), Some(_)) => refuse("operationName names no operation of the document"),
        (DocumentOperations::Multiple(operations), Some(name)) => match operations.get(name) {
            Some(operation) => Ok(&operation.node),
            None => refuse("operationName names no operation of the document"),
        },
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            match (all.next(), all.next()) {
                (Some(only), None) => Ok(&only.node),
                _ => refuse("the document has several operations: operationName must name one"),
            }
        }
    }
}

/// Refuses U+0000 in texts. PostgreSQL cannot store it, and both databases must accept the same texts.
fn check_texts(request: &Request) -> Result<(), ServerError> {
    let refuse = |place: &str| {
        Err(response::error(ErrorCode::BadUserInput, format!("{place}: a text must not hold the character U+0000")))
    };
    // An escaped backslash before it is refused too; that text is not worth telling apart.
    if request.query.contains('\0') || request.query.contains("\\u0000") {
        return refuse("query");
    }
    match request.variables.iter().find(|(_, value)| holds_nul(value)) {
        Some((name, _)) => refuse(&format!("variables.{name}")),
        None => Ok(()),
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::List(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// A missing required variable is an error of the request, not of the field that uses it.
fn check_variables(operation: &OperationDefinition, request: &Request) -> Result<(), ServerError> {
    for variable in &operation.variable_definitions {
        let definition = &variable.node;
        let given = request.variables.get(&definition.name.node);
        let missing = match given {
            None => definition.default_value.is_none(),
            Some(value) => *value == Value::Null,
        };
        if missing && !definition.var_type.node.nullable {
            let mut error =
                response::error(ErrorCode::BadUserInput, format!("the variable ${} is required", definition.name.node));
            error.locations = vec![variable.pos];
            return Err(error);
        }
    }
    Ok(())
}

/// Charges a query or mutation to its tenant and runs it. A read is cancelled at the time limit; a write that has reached
/// the writer continues, and the caller learns its result by its idempotency key.
pub(super) async fn execute(transport: &Transport, viewer: &Viewer, id: &RequestId, prepared: Prepared) -> Response {
    let charge = match Charge::take(&transport.app, viewer, &prepared) {
        Ok(charge) => charge,
        Err(mut refused) => {
            response::annotate_errors(&mut refused, id);
            count(prepared.kind, &refused);
            return refused;
        }
    };
    let Prepared { request, kind, .. } = prepared;
    let started = Instant::now();
    let request = request.data(viewer.clone()).data(id.clone()).data(charge.written());
    let mut response = match tokio::time::timeout(transport.request_timeout, transport.schema.execute(request)).await {
        Ok(response) => response,
        Err(_) => Response::from_errors(vec![response::error(ErrorCode::Timeout, timeout_sentence(kind))]),
    };
    response::annotate_errors(&mut response, id);
    charge.settle(&mut response);
    metrics::histogram!("lodgate_request_seconds", "operation" => kind_name(kind)).record(started.elapsed());
    count(kind, &response);
    response
}

fn timeout_sentence(kind: OperationType) -> &'static str {
    if kind == OperationType::Mutation {
        "this took too long; repeat it with the same idempotencyKey to learn the outcome"
    } else {
        "this took too long; ask for less at once"
    }
}

/// Counts an operation by its outcome.
pub(super) fn count(kind: OperationType, response: &Response) {
    let outcome = response::outcome(response);
    metrics::counter!("lodgate_requests_total", "operation" => kind_name(kind), "outcome" => outcome).increment(1);
}

/// Counts a request whose operation is unknown.
pub(super) fn count_refused(outcome: &'static str) {
    metrics::counter!("lodgate_requests_total", "operation" => "unknown", "outcome" => outcome).increment(1);
}

/// A running subscription, counted until it is dropped.
pub(super) struct Subscribed(());

impl Subscribed {
    pub(super) fn new() -> Self {
        metrics::gauge!("lodgate_subscriptions").increment(1.0);
        Self(())
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        metrics::gauge!("lodgate_subscriptions").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use serde_json::json;

    use super::*;

    fn code(request: Request) -> String {
        let error = prepare(request).map(|prepared| prepared.kind).unwrap_err();
        serde_json::to_value(error).unwrap()["extensions"]["code"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_operation_named_is_the_one_that_counts() {
        let document = "query A { a } mutation B { b }";
        assert_eq!(prepare(Request::new(document).operation_name("B")).unwrap().kind, OperationType::Mutation);
        assert_eq!(code(Request::new(document)), VALIDATION_FAILED);
        assert_eq!(code(Request::new(document).operation_name("C")), VALIDATION_FAILED);
        assert_eq!(code(Request::new("{ a }").operation_name("A")), VALIDATION_FAILED);
        assert_eq!(code(Request::new("{ a ")), PARSE_FAILED);
    }

    #[test]
    fn no_text_holds_the_null_character() {
        let variables = |value| Variables::from_json(json!({ "x": { "y": [value] } }));
        let request = || Request::new("query($x: I!) { a(x: $x) }");
        assert_eq!(code(request().variables(variables("a\u{0}"))), "BAD_USER_INPUT");
        assert!(prepare(request().variables(variables("a"))).is_ok());
        assert_eq!(code(Request::new(r#"{ a(x: "\u0000") }"#)), "BAD_USER_INPUT");
    }

    #[test]
    fn a_syntax_error_names_the_place_and_not_the_text() {
        let error = prepare(Request::new("{ viewer(password: \"hunter2\") {\n  ! }")).map(|_| ()).unwrap_err();
        assert!(error.message.starts_with("syntax error at line 2, column 3: expected "), "{}", error.message);
        assert!(!error.message.contains("hunter2") && !error.message.contains('\n'), "{}", error.message);
        assert_eq!((error.locations[0].line, error.locations[0].column), (2, 3));
    }

    #[test]
    fn a_required_variable_must_be_there() {
        let request = || Request::new("query($x: Int!, $y: Int! = 1, $z: Int) { a(x: $x, y: $y, z: $z) }");
        assert_eq!(code(request()), "BAD_USER_INPUT");
        assert_eq!(code(request().variables(Variables::from_json(json!({ "x": null })))), "BAD_USER_INPUT");
        assert!(prepare(request().variables(Variables::from_json(json!({ "x": 1 })))).is_ok());
    }
}
