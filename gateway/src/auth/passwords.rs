//! Passwords of users: Argon2id, on blocking threads, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Concurrent hashes. Each takes a core and 19 MiB for tens of milliseconds, which signed-in users then lack.
const AT_ONCE: usize = 2;
/// Maximum wait for a permit to hash.
const PATIENCE: Duration = Duration::from_secs(2);
/// Maximum length of a password, in bytes.
const LONGEST: usize = 1_024;

/// A failed check of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many concurrent checks. The request may be repeated.
    #[error("too many sign-ins at once")]
    Busy,
    /// Empty, or longer than 1,024 bytes.
    #[error("a password has 1 to 1,024 bytes")]
    Length,
    /// Hashing failed.
    #[error("the password cannot be hashed")]
    Hash,
}

/// Hashes and verifies passwords. Cheap to clone; clones share the limit.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// Verified in place of the hash of an unknown user, so that the response takes as long.
    unknown_user: Arc<str>,
}

impl Passwords {
    /// Prepares the hasher. Takes as long as one hash.
    ///
    /// # Errors
    /// When hashing fails.
    pub async fn new() -> Result<Self, PasswordError> {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let bits: [u8; 16] = rand::random();
        let unknown_user =
            tokio::task::spawn_blocking(move || hash(&bits)).await.map_err(|_| PasswordError::Hash)??;
        Ok(Self { turns, unknown_user: unknown_user.into() })
    }

    /// The hash to store, in PHC format.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        check_length(password)?;
        let password = password.to_owned();
        let turn = self.turn().await?;
        let hashed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash(password.as_bytes())
        });
        hashed.await.map_err(|_| PasswordError::Hash)?
    }

    /// Whether `password` matches `stored`. Without a stored hash, for an unknown user, the result is `false` after the
    /// same time.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, PasswordError> {
        check_length(password)?;
        let exists = stored.is_some();
        let (password, stored) = (password.to_owned(), stored.unwrap_or(&self.unknown_user).to_owned());
        let turn = self.turn().await?;
        let agrees = tokio::task::spawn_blocking(move || {
            // The blocking task holds the permit: it continues when the client disconnects, and still counts then.
            let _turn = turn;
            Argon2::default().verify_password(password.as_bytes(), stored.as_str()).is_ok()
        });
        Ok(agrees.await.map_err(|_| PasswordError::Hash)? && exists)
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, PasswordError> {
        match tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(PasswordError::Busy),
        }
    }
}

fn check_length(password: &str) -> Result<(), PasswordError> {
    if (1..=LONGEST).contains(&password.len()) { Ok(()) } else { Err(PasswordError::Length) }
}

fn hash(password: &[u8]) -> Result<String, PasswordError> {
    Argon2::default().hash_password(password).map(|hash| hash.to_string()).map_err(|_| PasswordError::Hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let passwords = Passwords::new().await.unwrap();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse").await.unwrap(), "salted");
        assert_eq!(passwords.verify("correct horse", Some(&hash)).await, Ok(true));
        assert_eq!(passwords.verify("wrong horse", Some(&hash)).await, Ok(false));
        assert_eq!(passwords.verify("correct horse", None).await, Ok(false));
        assert_eq!(passwords.verify("correct horse", Some("no hash")).await, Ok(false));
        assert_eq!(passwords.verify("", Some(&hash)).await, Err(PasswordError::Length));
        assert_eq!(passwords.hash(&"x".repeat(1_025)).await, Err(PasswordError::Length));
    }
}
