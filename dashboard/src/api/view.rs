//! Who sees a picture how: masked, or as it came, with a reason that is recorded.
//!
//! Everything with people in it leaves through here. Masked is the default. The original takes a role that may
//! see it and a stated reason. What cannot be masked is not shown.

use axum::{
    Json,
    extract::{FromRequestParts, Query},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use store::{AuditEntry, RenditionBody, Session};
use utoipa::{IntoParams, ToSchema};

use super::{
    ApiError, App,
    range::{Asked, Cache, Served},
};
use crate::masking::{Masked, MaskingState, Wanted};

/// How a picture or video is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Look {
    /// `masked` (default), or `original`, which takes a role that may see it and a `reason`.
    #[serde(default)]
    #[param(inline)]
    view: View,
    /// Why the original is needed, 4 to 200 characters. It is recorded with the name of who looks.
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum View {
    #[default]
    Masked,
    Original,
}

impl FromRequestParts<App> for Look {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let query = Query::<Self>::from_request_parts(parts, app).await;
        query.map(|Query(look)| look).map_err(|error| ApiError::BadRequest(error.body_text()))
    }
}

/// What somebody gets to see.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Granted {
    Masked,
    /// As it came, for this reason.
    Original {
        reason: String,
    },
    /// As it came, because nothing is masked here.
    Open,
}

impl Look {
    /// What `session` may see of what it asks for.
    pub(crate) fn grant(&self, app: &App, session: &Session) -> Result<Granted, ApiError> {
        if app.context.masking.state() == MaskingState::Off {
            return Ok(Granted::Open);
        }
        if self.view == View::Masked {
            return Ok(Granted::Masked);
        }
        if !session.role.may_see_originals() {
            metrics::counter!("xunjian_originals_refused_total").increment(1);
            return Err(ApiError::OriginalsForbidden);
        }
        let reason = self.reason.as_deref().unwrap_or_default().trim();
        if !REASON_CHARS.contains(&reason.chars().count()) {
            return Err(ApiError::ReasonRequired(NEEDS_REASON));
        }
        Ok(Granted::Original { reason: reason.to_owned() })
    }
}

const REASON_CHARS: std::ops::RangeInclusive<usize> = 4..=200;
const NEEDS_REASON: &str = "say why you need to see the original: `reason` with 4 to 200 characters; \
                            it is recorded with your name";

impl Granted {
    /// Browsers keep no original: each look is asked for, and recorded, again.
    pub(crate) const fn cache(&self) -> Cache {
        match self {
            Self::Masked => Cache::ForAWhile,
            Self::Original { .. } => Cache::Never,
            Self::Open => Cache::ForEver,
        }
    }

    /// What the audit says about sending `what` of the file.
    pub(crate) fn entry(&self, session: Session, subject: String, what: String) -> AuditEntry {
        let (action, detail) = match self {
            Self::Masked => ("looked_at", format!("masked, {what}")),
            Self::Original { reason } => {
                ("looked_at_original", format!("{what}; reason: {reason}"))
            }
            Self::Open => ("looked_at", what),
        };
        AuditEntry { actor: session.user, action: action.to_owned(), subject, detail }
    }
}

/// The answer while a masked rendition is being made: ask again after `Retry-After` seconds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preparing {
    /// 0 to 1.
    progress: f64,
}

/// Sends the masked rendition of a file, or says how far it is, or why there is none.
pub(crate) async fn masked(
    app: &App,
    session: Session,
    wanted: Wanted,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let of = wanted.of.clone();
    match app.context.masking.ask(wanted).await {
        Masked::Ready => {}
        Masked::Preparing { progress } => {
            let later = [(header::RETRY_AFTER, "1")];
            return Ok((StatusCode::ACCEPTED, later, Json(Preparing { progress })).into_response());
        }
        Masked::Refused { why } => {
            metrics::counter!("xunjian_masked_refused_total").increment(1);
            return Err(ApiError::CannotMask(why));
        }
    }
    let store = &app.context.store;
    let range = match Asked::of(headers) {
        None => None,
        Some(asked) => {
            Some(asked.within(store.rendition(&of).await?.map_or(0, |rendition| rendition.bytes)))
        }
    };
    let partial = range.is_some();
    let RenditionBody { rendition, range, body } = store.read_rendition(&of, range).await?;
    let served = Served {
        media_type: HeaderValue::try_from(rendition.media_type.as_str())
            .map_err(|error| ApiError::Internal(error.into()))?,
        sha256: rendition.sha256.clone(),
        bytes: rendition.bytes,
        range,
        partial,
        cache: Granted::Masked.cache(),
        body,
    };
    store.audit(Granted::Masked.entry(session, of.to_string(), served.detail())).await?;
    let mut response = served.response()?;
    let told = response.headers_mut();
    for (name, value) in [
        ("x-original-sha256", rendition.original_sha256),
        ("x-masked-by", rendition.recipe),
        ("x-masked-places", rendition.places.to_string()),
    ] {
        let value = HeaderValue::try_from(value);
        told.insert(name, value.map_err(|error| ApiError::Internal(error.into()))?);
    }
    Ok(response)
}

#[cfg(test)]
mod tests;
