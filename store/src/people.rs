//! Users, and who is signed in.
//!
//! Passwords and session tokens never come here, only their hashes; how they are made, checked and
//! rate-limited is `dashboard`'s.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Sqlite;

use crate::digest::hex;
use crate::row::{time, word};
use crate::{Store, StoreError};

/// What a user may do. Each may also do what the next one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Manages users and settings.
    Admin,
    /// Decides alerts.
    Reviewer,
    /// Looks.
    Viewer,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Reviewer => "reviewer",
            Self::Viewer => "viewer",
        }
    }

    /// Whether this role may see faces and plates, with a reason that is recorded.
    pub const fn may_see_originals(self) -> bool {
        matches!(self, Self::Admin | Self::Reviewer)
    }

    /// Whether this role may confirm and dismiss alerts.
    pub const fn may_decide(self) -> bool {
        matches!(self, Self::Admin | Self::Reviewer)
    }
}

/// A person with a name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub role: Role,
    /// A PHC string (argon2).
    pub password_hash: String,
    pub created_at: Timestamp,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, role, created_at, .. } = self;
        write!(f, "User {{ {name:?}, {role:?}, created at {created_at}, password hash hidden }}")
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub user: String,
    /// As it is now, not as it was at sign-in.
    pub role: Role,
    pub expires: Timestamp,
}

impl Store {
    /// Adds a user. `password_hash` is a PHC string.
    pub async fn add_user(
        &self,
        name: &str,
        role: Role,
        password_hash: &str,
    ) -> Result<(), StoreError> {
        check_name(name)?;
        let added = sqlx::query::<Sqlite>(
            "INSERT INTO people (name, role, password_hash, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(role.as_str())
        .bind(password_hash)
        .bind(self.now())
        .execute(&self.inner.writer)
        .await
        .map_err(|e| self.failed(format!("add user `{name}`"), e))?;
        match added.rows_affected() {
            0 => Err(StoreError::UserExists { name: name.to_owned() }),
            _ => Ok(()),
        }
    }

    /// A user by name.
    pub async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        let row: sqlx::Result<Option<UserRow>> =
            sqlx::query_as("SELECT * FROM people WHERE name = $1")
                .bind(name)
                .fetch_optional(&self.inner.readers)
                .await;
        row.and_then(|row| row.map(User::try_from).transpose())
            .map_err(|e| self.failed("look up a user".to_owned(), e))
    }

    /// All users, by name.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows: sqlx::Result<Vec<UserRow>> = sqlx::query_as("SELECT * FROM people ORDER BY name")
            .fetch_all(&self.inner.readers)
            .await;
        rows.and_then(|rows| rows.into_iter().map(User::try_from).collect())
            .map_err(|e| self.failed("list users".to_owned(), e))
    }

    /// Whether there is any user at all.
    pub async fn users_exist(&self) -> Result<bool, StoreError> {
        sqlx::query_scalar::<Sqlite, i64>("SELECT COUNT(*) FROM people")
            .fetch_one(&self.inner.readers)
            .await
            .map(|users| users > 0)
            .map_err(|e| self.failed("look for users".to_owned(), e))
    }

    /// Gives a user a new password and ends the user's sessions.
    pub async fn set_password(&self, name: &str, password_hash: &str) -> Result<(), StoreError> {
        let found = self
            .change_password(name, password_hash)
            .await
            .map_err(|e| self.failed(format!("set the password of `{name}`"), e))?;
        if found { Ok(()) } else { Err(StoreError::NoUser { name: name.to_owned() }) }
    }

    /// Signs a user in. The caller keeps the token and hands over its SHA-256. Sessions that have
    /// expired are removed on the way.
    pub async fn create_session(
        &self,
        token_sha256: &[u8; 32],
        user: &str,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let found = self
            .insert_session(token_sha256, user, expires)
            .await
            .map_err(|e| self.failed(format!("sign in `{user}`"), e))?;
        if found { Ok(()) } else { Err(StoreError::NoUser { name: user.to_owned() }) }
    }

    /// Who holds this token, if it has not expired.
    pub async fn session(&self, token_sha256: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        let row: sqlx::Result<Option<(String, String, i64)>> = sqlx::query_as(
            "SELECT people.name, people.role, sessions.expires_at FROM sessions \
             JOIN people ON people.name = sessions.person \
             WHERE sessions.token_sha256 = $1 AND sessions.expires_at > $2",
        )
        .bind(hex(token_sha256))
        .bind(self.now())
        .fetch_optional(&self.inner.readers)
        .await;
        let session = |(user, role, expires): (String, String, i64)| {
            let role = word(&user, "role", role)?;
            let expires = time(&user, "expires_at", expires)?;
            Ok(Session { user, role, expires })
        };
        row.and_then(|row| row.map(session).transpose())
            .map_err(|e| self.failed("look up a session".to_owned(), e))
    }

    /// Signs out. Nothing happens where nobody was signed in.
    pub async fn drop_session(&self, token_sha256: &[u8; 32]) -> Result<(), StoreError> {
        sqlx::query::<Sqlite>("DELETE FROM sessions WHERE token_sha256 = $1")
            .bind(hex(token_sha256))
            .execute(&self.inner.writer)
            .await
            .map_err(|e| self.failed("end a session".to_owned(), e))?;
        Ok(())
    }

    async fn change_password(&self, name: &str, password_hash: &str) -> sqlx::Result<bool> {
        let mut tx = self.begin().await?;
        let found = sqlx::query::<Sqlite>("UPDATE people SET password_hash = $2 WHERE name = $1")
            .bind(name)
            .bind(password_hash)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        sqlx::query::<Sqlite>("DELETE FROM sessions WHERE person = $1")
            .bind(name)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(found > 0)
    }

    async fn insert_session(
        &self,
        token_sha256: &[u8; 32],
        user: &str,
        expires: Timestamp,
    ) -> sqlx::Result<bool> {
        let now = self.now();
        let mut tx = self.begin().await?;
        sqlx::query::<Sqlite>("DELETE FROM sessions WHERE expires_at <= $1")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        let inserted = sqlx::query::<Sqlite>(
            "INSERT INTO sessions (token_sha256, person, created_at, expires_at) \
             SELECT $1, name, $2, $3 FROM people WHERE name = $4",
        )
        .bind(hex(token_sha256))
        .bind(now)
        .bind(expires.as_microsecond())
        .bind(user)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(inserted > 0)
    }
}

fn check_name(name: &str) -> Result<(), StoreError> {
    let valid = (1..=64).contains(&name.chars().count())
        && name.trim() == name
        && !name.chars().any(char::is_control);
    if valid { Ok(()) } else { Err(StoreError::BadUserName) }
}

#[derive(sqlx::FromRow)]
struct UserRow {
    name: String,
    role: String,
    password_hash: String,
    created_at: i64,
}

impl TryFrom<UserRow> for User {
    type Error = sqlx::Error;
    fn try_from(row: UserRow) -> Result<Self, sqlx::Error> {
        let role = word(&row.name, "role", row.role)?;
        let created_at = time(&row.name, "created_at", row.created_at)?;
        Ok(Self { name: row.name, role, password_hash: row.password_hash, created_at })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::testing::{Bench, time};

    #[tokio::test]
    async fn users_are_added_once() {
        let bench = Bench::new().await;
        let store = &bench.store;
        assert!(!store.users_exist().await.unwrap());
        store.add_user("王芳", Role::Reviewer, "$argon2id$1").await.unwrap();
        let again = store.add_user("王芳", Role::Admin, "$argon2id$2").await.unwrap_err();
        assert_eq!(again.to_string(), "there is already a user `王芳`");
        assert!(store.users_exist().await.unwrap());
        let user = store.user("王芳").await.unwrap().unwrap();
        assert_eq!((user.role, user.password_hash.as_str()), (Role::Reviewer, "$argon2id$1"));
        assert!(!format!("{user:?}").contains("argon2"), "{user:?}");
        assert!(store.user("li").await.unwrap().is_none());
        assert_eq!(store.users().await.unwrap(), [user]);
    }

    #[test]
    fn names_of_users() {
        for good in ["w", "王芳", "wang.fang@city", "wang fang", &"王".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", " ", " wang", "wang ", "wa\nng", "a\0", &"w".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }

    #[tokio::test]
    async fn a_session_ends_with_its_time_its_password_or_its_sign_out() {
        let bench = Bench::new().await;
        let store = &bench.store;
        store.add_user("wang", Role::Viewer, "old").await.unwrap();
        let expires = time(100);
        let tokens = [[1_u8; 32], [2; 32], [3; 32]];
        let live = async || {
            let mut live = Vec::new();
            for token in &tokens {
                live.push(store.session(token).await.unwrap().is_some());
            }
            live
        };
        for token in &tokens {
            store.create_session(token, "wang", expires).await.unwrap();
        }
        let session = store.session(&tokens[0]).await.unwrap().unwrap();
        assert_eq!(session, Session { user: "wang".to_owned(), role: Role::Viewer, expires });

        store.drop_session(&tokens[0]).await.unwrap();
        store.drop_session(&tokens[0]).await.unwrap();
        assert_eq!(live().await, [false, true, true]);
        bench.clock.advance(SignedDuration::from_secs(100));
        assert_eq!(live().await, [false; 3]);

        store.create_session(&tokens[0], "wang", time(200)).await.unwrap();
        assert_eq!(live().await, [true, false, false]);
        store.set_password("wang", "new").await.unwrap();
        assert_eq!(live().await, [false; 3]);
        assert_eq!(store.user("wang").await.unwrap().unwrap().password_hash, "new");
    }

    #[tokio::test]
    async fn strangers_have_no_sessions_and_no_passwords() {
        let bench = Bench::new().await;
        let store = &bench.store;
        let none = "there is no user `li`";
        let signed_in = store.create_session(&[1; 32], "li", time(9)).await;
        assert_eq!(signed_in.unwrap_err().to_string(), none);
        assert_eq!(store.set_password("li", "x").await.unwrap_err().to_string(), none);
        assert!(store.session(&[1; 32]).await.unwrap().is_none());
    }
}
