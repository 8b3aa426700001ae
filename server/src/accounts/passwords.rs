//! Argon2id, on threads that may block, few at a time: a flood of sign-ins waits instead of taking the machine.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use ownline_model::{limits, problem::ProblemCode};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::desk::{Done, Refusal};

/// Each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    permits: Arc<Semaphore>,
    /// Verified against where there is no account, so that both take the same time.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let nobody = hash(b"no account has this password").map_err(|error| anyhow::anyhow!("argon2: {error}"))?;
        Ok(Self { permits: Arc::new(Semaphore::new(AT_ONCE)), nobody: nobody.into() })
    }

    pub(crate) fn check_new(password: &str) -> Done<()> {
        if password.chars().count() < limits::PASSWORD_MIN_CHARS {
            return Err(ProblemCode::PasswordTooShort.into());
        }
        if password.len() > limits::PASSWORD_MAX_BYTES {
            return Err(Refusal::field("password", "A password is at most 1,024 bytes."));
        }
        Ok(())
    }

    pub(crate) async fn hash(&self, password: &str) -> Done<String> {
        Self::check_new(password)?;
        let password = Zeroizing::new(password.to_owned());
        self.on_thread(move || hash(password.as_bytes())).await?.map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            ProblemCode::Internal.into()
        })
    }

    /// Whether the password is right; with no hash to compare to it takes as long and says no.
    pub(crate) async fn verify(&self, password: &str, stored: Option<&str>) -> Done<bool> {
        let password = Zeroizing::new(password.to_owned());
        let is_there = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        self.on_thread(move || {
            let right = password.len() <= limits::PASSWORD_MAX_BYTES
                && PasswordHash::new(&stored)
                    .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok());
            right && is_there
        })
        .await
    }

    async fn on_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Done<T> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|_| ProblemCode::Unavailable)?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|_| ProblemCode::Internal.into())
    }
}

fn hash(password: &[u8]) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn knows_the_right_one_from_the_wrong_one_and_from_none() {
        let passwords = Passwords::new().expect("argon2");
        let stored = passwords.hash("correct horse").await.expect("hash");
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert!(passwords.verify("correct horse", Some(&stored)).await.expect("verify"));
        assert!(!passwords.verify("correct house", Some(&stored)).await.expect("verify"));
        assert!(!passwords.verify("no account has this password", None).await.expect("verify"));
    }

    #[tokio::test]
    async fn an_unknown_address_takes_as_long_as_a_wrong_password() {
        let passwords = Passwords::new().expect("argon2");
        let stored = passwords.hash("correct horse").await.expect("hash");
        let time = async |hash: Option<&str>| {
            let start = std::time::Instant::now();
            for _ in 0..5 {
                passwords.verify("wrong password", hash).await.expect("verify");
            }
            start.elapsed().as_secs_f64()
        };
        let (known, unknown) = (time(Some(&stored)).await, time(None).await);
        assert!(unknown > known / 4.0 && unknown < known * 4.0, "{unknown} against {known}");
    }
}
