//! Files and parts of files, as browsers ask for them and get them.

use std::{io, ops::Range};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream::BoxStream;

use super::ApiError;

/// Bytes on their way out.
pub(crate) struct Served {
    pub(crate) media_type: HeaderValue,
    /// Of the whole file, in hex.
    pub(crate) sha256: String,
    /// Of the whole file.
    pub(crate) bytes: u64,
    pub(crate) range: Range<u64>,
    /// Whether a range was asked for.
    pub(crate) partial: bool,
    pub(crate) cache: Cache,
    pub(crate) body: BoxStream<'static, io::Result<Bytes>>,
}

/// For how long a browser may keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cache {
    /// It never changes.
    ForEver,
    /// It may be made anew, by other settings.
    ForAWhile,
    Never,
}

impl Cache {
    const fn words(self) -> &'static str {
        match self {
            Self::ForEver => "private, max-age=31536000, immutable",
            Self::ForAWhile => "private, max-age=600",
            Self::Never => "no-store",
        }
    }
}

impl Served {
    /// What the audit says about it.
    pub(crate) fn detail(&self) -> String {
        if self.partial {
            format!("bytes {}-{}", self.range.start, self.range.end.saturating_sub(1))
        } else {
            "whole".to_owned()
        }
    }

    pub(crate) fn response(self) -> Result<Response, ApiError> {
        let Self { media_type, sha256, bytes, range, partial, cache, body } = self;
        let mut response = Response::builder()
            .header(header::CONTENT_TYPE, media_type)
            .header(header::CONTENT_LENGTH, range.end - range.start)
            .header(header::ACCEPT_RANGES, "bytes")
            .header(header::ETAG, format!("\"{sha256}\""))
            .header(header::CACHE_CONTROL, cache.words());
        if partial {
            let part = format!("bytes {}-{}/{bytes}", range.start, range.end.saturating_sub(1));
            response =
                response.status(StatusCode::PARTIAL_CONTENT).header(header::CONTENT_RANGE, part);
        }
        let body = Body::from_stream(body);
        response.body(body).map_err(|error| ApiError::Internal(error.into()))
    }
}

/// What a `Range` header asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// `end` is exclusive.
    From {
        start: u64,
        end: u64,
    },
    Last(u64),
}

impl Asked {
    /// Of a request; `None` for the whole.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(header::RANGE)?.to_str().ok()?)
    }

    /// Of a file of so many bytes; may begin beyond its end.
    pub(crate) fn within(self, bytes: u64) -> Range<u64> {
        match self {
            Self::From { start, end } => start..end,
            Self::Last(count) => bytes.saturating_sub(count)..bytes.max(1),
        }
    }

    /// `None` for what RFC 9110 lets a server ignore: other units, several ranges, nonsense.
    fn parse(header: &str) -> Option<Self> {
        let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse().unwrap_or(u64::MAX))
        };
        if first.is_empty() {
            return number(last).map(Self::Last);
        }
        let start = number(first)?;
        let end = if last.is_empty() { u64::MAX } else { number(last)?.saturating_add(1) };
        (start < end).then_some(Self::From { start, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_browsers_ask_for_them() {
        let from = |start, end| Some(Asked::From { start, end });
        for (header, expected) in [
            ("bytes=0-", from(0, u64::MAX)),
            ("bytes=0-0", from(0, 1)),
            ("bytes=5-9", from(5, 10)),
            ("bytes=-4", Some(Asked::Last(4))),
            ("bytes=9-5", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("bytes=0-1,3-4", None),
            ("items=0-1", None),
            ("bytes=99999999999999999999-", None),
        ] {
            assert_eq!(Asked::parse(header), expected, "{header}");
        }
    }
}
