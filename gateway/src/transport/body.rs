//! Reading request bodies within limits of size and time.

use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::StatusCode;

/// A body that was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is too large.
    Large,
    /// It did not arrive in time.
    Slow,
    /// The connection failed before its end.
    Broken,
}

impl BodyFault {
    /// The status of the response.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Large => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

/// Reads the whole body, of at max `max` bytes, within `within`.
pub(crate) async fn read(body: Body, max: usize, within: Duration) -> Result<Bytes, BodyFault> {
    // A body whose declared length is too large is not read at all.
    if body.size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX) {
        return Err(BodyFault::Large);
    }
    match tokio::time::timeout(within, axum::body::to_bytes(body, max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(if is_limit(&error) { BodyFault::Large } else { BodyFault::Broken }),
        Err(_) => Err(BodyFault::Slow),
    }
}

/// Whether the limit was reached, rather than the connection lost. Axum does not export the library's error type.
fn is_limit(error: &axum::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if inner.to_string() == "length limit exceeded" {
            return true;
        }
        cause = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt;

    use super::*;

    const SOON: Duration = Duration::from_millis(50);

    async fn of(chunks: Vec<Result<&'static str, std::io::Error>>) -> Result<Bytes, BodyFault> {
        read(Body::from_stream(tokio_stream::iter(chunks)), 5, SOON).await
    }

    #[tokio::test]
    async fn a_body_is_read_whole_or_not_at_all() {
        assert_eq!(of(vec![Ok("ab"), Ok("cde")]).await.unwrap(), "abcde");
        assert_eq!(of(vec![Ok("ab"), Ok("cdef")]).await, Err(BodyFault::Large));
        assert_eq!(read(Body::from("abcdef"), 5, SOON).await, Err(BodyFault::Large));
        assert_eq!(of(vec![Ok("ab"), Err(std::io::Error::other("cut"))]).await, Err(BodyFault::Broken));
        let endless = tokio_stream::iter([Ok::<_, std::io::Error>("a")]).chain(tokio_stream::pending());
        assert_eq!(read(Body::from_stream(endless), 5, SOON).await, Err(BodyFault::Slow));
    }
}
