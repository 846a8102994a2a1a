//! The one error of the API: what a client may see of what went wrong.

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use store::{DecideError, EvidenceError, FlightError, RenditionError, StoreError};

use crate::auth::HashError;

/// Every way in which a request can fail. The text is for a person.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("not signed in")]
    NotSignedIn,
    #[error("name or password is wrong")]
    BadCredentials,
    #[error("too many attempts: wait a quarter of an hour")]
    TooManyAttempts,
    #[error("your role does not allow this")]
    Forbidden,
    #[error(
        "your role sees pictures masked: ask a reviewer or an administrator, who may see the original \
         and say why"
    )]
    OriginalsForbidden,
    #[error(
        "a file of this kind cannot be masked; who may see originals can fetch it with \
         `view=original` and a `reason`"
    )]
    OriginalsOnly,
    #[error("it cannot be masked, so it is not shown: {0}")]
    CannotMask(String),
    #[error("requests that change something must come from this page")]
    ForeignOrigin,
    #[error("there is no {0}")]
    NotFound(String),
    #[error("{0}")]
    BadRequest(String),
    #[error("this address does not take this method")]
    WrongMethod,
    #[error("the body must be JSON: send `content-type: application/json`")]
    JsonRequired,
    #[error("the body is too large")]
    TooLarge,
    #[error("{0}")]
    Stale(String),
    #[error("{0}")]
    ReasonRequired(&'static str),
    #[error("{0}")]
    NotReady(String),
    #[error("there are {bytes} bytes")]
    Range { bytes: u64 },
    #[error("too many pages listen for changes")]
    Busy,
    #[error("it took too long")]
    Timeout,
    #[error("speak tus 1.0.0: send `Tus-Resumable: 1.0.0`")]
    TusVersion,
    #[error("send the bytes as `application/offset+octet-stream`")]
    NoOffsetStream,
    /// What the caller can do something about; the rest is `Internal`.
    #[error("{error}")]
    Flight { status: StatusCode, code: &'static str, error: Box<FlightError> },
    #[error("something went wrong; the log of the program says what")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::NotSignedIn => (S::UNAUTHORIZED, "not_signed_in"),
            Self::BadCredentials => (S::UNAUTHORIZED, "bad_credentials"),
            Self::TooManyAttempts => (S::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Forbidden => (S::FORBIDDEN, "forbidden"),
            Self::OriginalsForbidden => (S::FORBIDDEN, "originals_forbidden"),
            Self::OriginalsOnly => (S::FORBIDDEN, "originals_only"),
            Self::CannotMask(_) => (S::SERVICE_UNAVAILABLE, "cannot_mask"),
            Self::ForeignOrigin => (S::FORBIDDEN, "foreign_origin"),
            Self::NotFound(_) => (S::NOT_FOUND, "not_found"),
            Self::BadRequest(_) => (S::BAD_REQUEST, "bad_request"),
            Self::WrongMethod => (S::METHOD_NOT_ALLOWED, "wrong_method"),
            Self::JsonRequired => (S::UNSUPPORTED_MEDIA_TYPE, "json_required"),
            Self::TooLarge => (S::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Stale(_) => (S::CONFLICT, "stale"),
            Self::ReasonRequired(_) => (S::UNPROCESSABLE_ENTITY, "reason_required"),
            Self::NotReady(_) => (S::NOT_FOUND, "not_ready"),
            Self::Range { .. } => (S::RANGE_NOT_SATISFIABLE, "bad_range"),
            Self::Busy => (S::SERVICE_UNAVAILABLE, "busy"),
            Self::Timeout => (S::GATEWAY_TIMEOUT, "timeout"),
            Self::TusVersion => (S::PRECONDITION_FAILED, "tus_version"),
            Self::NoOffsetStream => (S::UNSUPPORTED_MEDIA_TYPE, "no_offset_stream"),
            Self::Flight { status, code, .. } => (*status, code),
            Self::Internal(_) => (S::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match self {
            Self::Range { bytes } => {
                let value = HeaderValue::try_from(format!("bytes */{bytes}"));
                headers.extend(value.ok().map(|value| (header::CONTENT_RANGE, value)));
            }
            Self::TooManyAttempts => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("900"));
            }
            Self::Busy => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        headers
    }
}

/// The body of every answer that is no success.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

/// What went wrong: `code` for programs, `message` for people.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
struct ErrorDetail {
    code: String,
    message: String,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        if let Self::Internal(error) = &self {
            // The one place where these are logged.
            tracing::error!(error = with_causes(error.as_ref()), "a request failed");
        }
        let error = ErrorDetail { code: code.to_owned(), message: self.to_string() };
        (status, self.headers(), Json(ErrorBody { error })).into_response()
    }
}

fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<HashError> for ApiError {
    fn from(error: HashError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<DecideError> for ApiError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::NotFound { id } => Self::NotFound(format!("alert {id}")),
            DecideError::Stale { .. } | DecideError::Reminded { .. } => {
                Self::Stale(error.to_string())
            }
            DecideError::Revision { .. } | DecideError::TooLong { .. } => {
                Self::BadRequest(error.to_string())
            }
            DecideError::NoReason => Self::ReasonRequired("a decision needs a reason"),
            DecideError::Store(error) => error.into(),
        }
    }
}

impl From<EvidenceError> for ApiError {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::NoAlert { alert } => Self::NotFound(format!("alert {alert}")),
            EvidenceError::NotFound { .. } | EvidenceError::BadName { .. } => {
                Self::NotFound("evidence of this name".to_owned())
            }
            EvidenceError::NotReady { .. } => Self::NotReady(error.to_string()),
            EvidenceError::Range { bytes, .. } => Self::Range { bytes },
            EvidenceError::Store(error) => error.into(),
            error => Self::Internal(error.into()),
        }
    }
}

impl From<RenditionError> for ApiError {
    fn from(error: RenditionError) -> Self {
        match error {
            RenditionError::Range { bytes, .. } => Self::Range { bytes },
            RenditionError::Name(error) => error.into(),
            error => Self::Internal(error.into()),
        }
    }
}

impl From<FlightError> for ApiError {
    fn from(error: FlightError) -> Self {
        use FlightError as E;
        use StatusCode as S;
        let (status, code) = match &error {
            E::NoFlight { flight } => return Self::NotFound(format!("flight {flight}")),
            E::NoFile { .. } => return Self::NotFound("file of this number".to_owned()),
            E::NotReceived { .. } | E::NotDone { .. } => return Self::NotReady(error.to_string()),
            E::Range { bytes, .. } => return Self::Range { bytes: *bytes },
            E::State { .. } => (S::CONFLICT, "flight_busy"),
            E::Empty { .. } => (S::CONFLICT, "flight_empty"),
            E::Incomplete { .. } => (S::CONFLICT, "upload_incomplete"),
            E::Offset { .. } => (S::CONFLICT, "wrong_offset"),
            E::BadName { .. } => (S::UNPROCESSABLE_ENTITY, "bad_name"),
            E::NameTaken { .. } => (S::UNPROCESSABLE_ENTITY, "name_taken"),
            E::TooMany { .. } => (S::UNPROCESSABLE_ENTITY, "too_many_files"),
            E::FileSize { .. } | E::Beyond { .. } => (S::PAYLOAD_TOO_LARGE, "too_large"),
            E::FlightSize { .. } => (S::PAYLOAD_TOO_LARGE, "flight_too_large"),
            E::Locked { .. } => (S::LOCKED, "upload_locked"),
            E::Busy => (S::SERVICE_UNAVAILABLE, "busy"),
            E::NoSpace { .. } | E::Store(StoreError::DiskFull { .. }) => {
                (S::INSUFFICIENT_STORAGE, "disk_full")
            }
            E::Broken { .. } => (S::BAD_REQUEST, "upload_broken"),
            E::File { .. } | E::Unstorable { .. } | E::Store(_) => {
                return Self::Internal(error.into());
            }
        };
        Self::Flight { status, code, error: Box::new(error) }
    }
}

/// A JSON body; a bad one is answered in the API's own form.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::JsonRequired),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(ApiError::TooLarge)
            }
            Err(rejection) => Err(ApiError::BadRequest(rejection.body_text())),
        }
    }
}
