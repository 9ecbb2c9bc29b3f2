//! The bytes of a request, often damaged.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use super::{operations::Walk, schema::Schema};

/// A request, and the allowed outcome.
pub struct Sent {
    /// The whole request.
    pub bytes: Vec<u8>,
    /// True when the connection may end without a response, because the request has no clear end.
    pub may_be_cut: bool,
}

/// The inputs of random requests.
pub struct Source<'a> {
    pub schema: &'a Schema,
    /// Tokens of a supplier and a partner.
    pub tokens: [&'a str; 2],
    /// Existing ids and codes.
    pub known: &'a [String],
}

const MEDIA: [&str; 8] = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
    "application/graphql",
    "",
    ";;;",
    "application/json;charset",
];
const ACCEPT: [&str; 7] = [
    "application/json",
    "application/graphql-response+json",
    "application/graphql-response+json, application/json;q=0.9",
    "*/*",
    "text/html",
    ";q=,,,*/*;q=nan",
    "application/json;q=1e9",
];
const METHODS: [&str; 7] = ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "NONSENSE"];
const PATHS: [&str; 8] = [
    "/graphql/",
    "/graphql/ws",
    "/graphiql",
    "/oauth/token",
    "/%00",
    "/..%2f..%2fetc/passwd",
    "//graphql",
    "/graphql;a=b",
];

impl Source<'_> {
    fn operation(&self, random: &mut StdRng) -> Value {
        Walk::new(self.schema, random, self.known).request()
    }

    /// Generates one request.
    pub fn request(&self, random: &mut StdRng) -> Sent {
        let mut head = Head::new(&self.token(random), random);
        let operation = self.operation(random);
        match random.random_range(0..100) {
            0..50 => head.post(operation.to_string().as_bytes()),
            50..60 => head.get(&operation),
            60..67 => {
                let count = random.random_range(0..8);
                let batch: Value = (0..count).map(|_| self.operation(random)).collect();
                head.post(batch.to_string().as_bytes())
            }
            67..73 => head.post(persisted(operation, random).to_string().as_bytes()),
            73..85 => {
                let body = damaged(operation.to_string().into_bytes(), random);
                head.post(&body)
            }
            85..90 => head.post(&nested(random)),
            90..95 => {
                head.odd(random);
                head.post(operation.to_string().as_bytes())
            }
            _ => head.with_wrong_length(operation.to_string().as_bytes(), random),
        }
    }

    fn token(&self, random: &mut StdRng) -> String {
        let token = self.tokens[usize::from(random.random_bool(0.3))];
        match random.random_range(0..40) {
            0 => String::new(),
            1 => damaged_text(token, random),
            2 => "x".repeat(random.random_range(1..20_000)),
            _ => token.to_owned(),
        }
    }
}

/// The head of a request.
struct Head {
    method: &'static str,
    path: String,
    lines: Vec<String>,
}

impl Head {
    fn new(token: &str, random: &mut StdRng) -> Self {
        let mut lines = vec!["host: fuzz".to_owned(), "connection: close".to_owned()];
        if !token.is_empty() {
            lines.push(format!("authorization: Bearer {token}"));
        }
        if random.random_bool(0.2) {
            lines.push(format!("accept: {}", ACCEPT.choose(random).expect("not empty")));
        }
        Self { method: "POST", path: "/graphql".to_owned(), lines }
    }

    fn with(&self, body: &[u8]) -> Vec<u8> {
        let head = format!("{} {} HTTP/1.1\r\n{}\r\n\r\n", self.method, self.path, self.lines.join("\r\n"));
        [head.as_bytes(), body].concat()
    }

    fn post(mut self, body: &[u8]) -> Sent {
        if !self.lines.iter().any(|line| line.starts_with("content-type")) {
            self.lines.push("content-type: application/json".to_owned());
        }
        self.lines.push(format!("content-length: {}", body.len()));
        Sent { bytes: self.with(body), may_be_cut: false }
    }

    fn get(mut self, operation: &Value) -> Sent {
        self.method = "GET";
        let encode = |value: &Value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>()
        };
        self.path =
            format!("/graphql?query={}&variables={}", encode(&operation["query"]), encode(&operation["variables"]));
        let bytes = self.with(b"");
        // A head that is too large may be refused before it is complete, and the reset may discard the response.
        let may_be_cut = bytes.len() > 16 * 1_024;
        Sent { bytes, may_be_cut }
    }

    /// Unexpected headers, methods and paths.
    fn odd(&mut self, random: &mut StdRng) {
        match random.random_range(0..6) {
            0 => self.lines.push(format!("content-type: {}", MEDIA.choose(random).expect("not empty"))),
            1 => {
                self.lines.extend(["content-type: application/json".to_owned(), "content-type: text/plain".to_owned()])
            }
            2 => self.method = METHODS.choose(random).expect("not empty"),
            3 => self.path = (*PATHS.choose(random).expect("not empty")).to_owned(),
            4 => self.lines.push("content-encoding: gzip".to_owned()),
            _ => self.lines.extend([
                "x-request-id: \u{e9}\t<>".to_owned(),
                "traceparent: 00-zz".to_owned(),
                "tracestate: ,,,=".to_owned(),
                "cookie: a=b; lodgate=1".to_owned(),
                "origin: https://elsewhere.example".to_owned(),
            ]),
        }
    }

    /// A length that differs from the length of the body.
    fn with_wrong_length(mut self, body: &[u8], random: &mut StdRng) -> Sent {
        self.lines.push("content-type: application/json".to_owned());
        match random.random_range(0..7) {
            0 => self.lines.push(format!("content-length: {}", body.len() + 10)),
            1 => self.lines.push(format!("content-length: {}", body.len() / 2)),
            2 => self.lines.extend([format!("content-length: {}", body.len()), "content-length: 1".to_owned()]),
            3 => self.lines.push("content-length: 99999999999999999999".to_owned()),
            4 => self.lines.push("transfer-encoding: chunked".to_owned()),
            5 => {
                self.lines.extend(["transfer-encoding: chunked".to_owned(), format!("content-length: {}", body.len())])
            }
            _ => self.lines.push("content-length: abc".to_owned()),
        }
        Sent { bytes: self.with(body), may_be_cut: true }
    }
}

/// A persisted query: a valid hash, an invalid hash, or the hash of an unknown document.
fn persisted(mut operation: Value, random: &mut StdRng) -> Value {
    let hash: String = (0..64).map(|_| char::from_digit(random.random_range(0..16), 16).unwrap_or('0')).collect();
    let version = if random.random_bool(0.8) { json!(1) } else { json!("1") };
    operation["extensions"] = json!({ "persistedQuery": { "version": version, "sha256Hash": hash } });
    match random.random_range(0..4) {
        0 => operation["query"] = Value::Null,
        1 => operation["extensions"]["persistedQuery"]["sha256Hash"] = json!(random.random_range(0..9)),
        2 => operation["documentId"] = json!("none"),
        _ => {}
    }
    operation
}

/// Flips bits, and cuts, inserts or repeats bytes.
fn damaged(mut body: Vec<u8>, random: &mut StdRng) -> Vec<u8> {
    for _ in 0..random.random_range(1..6) {
        if body.is_empty() {
            return body;
        }
        let place = random.random_range(0..body.len());
        match random.random_range(0..5) {
            0 => body[place] ^= 1 << random.random_range(0..8),
            1 => body.truncate(place),
            2 => body.insert(place, random.random()),
            3 => {
                body.remove(place);
            }
            _ => {
                let part = body[place..body.len().min(place + 200)].to_vec();
                body.splice(place..place, part);
            }
        }
    }
    body
}

fn damaged_text(text: &str, random: &mut StdRng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let place = random.random_range(0..bytes.len());
    bytes[place] = *b"abcXYZ09-_.".choose(random).expect("not empty");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Deep, long, huge or invalid bodies.
fn nested(random: &mut StdRng) -> Vec<u8> {
    let depth = random.random_range(1..30_000);
    let document = match random.random_range(0..9) {
        0 => return format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes(),
        1 => return "{\"variables\":".repeat(depth / 12).into_bytes(),
        2 => return [&b"{\"query\":\""[..], &[0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80], b"\"}"].concat(),
        3 => {
            return format!(r#"{{"query":"{{ viewer {{ plan }} }}","variables":{{"x":{}}}}}"#, "9".repeat(depth))
                .into_bytes();
        }
        4 => format!("{} a {}", "{ viewer ".repeat(depth / 9), "}".repeat(depth / 9)),
        5 => format!("{{ viewer(x: {}{}) {{ plan }} }}", "[".repeat(depth), "]".repeat(depth)),
        6 => format!("{{ {} }}", "__typename ".repeat(depth / 4)),
        7 => {
            let levels = random.random_range(1..60);
            let doubles =
                (0..levels).map(|level| format!(" fragment F{level} on Query {{ ...F{0} ...F{0} }}", level + 1));
            format!("{{ ...F0 }}{} fragment F{levels} on Query {{ __typename }}", doubles.collect::<String>())
        }
        _ => format!("{{ node(id: \"{}\") {{ id }} }} #{}", "x".repeat(depth), "#".repeat(depth)),
    };
    json!({ "query": document }).to_string().into_bytes()
}
