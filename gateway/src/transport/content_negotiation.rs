//! The media type of a response, chosen by the request's `Accept` header.

use std::cmp::Reverse;

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};

/// The media types of GraphQL over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`: a well-formed request is answered 200 even if its operation fails.
    Json,
    /// `application/graphql-response+json`: the status shows whether the operation was executed.
    GraphqlResponse,
}

/// The preference of a client for a media type, best last: quality in thousandths, specificity of the matching range, and
/// the position of the range in the header.
type Preference = (u16, u8, Reverse<usize>);

/// The media ranges of a request's `Accept` header with their quality in thousandths; `None` without the header.
pub(super) struct Accept(Option<Vec<(String, u16)>>);

impl Accept {
    pub(super) fn new(headers: &HeaderMap) -> Self {
        if !headers.contains_key(ACCEPT) {
            return Self(None);
        }
        // An unreadable range is skipped; the others still count.
        let texts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        Self(Some(texts.flat_map(|text| text.split(',')).filter_map(range).collect()))
    }

    /// Whether the client accepts this media type, by name or by range. A missing header accepts everything.
    pub(super) fn includes(&self, name: &str) -> bool {
        self.0.is_none() || self.preference(name).is_some()
    }

    /// The most specific range that matches decides, even if another one has a higher quality (RFC 9110, 12.5.1).
    fn preference(&self, name: &str) -> Option<Preference> {
        let (kind, _) = name.split_once('/')?;
        let specificity = |range: &str| match range {
            _ if range == name => Some(2),
            "*/*" => Some(0),
            _ => range.strip_suffix("/*").filter(|range| *range == kind).map(|_| 1),
        };
        let ranges = self.0.iter().flatten().enumerate();
        let matching = ranges.filter_map(|(at, (range, quality))| Some((specificity(range)?, Reverse(at), *quality)));
        let (specificity, at, quality) = matching.max()?;
        (quality > 0).then_some((quality, specificity, at))
    }
}

impl Media {
    /// The media type that the client prefers; `None` when it accepts neither. Without a preference it is
    /// `application/json`, which every client reads.
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let accept = Accept::new(headers);
        if accept.0.is_none() {
            return Some(Self::Json);
        }
        let preferences = [Self::GraphqlResponse, Self::Json]
            .into_iter()
            .filter_map(|media| Some((accept.preference(media.name())?, media)));
        // Of equal ones the last is the maximum.
        preferences.max_by_key(|(preference, _)| *preference).map(|(_, media)| media)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }

    /// The value of `Content-Type`.
    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// A media range and its quality in thousandths; `None` if it is invalid.
fn range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    if !name.contains('/') {
        return None;
    }
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((name, quality.map_or(Some(1_000), thousandths)?))
}

/// The quality `0`, `0.5`, `0.123`, `1` or `1.000` in thousandths; `None` if it is invalid.
fn thousandths(text: &str) -> Option<u16> {
    let quality: f32 = text.trim().parse().ok()?;
    let plain = text.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1,000")]
    (plain && (0.0..=1.0).contains(&quality)).then(|| (quality * 1_000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(text))])
    }

    fn accept(text: &'static str) -> Option<Media> {
        Media::negotiate(&headers(text))
    }

    #[test]
    fn the_preferred_media_type_is_chosen() {
        let (json, graphql) = (Some(Media::Json), Some(Media::GraphqlResponse));
        assert_eq!(Media::negotiate(&HeaderMap::new()), json);
        for (text, media) in [
            ("*/*", json),
            ("application/*", json),
            ("text/html, application/xhtml+xml, */*;q=0.8", json),
            ("application/json", json),
            ("Application/JSON; charset=utf-8", json),
            ("application/graphql-response+json", graphql),
            ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", graphql),
            ("application/graphql-response+json; charset=utf-8, application/json; q=0.9", graphql),
            ("application/json, application/graphql-response+json", json),
            ("application/json, application/graphql-response+json;q=0.5", json),
            ("application/json;q=0.4, application/graphql-response+json;q=0.5", graphql),
            ("application/graphql-response+json, */*", graphql),
            ("application/json;q=0, */*", graphql),
            ("*/*;q=0.1, application/graphql-response+json;q=0.05", json),
        ] {
            assert_eq!(accept(text), media, "{text}");
        }
    }

    #[test]
    fn a_client_that_accepts_neither_gets_none() {
        for text in
            ["text/html", "application/xml, image/*", "*/*;q=0", "application/json;q=0", "", "nonsense", "*/*;q=2"]
        {
            assert_eq!(accept(text), None, "{text}");
        }
    }

    #[test]
    fn another_type_is_accepted_by_name_by_range_and_without_a_header() {
        let includes = |text| Accept::new(&headers(text)).includes("text/event-stream");
        assert!(Accept::new(&HeaderMap::new()).includes("text/event-stream"));
        for accepted in ["text/event-stream", "application/json, Text/Event-Stream;q=0.5", "text/*", "*/*"] {
            assert!(includes(accepted), "{accepted}");
        }
        for refused in ["application/json", "text/event-stream;q=0", "*/*, text/event-stream;q=0.0", "image/*", ""] {
            assert!(!includes(refused), "{refused}");
        }
    }
}
