//! Manifests: JSON files of documents, as client tools write them.

use serde_json::{Map, Value};

use super::Hash;

/// Maximum number of documents per file.
pub const MAX_DOCUMENTS: usize = 5_000;
/// Maximum length of an id, in bytes.
const MAX_ID: usize = 128;
/// Maximum length of a document, in bytes.
const MAX_DOCUMENT: usize = 16 * 1_024;

/// One document of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The id that requests use.
    pub id: String,
    /// The GraphQL text.
    pub document: String,
}

/// A file that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file is not JSON.
    #[error("the file is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The JSON has another shape.
    #[error(
        "the file is neither an object of id and document nor one with a list of operations, each with id and body"
    )]
    Shape,
    /// There are too many documents.
    #[error("a file has at most {MAX_DOCUMENTS} documents")]
    TooMany,
    /// A document is invalid.
    #[error("the document {id}: {fault}")]
    Document {
        /// Its id.
        id: String,
        /// The reason.
        fault: String,
    },
}

/// Reads a file: an object of id and document, or `{"operations": [{"id": …, "body": …}]}`.
///
/// # Errors
/// [`ManifestError`].
pub fn read(json: &str) -> Result<Vec<Listed>, ManifestError> {
    let Value::Object(fields) = serde_json::from_str(json)? else { return Err(ManifestError::Shape) };
    let listed = match fields.get("operations") {
        Some(Value::Array(operations)) => operations.iter().map(operation).collect::<Option<Vec<_>>>(),
        _ => pairs(&fields),
    };
    let listed = listed.ok_or(ManifestError::Shape)?;
    if listed.len() > MAX_DOCUMENTS {
        return Err(ManifestError::TooMany);
    }
    listed.iter().try_for_each(check)?;
    Ok(listed)
}

fn pairs(fields: &Map<String, Value>) -> Option<Vec<Listed>> {
    let pair =
        |(id, document): (&String, &Value)| Some(Listed { id: id.clone(), document: document.as_str()?.to_owned() });
    fields.iter().map(pair).collect()
}

fn operation(value: &Value) -> Option<Listed> {
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    Some(Listed { id: text("id")?, document: text("body")? })
}

fn check(listed: &Listed) -> Result<(), ManifestError> {
    let Listed { id, document } = listed;
    let refuse = |fault: &str| Err(ManifestError::Document { id: id.clone(), fault: fault.to_owned() });
    if id.is_empty() || id.len() > MAX_ID || id.bytes().any(|byte| byte.is_ascii_control()) {
        return refuse("an id has 1 to 128 bytes and no control characters");
    }
    if document.len() > MAX_DOCUMENT {
        return refuse("a document has at most 16 kB");
    }
    // An id in the form of a hash must be the hash of the document, or clients that compute it would get another text.
    let claimed = id.strip_prefix("sha256:").unwrap_or(id).parse::<Hash>();
    if claimed.is_ok_and(|claimed| claimed != Hash::of(document)) {
        return refuse("the id is a SHA-256 of another text");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_are_read() {
        let one = Listed { id: "Hotels".to_owned(), document: "{ viewer { plan } }".to_owned() };
        let one = [one];
        assert_eq!(read(r#"{"Hotels":"{ viewer { plan } }"}"#).unwrap(), one);
        let manifest = r#"{"format":"x","version":1,
            "operations":[{"id":"Hotels","name":"Hotels","type":"query","body":"{ viewer { plan } }"}]}"#;
        assert_eq!(read(manifest).unwrap(), one);
        let hash = Hash::of("{ a }");
        assert_eq!(read(&format!(r#"{{"sha256:{hash}":"{{ a }}"}}"#)).unwrap().len(), 1);
    }

    #[test]
    fn invalid_documents_are_named() {
        let wrong = format!(r#"{{"{}":"{{ b }}"}}"#, Hash::of("{ a }"));
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_DOCUMENT + 1));
        for bad in ["", "[]", r#"{"a":1}"#, r#"{"operations":[{"id":"a"}]}"#, r#"{"":"{ a }"}"#, &wrong, &long] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&wrong).unwrap_err().to_string().contains(&Hash::of("{ a }").to_string()));
    }
}
