//! Signing in and out, and who is signed in.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    Json,
    extract::{ConnectInfo, FromRequestParts, State, connect_info::Connected},
    http::{StatusCode, request::Parts},
    serve::IncomingStream,
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use store::{AuditEntry, Role, Session};
use utoipa::ToSchema;

use super::{ApiError, App, ErrorBody, error::JsonBody};
use crate::{MaskingState, auth::Token, door::Door};

const COOKIE: &str = "xunjian_session";
/// A shift with some overtime; signing in again is one password.
const LASTS: SignedDuration = SignedDuration::from_hours(12);
/// More is no name and no password of ours; bounds the work on it.
const LONGEST: usize = 256;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    name: String,
    password: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    user: Person,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CurrentSession {
    user: Person,
    /// Of the program.
    version: &'static str,
    /// Whether pictures are shown masked.
    masked: bool,
    /// Whether this person may see them as they came, with a reason that is recorded.
    may_see_originals: bool,
}

/// Somebody who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    name: String,
    /// `viewer` looks, `reviewer` also decides, `admin` also manages.
    #[schema(value_type = RoleName)]
    role: Role,
}

/// What somebody may do.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `store::Role` to OpenAPI")]
enum RoleName {
    Admin,
    Reviewer,
    Viewer,
}

/// Signs in and sets the session cookie.
#[utoipa::path(
    post, path = "/api/login", tag = "session", request_body = Login,
    responses(
        (status = 200, body = LoggedIn),
        (status = 401, description = "`bad_credentials`", body = ErrorBody),
        (status = 429, description = "`too_many_attempts`", body = ErrorBody),
    )
)]
pub(crate) async fn login(
    State(app): State<App>,
    Peer(from): Peer,
    jar: CookieJar,
    JsonBody(Login { name, password }): JsonBody<Login>,
) -> Result<(CookieJar, Json<LoggedIn>), ApiError> {
    let now = app.context.clock.now();
    if name.len() > LONGEST || password.len() > LONGEST {
        return Err(ApiError::BadCredentials);
    }
    if !app.attempts.begin(&name, from, now) {
        metrics::counter!("xunjian_logins_refused_total").increment(1);
        return Err(ApiError::TooManyAttempts);
    }
    let user = app.context.store.user(&name).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let right = app.hasher.verify(password, hash).await?;
    let Some(user) = user.filter(|_| right) else {
        audit(&app, &name, "sign_in_failed", from).await?;
        return Err(ApiError::BadCredentials);
    };
    app.attempts.succeeded(&name, from);
    let token = Token::new().map_err(|error| ApiError::Internal(error.into()))?;
    // One step from the present is far from the end of time.
    let expires = now.saturating_add(LASTS).unwrap_or(now);
    app.context.store.create_session(&token.sha256(), &user.name, expires).await?;
    audit(&app, &user.name, "signed_in", from).await?;
    let user = Person { name: user.name, role: user.role };
    let cookie = cookie(token.as_str().to_owned(), app.config.http.secure_cookie);
    Ok((jar.add(cookie), Json(LoggedIn { user })))
}

/// Ends the session. Without one nothing happens.
#[utoipa::path(post, path = "/api/logout", tag = "session", responses((status = 204)))]
pub(crate) async fn logout(
    State(app): State<App>,
    Peer(from): Peer,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), ApiError> {
    if let Some(token) = token(&jar)
        && let Some(session) = app.context.store.session(&token.sha256()).await?
    {
        app.context.store.drop_session(&token.sha256()).await?;
        audit(&app, &session.user, "signed_out", from).await?;
    }
    let mut gone = cookie(String::new(), app.config.http.secure_cookie);
    gone.make_removal();
    Ok((StatusCode::NO_CONTENT, jar.add(gone)))
}

/// Who is signed in.
#[utoipa::path(
    get, path = "/api/session", tag = "session",
    responses((status = 200, body = CurrentSession), (status = 401, body = ErrorBody))
)]
pub(crate) async fn session(
    State(app): State<App>,
    SignedIn(session): SignedIn,
) -> Json<CurrentSession> {
    Json(CurrentSession {
        version: env!("CARGO_PKG_VERSION"),
        masked: app.context.masking.state() != MaskingState::Off,
        may_see_originals: session.role.may_see_originals(),
        user: Person { name: session.user, role: session.role },
    })
}

/// The session of a request; 401 without one.
pub(crate) struct SignedIn(pub(crate) Session);

impl FromRequestParts<App> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = token(&CookieJar::from_headers(&parts.headers)).ok_or(ApiError::NotSignedIn)?;
        let session = app.context.store.session(&token.sha256()).await?;
        session.map(Self).ok_or(ApiError::NotSignedIn)
    }
}

/// The session of somebody who may decide; 403 for a viewer.
pub(crate) struct Reviewer(pub(crate) Session);

impl FromRequestParts<App> for Reviewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, app).await?;
        if session.role.may_decide() { Ok(Self(session)) } else { Err(ApiError::Forbidden) }
    }
}

/// Where the connection comes from; behind a proxy that is the proxy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(IpAddr);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(stream.remote_addr().ip())
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<Self>>();
        Ok(peer.map_or(Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), |ConnectInfo(peer)| *peer))
    }
}

fn token(jar: &CookieJar) -> Option<Token> {
    Token::parse(jar.get(COOKIE)?.value())
}

fn cookie(value: String, secure: bool) -> Cookie<'static> {
    Cookie::build((COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .build()
}

async fn audit(app: &App, name: &str, action: &str, from: IpAddr) -> Result<(), ApiError> {
    let entry = AuditEntry {
        actor: name.to_owned(),
        action: action.to_owned(),
        subject: format!("user/{name}"),
        detail: format!("from {from}"),
    };
    Ok(app.context.store.audit(entry).await?)
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, StatusCode, header},
    };
    use jiff::SignedDuration;
    use serde_json::json;

    use crate::api::testing::{PASSWORD, Page};

    #[tokio::test]
    async fn signing_in_and_out() {
        let mut page = Page::new().await;
        let nobody = page.get("/api/session").await;
        assert_eq!((nobody.status.as_u16(), nobody.code().as_str()), (401, "not_signed_in"));

        let answer = page.sign_in("li", PASSWORD).await;
        assert_eq!(answer.json(), json!({"user": {"name": "li", "role": "reviewer"}}));
        let cookie = answer.header(header::SET_COOKIE);
        for part in ["xunjian_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        let session = page.get("/api/session").await.json();
        assert_eq!(
            session,
            json!({
                "user": {"name": "li", "role": "reviewer"}, "version": "0.1.0",
                "masked": false, "may_see_originals": true,
            })
        );

        assert_eq!(page.post("/api/logout", &json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(page.get("/api/session").await.status, StatusCode::UNAUTHORIZED);
        let actions: Vec<_> = page.bench.context.store.audit_tail(9).await.unwrap();
        let actions: Vec<_> = actions.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["signed_out", "signed_in"]);
    }

    #[tokio::test]
    async fn a_session_ends_after_twelve_hours() {
        let page = Page::signed_in("li").await;
        page.bench.clock.advance(SignedDuration::from_hours(12) - SignedDuration::from_secs(1));
        assert_eq!(page.get("/api/session").await.status, StatusCode::OK);
        page.bench.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(page.get("/api/session").await.status, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn wrong_names_and_passwords_look_alike_and_are_limited() {
        let mut page = Page::new().await;
        let mut answers = Vec::new();
        for name in ["li", "nobody"] {
            for _ in 0..6 {
                let answer = page.sign_in(name, "wrong").await;
                answers.push((answer.status.as_u16(), answer.code()));
            }
        }
        let bad = (401, "bad_credentials".to_owned());
        let many = (429, "too_many_attempts".to_owned());
        let six = [vec![bad; 5], vec![many]].concat();
        assert_eq!(answers, [six.clone(), six].concat());
        assert_eq!(page.sign_in("li", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
        page.bench.clock.advance(SignedDuration::from_mins(15));
        assert_eq!(page.sign_in("li", PASSWORD).await.status, StatusCode::OK);
    }

    #[tokio::test]
    async fn other_sites_and_other_bodies_are_refused() {
        let page = Page::new().await;
        let login = json!({"name": "li", "password": PASSWORD}).to_string();
        for (origin, kind, body, code) in [
            ("http://evil", "application/json", login.clone(), "foreign_origin"),
            ("http://here", "text/plain", login.clone(), "json_required"),
            ("http://here", "application/json", "{".to_owned(), "bad_request"),
            (
                "http://here",
                "application/json",
                format!("{login}{}", " ".repeat(65536)),
                "too_large",
            ),
        ] {
            let request = Request::post("/api/login")
                .header("host", "here")
                .header("origin", origin)
                .header("content-type", kind);
            let response = page.send(request.body(Body::from(body)).unwrap()).await;
            let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["error"]["code"], code);
        }
    }
}
