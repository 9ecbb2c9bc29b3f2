//! W3C trace context: the trace of a request, the same in every system that it passes.
//!
//! <https://www.w3.org/TR/trace-context/>. Each request is one span, named in the log and in the response; no spans are
//! recorded.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header, in requests and responses.
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Data of other systems about the trace; passed on unchanged.
pub(super) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
/// Maximum length of the state, in bytes, as the specification requires.
const MAX_STATE: usize = 512;

/// The position of a request in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TraceContext {
    trace: u128,
    /// The span of this request, a child of the caller's.
    span: u64,
    flags: u8,
    state: Option<HeaderValue>,
}

/// Generates an id; 0 is invalid.
fn fresh<T: Default + PartialEq>(random: impl Fn() -> T) -> T {
    loop {
        let id = random();
        if id != T::default() {
            return id;
        }
    }
}

impl TraceContext {
    /// Continues the caller's trace, or starts one without a valid header.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let span = fresh(rand::random);
        match parent(headers) {
            Some((trace, flags)) => Self { trace, span, flags, state: state(headers) },
            // Not sampled, because nothing is recorded.
            None => Self { trace: fresh(rand::random), span, flags: 0, state: None },
        }
    }

    /// The trace id, 32 hexadecimal digits.
    pub(super) fn trace(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The span id, 16 hexadecimal digits.
    pub(super) fn span(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// Adds the headers to the response.
    pub(super) fn describe(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(TRACEPARENT, value);
        }
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

/// Trace id and flags of a single `traceparent` header.
fn parent(headers: &HeaderMap) -> Option<(u128, u8)> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let mut parts = value.to_str().ok()?.split('-');
    let version = u8::try_from(hex(parts.next()?, 2)?).ok()?;
    let trace = hex(parts.next()?, 32).filter(|trace| *trace != 0)?;
    hex(parts.next()?, 16).filter(|span| *span != 0)?;
    let flags = u8::try_from(hex(parts.next()?, 2)?).ok()?;
    // Later versions may have more fields; version 00 may not.
    let fits = version != 0xff && (version != 0 || parts.next().is_none());
    // "sampled" is the only known flag.
    fits.then_some((trace, flags & 1))
}

/// Parses exactly this number of digits, in lower case as the specification requires.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let plain = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u128::from_str_radix(text, 16).ok())?
}

/// All `tracestate` headers joined, if they are short and valid.
fn state(headers: &HeaderMap) -> Option<HeaderValue> {
    let lines: Vec<&str> =
        headers.get_all(TRACESTATE).iter().map(HeaderValue::to_str).collect::<Result<_, _>>().ok()?;
    let state = lines.join(",");
    let member = |member: &str| {
        member.trim().is_empty()
            || member.split_once('=').is_some_and(|(key, value)| !key.trim().is_empty() && !value.is_empty())
    };
    let fits = (1..=MAX_STATE).contains(&state.len()) && state.split(',').all(member);
    fits.then(|| HeaderValue::try_from(state).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    fn of(lines: &[(HeaderName, &str)]) -> TraceContext {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        TraceContext::of(&headers)
    }

    #[test]
    fn a_trace_goes_on_under_a_span_of_its_own() {
        let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
        let context = of(&[(TRACEPARENT, &parent), (TRACESTATE, "rojo=1"), (TRACESTATE, "congo=t61rcWkgMzE")]);
        assert_eq!(context.trace(), TRACE);
        assert_ne!(context.span(), "b7ad6b7169203331");
        assert_eq!(context.to_string(), format!("00-{TRACE}-{}-01", context.span()));
        let mut headers = HeaderMap::new();
        context.describe(&mut headers);
        assert_eq!(headers[TRACESTATE], "rojo=1,congo=t61rcWkgMzE");
        assert_ne!(of(&[(TRACEPARENT, &parent)]).span(), context.span());
    }

    #[test]
    fn what_is_no_trace_begins_a_new_one() {
        for bad in [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}-b7ad6b7169203331"),
            format!("00-{TRACE}-b7ad6b7169203331-01-more"),
            format!("ff-{TRACE}-b7ad6b7169203331-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{}-b7ad6b7169203331-01", TRACE.to_uppercase()),
            format!("00-+{}-b7ad6b7169203331-01", &TRACE[1..]),
        ] {
            let context = of(&[(TRACEPARENT, &bad), (TRACESTATE, "rojo=1")]);
            assert_ne!(context.trace(), TRACE, "{bad}");
            assert_eq!(context.state, None, "{bad}");
        }
        let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
        assert_ne!(of(&[(TRACEPARENT, &parent), (TRACEPARENT, &parent)]).trace(), TRACE, "two of them");
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        assert_eq!(of(&[(TRACEPARENT, &format!("01-{TRACE}-b7ad6b7169203331-ff-more"))]).flags, 1);
    }

    #[test]
    fn a_state_is_passed_on_when_it_is_plain_and_short() {
        let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
        for bad in ["novalue", "=1", &format!("a={}", "x".repeat(600))] {
            assert_eq!(of(&[(TRACEPARENT, &parent), (TRACESTATE, bad)]).state, None, "{bad}");
        }
    }
}
