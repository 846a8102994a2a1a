//! Password hashes: argon2id with the parameters of its crate (19 MiB, 2 passes, 1 lane), which
//! are OWASP's.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use rand::{Rng, distr::Alphanumeric};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Characters a password must have at least.
pub(super) const SHORTEST: usize = 8;
/// Bound on the work of one login.
pub(super) const LONGEST: usize = 128;

/// Hashes at a time, each 19 MiB and one core for some 50 ms; others wait.
const AT_A_TIME: usize = 2;

/// What unknown users are checked against: no password has this hash, but finding out takes as
/// long as for a real one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A hash could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("cannot hash a password")]
    Hash(#[from] password_hash::Error),
    #[error("cannot read a stored password hash")]
    Stored(#[from] password_hash::phc::Error),
    #[error("the hashing thread failed")]
    Thread(#[from] tokio::task::JoinError),
}

/// Makes and checks hashes on threads that may block.
#[derive(Debug, Clone)]
pub(crate) struct Hasher(Arc<Semaphore>);

impl Default for Hasher {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_A_TIME)))
    }
}

impl Hasher {
    /// A PHC string.
    pub(crate) async fn hash(&self, password: String) -> Result<String, HashError> {
        self.run(move || Ok(Argon2::default().hash_password(password.as_bytes())?.to_string()))
            .await
    }

    /// Whether `password` has the hash; with none the same work for nothing.
    pub(crate) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, HashError> {
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.as_deref().unwrap_or(NOBODY);
            let hash = PasswordHash::new(hash)?;
            let right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            Ok(right && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let _turn = self.0.acquire().await.expect("the semaphore is never closed");
        spawn_blocking(work).await?
    }
}

/// 16 letters and digits without those that look alike (`0O`, `1Il`): 93 bits.
pub(super) fn random() -> String {
    let clear = |b: &u8| !b"0O1Il".contains(b);
    rand::rng().sample_iter(Alphanumeric).filter(clear).take(16).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user() {
        let hasher = Hasher::default();
        let hash = hasher.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let verify = |password: &str, hash| hasher.verify(password.to_owned(), hash);
        assert!(verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!verify("wrong horse", Some(hash)).await.unwrap());
        assert!(!verify("correct horse", None).await.unwrap());
        assert!(verify("x", Some("no hash".to_owned())).await.is_err());
    }
}
