//! Argon2id, on a thread that may block, one at a time and always in the same memory: a flood of sign-ins waits instead of
//! taking the machine.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use ownline_model::{limits, problem::ProblemCode};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::desk::{Done, Refusal};

/// What a stored hash may ask for at most, in KiB: three times what ours take.
const BLOCKS_MAX: usize = 64 * 1024;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    /// 19 MiB once somebody has signed in. Whoever has it computes.
    memory: Arc<Mutex<Memory>>,
    /// Verified against where there is no account, so that both take the same time.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let nobody = Memory::default().hash(b"no account has this password")?;
        Ok(Self { memory: Arc::default(), nobody: nobody.into() })
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
        self.on_thread(move |memory| memory.hash(password.as_bytes())).await?.map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            ProblemCode::Internal.into()
        })
    }

    /// Whether the password is right; with no hash to compare to it takes as long and says no.
    pub(crate) async fn verify(&self, password: &str, stored: Option<&str>) -> Done<bool> {
        let password = Zeroizing::new(password.to_owned());
        let is_there = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        self.on_thread(move |memory| {
            let right = password.len() <= limits::PASSWORD_MAX_BYTES
                && memory.verify(password.as_bytes(), &stored).is_some_and(|right| right);
            right && is_there
        })
        .await
    }

    async fn on_thread<T: Send + 'static>(&self, work: impl FnOnce(&mut Memory) -> T + Send + 'static) -> Done<T> {
        let mut memory = Arc::clone(&self.memory).lock_owned().await;
        let done = tokio::task::spawn_blocking(move || work(&mut memory));
        done.await.map_err(|_| ProblemCode::Internal.into())
    }
}

/// What Argon2 computes in. Allocated once: an allocator keeps what each thread gave back.
#[derive(Default)]
struct Memory(Vec<Block>);

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({} KiB)", self.0.len())
    }
}

impl Memory {
    fn compute(&mut self, argon2: &Argon2<'_>, password: &[u8], salt: &[u8], out: &mut [u8]) -> anyhow::Result<()> {
        let blocks = argon2.params().block_count();
        anyhow::ensure!(blocks <= BLOCKS_MAX, "a hash asks for too much memory");
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::new());
        }
        let memory = &mut self.0[..blocks];
        argon2.hash_password_into_with_memory(password, salt, out, memory).map_err(|error| anyhow::anyhow!("{error}"))
    }

    fn hash(&mut self, password: &[u8]) -> anyhow::Result<String> {
        let (salt, mut out) = (rand::random::<[u8; SALT_BYTES]>(), [0; HASH_BYTES]);
        let (algorithm, version, params) = (Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
        self.compute(&Argon2::new(algorithm, version, params.clone()), password, &salt, &mut out)?;
        let hash = PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: ParamsString::try_from(&params).map_err(|error| anyhow::anyhow!("{error}"))?,
            salt: Some(Salt::new(&salt).map_err(|error| anyhow::anyhow!("{error}"))?),
            hash: Some(Output::new(&out).map_err(|error| anyhow::anyhow!("{error}"))?),
        };
        Ok(hash.to_string())
    }

    /// `None`: this is no hash of ours.
    fn verify(&mut self, password: &[u8], stored: &str) -> Option<bool> {
        let stored = PasswordHash::new(stored).ok()?;
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
        let version = Version::try_from(stored.version?).ok()?;
        let params = Params::try_from(&stored).ok()?;
        let (salt, expected) = (stored.salt?, stored.hash?);
        let mut out = vec![0; expected.as_ref().len()];
        self.compute(&Argon2::new(algorithm, version, params), password, salt.as_ref(), &mut out).ok()?;
        Some(bool::from(out.ct_eq(expected.as_ref())))
    }
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
    async fn hashes_are_what_everybody_else_makes_and_reads() {
        use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
        let passwords = Passwords::new().expect("argon2");
        let ours = passwords.hash("correct horse").await.expect("hash");
        assert!(Argon2::default().verify_password(b"correct horse", ours.as_str()).is_ok());
        let theirs = Argon2::default().hash_password(b"correct horse").expect("hash").to_string();
        assert!(passwords.verify("correct horse", Some(&theirs)).await.expect("verify"));
        assert!(!passwords.verify("correct horse", Some("$argon2id$nonsense")).await.expect("verify"));
        let greedy = theirs.replace("m=19456", "m=4194304");
        assert!(!passwords.verify("correct horse", Some(&greedy)).await.expect("refused before it is tried"));
    }

    #[tokio::test]
    async fn many_at_once_share_one_memory() {
        let passwords = Passwords::new().expect("argon2");
        let all = (0..8).map(|_| passwords.verify("wrong password", None));
        assert!(futures_util::future::join_all(all).await.into_iter().all(|right| !right.expect("verify")));
        assert_eq!(passwords.memory.lock().await.0.len(), Params::DEFAULT.block_count());
    }

    /// Counted in work: time tells of the machine as well.
    #[tokio::test]
    async fn an_unknown_address_takes_as_long_as_a_wrong_password() {
        let passwords = Passwords::new().expect("argon2");
        assert!(!passwords.verify("wrong password", None).await.expect("verify"));
        assert_eq!(passwords.memory.lock().await.0.len(), Params::DEFAULT.block_count(), "it was computed");
        let stored = passwords.hash("correct horse").await.expect("hash");
        let cost = |hash: &str| {
            let hash = PasswordHash::new(hash).expect("a hash");
            let lengths = (hash.salt.map(|salt| salt.len()), hash.hash.map(|hash| hash.len()));
            (hash.algorithm, hash.version, Params::try_from(&hash).expect("ours"), lengths)
        };
        assert_eq!(cost(&passwords.nobody), cost(&stored));
    }
}
