//! Who somebody is: passwords, session tokens, and the limit on guessing.
//!
//! Passwords are kept as argon2id hashes and tokens as SHA-256; neither ever reaches a log. Leaves
//! the rows to `store` and the cookie to `api::session`.

mod attempts;
mod password;
mod token;

pub(crate) use attempts::Attempts;
pub(crate) use password::{HashError, Hasher};
pub(crate) use token::Token;

use store::{Role, Store, StoreError};

/// A user could not be added or changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("a password must have {} to {} characters", password::SHORTEST, password::LONGEST)]
    BadPassword,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A password to print once: 16 characters that are not mistaken for each other.
pub fn random_password() -> String {
    password::random()
}

/// Adds `admin` with a random password when there is no user at all, and returns that password:
/// show it once, it is kept nowhere.
pub async fn first_admin(store: &Store) -> Result<Option<String>, PeopleError> {
    if store.users_exist().await? {
        return Ok(None);
    }
    let password = password::random();
    add_user(store, "admin", Role::Admin, &password).await?;
    Ok(Some(password))
}

/// Adds a user.
pub async fn add_user(
    store: &Store,
    name: &str,
    role: Role,
    password: &str,
) -> Result<(), PeopleError> {
    let hash = new_hash(password).await?;
    Ok(store.add_user(name, role, &hash).await?)
}

/// Gives a user a new password and ends the user's sessions.
pub async fn set_password(store: &Store, name: &str, password: &str) -> Result<(), PeopleError> {
    let hash = new_hash(password).await?;
    Ok(store.set_password(name, &hash).await?)
}

async fn new_hash(password: &str) -> Result<String, PeopleError> {
    if !(password::SHORTEST..=password::LONGEST).contains(&password.chars().count()) {
        return Err(PeopleError::BadPassword);
    }
    Ok(Hasher::default().hash(password.to_owned()).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bench;

    #[tokio::test]
    async fn the_first_admin_is_made_once() {
        let bench = bench().await;
        let store = &bench.context.store;
        let password = first_admin(store).await.unwrap().unwrap();
        assert_eq!(password.len(), 16);
        assert!(first_admin(store).await.unwrap().is_none());
        let admin = store.user("admin").await.unwrap().unwrap();
        assert_eq!(admin.role, Role::Admin);
        let hash = Some(admin.password_hash);
        assert!(Hasher::default().verify(password, hash).await.unwrap());
    }

    #[tokio::test]
    async fn short_and_endless_passwords_are_refused() {
        let bench = bench().await;
        for password in ["1234567".to_owned(), "x".repeat(129)] {
            let added = add_user(&bench.context.store, "li", Role::Viewer, &password).await;
            let text = added.unwrap_err().to_string();
            assert_eq!(text, "a password must have 8 to 128 characters");
        }
    }
}
