//! Which media type an answer has, by `Accept`.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};

/// The media types of GraphQL over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`: a well-formed request is answered 200 whatever became of it.
    Json,
    /// `application/graphql-response+json`: the status says whether it was executed.
    GraphqlResponse,
}

/// How well a range of `Accept` fits: its quality, in thousandths, then how exact it is.
type Fit = (u16, u8);

/// What a caller takes, by its `Accept`: ranges and their quality in thousandths; `None` when it does not say.
pub(super) struct Accepted(Option<Vec<(String, u16)>>);

impl Accepted {
    pub(super) fn by(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(ACCEPT).iter().peekable();
        if values.peek().is_none() {
            return Self(None);
        }
        // What can't be read is no wish; the ranges beside it may be.
        let texts = values.filter_map(|value| value.to_str().ok());
        Self(Some(texts.flat_map(|text| text.split(',')).filter_map(range).collect()))
    }

    /// Whether it takes this media type, named or as part of a range; silence is consent.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.0.is_none() || self.fit(name).is_some()
    }

    fn fit(&self, name: &str) -> Option<Fit> {
        let (kind, _) = name.split_once('/')?;
        // The most exact range decides, whatever the others say of it.
        let exactness = |range: &str| match range {
            _ if range == name => Some(2),
            "*/*" => Some(0),
            _ => range.strip_suffix("/*").filter(|of| *of == kind).map(|_| 1),
        };
        let fits = self.ranges().iter().filter_map(|(range, quality)| Some((exactness(range)?, *quality)));
        let (exactness, quality) = fits.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
        (quality > 0).then_some((quality, exactness))
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.ranges().iter().position(|(range, _)| range == name)
    }

    fn ranges(&self) -> &[(String, u16)] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Media {
    /// The one that the caller prefers; `None` when it takes neither. A caller that does not say, or takes everything,
    /// gets `application/json`, which every client reads.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let accepted = Accepted::by(headers);
        if accepted.0.is_none() {
            return Some(Self::Json);
        }
        let place = |media: Self| accepted.place(media.name());
        match (accepted.fit(Self::Json.name()), accepted.fit(Self::GraphqlResponse.name())) {
            (None, None) => None,
            (Some(_), None) => Some(Self::Json),
            (None, Some(_)) => Some(Self::GraphqlResponse),
            (Some(json), Some(graphql)) if json != graphql => {
                Some(if json > graphql { Self::Json } else { Self::GraphqlResponse })
            }
            // Named alike: the one named first.
            _ if place(Self::GraphqlResponse) < place(Self::Json) => Some(Self::GraphqlResponse),
            _ => Some(Self::Json),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }

    /// As it stands in `Content-Type`.
    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// A range and its quality in thousandths; `None` for what is none.
fn range(text: &str) -> Option<(String, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    if !name.contains('/') {
        return None;
    }
    let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    Some((name, quality.map_or(Some(1_000), thousandths)?))
}

/// `0`, `0.5`, `0.123`, `1`, `1.000`; `None` for what is no quality.
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
        Media::of(&headers(text))
    }

    #[test]
    fn the_media_type_is_the_one_asked_for() {
        let (json, graphql) = (Some(Media::Json), Some(Media::GraphqlResponse));
        assert_eq!(Media::of(&HeaderMap::new()), json);
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
    fn a_caller_that_takes_neither_gets_none() {
        for text in
            ["text/html", "application/xml, image/*", "*/*;q=0", "application/json;q=0", "", "nonsense", "*/*;q=2"]
        {
            assert_eq!(accept(text), None, "{text}");
        }
    }

    #[test]
    fn another_type_is_taken_by_name_by_range_and_by_silence() {
        let takes = |text| Accepted::by(&headers(text)).takes("text/event-stream");
        assert!(Accepted::by(&HeaderMap::new()).takes("text/event-stream"));
        for taken in ["text/event-stream", "application/json, Text/Event-Stream;q=0.5", "text/*", "*/*"] {
            assert!(takes(taken), "{taken}");
        }
        for not in ["application/json", "text/event-stream;q=0", "*/*, text/event-stream;q=0.0", "image/*", ""] {
            assert!(!takes(not), "{not}");
        }
    }
}
