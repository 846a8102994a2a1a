//! Session tokens: 32 random bytes that only the browser keeps.

use rand::{TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};

/// A token as it stands in the cookie: 64 hex digits.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// Draws from the operating system.
    pub(crate) fn new() -> Result<Self, rand::rand_core::OsError> {
        let mut halves = [[0; 16]; 2];
        for half in &mut halves {
            OsRng.try_fill_bytes(half)?;
        }
        let [first, second] = halves.map(u128::from_be_bytes);
        Ok(Self(format!("{first:032x}{second:032x}")))
    }

    /// Reads a cookie; `None` for anything that cannot be one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let sound = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        sound.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the store knows it by.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}
