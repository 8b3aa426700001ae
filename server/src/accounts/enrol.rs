//! One-time codes by which a person sets the first password, or a new one.

use std::net::IpAddr;

use ownline_model::{
    account::{Enrol, Tokens},
    event::Event,
    ids::AgentId,
    problem::ProblemCode,
    time::UtcMillis,
};

use super::{Accounts, Key, Passwords, keys, start_session};
use crate::{
    desk::Done,
    store::{Tx, accounts, accounts::EnrolmentCode, agents},
};

/// Without letters and digits that look alike.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CODE_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// A code of sixty random bits, such as `K7QF-2MXR-9TDW`.
fn fresh_code() -> String {
    let bytes = rand::random::<[u8; 12]>();
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// As typed by a person: dashes, spaces and case do not count.
fn code_hash(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    keys::hash(&format!("enrolment:{}", plain.to_ascii_uppercase()))
}

/// Makes a code for a person; earlier ones stop working.
pub(super) async fn new_code(tx: &Tx, agent: AgentId) -> Done<(String, UtcMillis)> {
    let code = fresh_code();
    let expires_at = tx.now().plus_millis(CODE_MS);
    accounts::insert_enrolment(tx, &code_hash(&code), agent, expires_at).await?;
    Ok((code, expires_at))
}

fn check(code: Option<EnrolmentCode>, now: UtcMillis) -> Done<EnrolmentCode> {
    let code = code.ok_or(ProblemCode::EnrolmentCodeUnknown)?;
    if code.used_at.is_some() {
        return Err(ProblemCode::EnrolmentCodeUsed.into());
    }
    if code.replaced_at.is_some() || code.expires_at <= now {
        return Err(ProblemCode::EnrolmentCodeExpired.into());
    }
    Ok(code)
}

impl Accounts {
    pub(crate) async fn enrol(&self, enrol: Enrol, from: IpAddr) -> Done<Tokens> {
        let inner = &self.0;
        let limits = [Key::address(from)];
        inner.limiter.attempt(&limits, self.now())?;
        let hash = code_hash(&enrol.code);
        let code = check(inner.store.any_tenant().enrolment(&hash).await?, self.now())?;
        inner.limiter.give_back(&limits);
        Passwords::check_new(&enrol.password)?;
        let password_hash = inner.passwords.hash(&enrol.password).await?;
        let refresh_ms = inner.lifetimes.refresh_ms;
        let (started, ended) = inner
            .store
            .write(code.tenant, self.now(), move |tx| {
                Box::pin(async move {
                    let code = check(accounts::enrolment_in(tx, &hash).await?, tx.now())?;
                    let account =
                        agents::find_account(tx, code.agent).await?.ok_or(ProblemCode::EnrolmentCodeUnknown)?;
                    let mut agent = account.agent;
                    if !agent.active {
                        return Err(ProblemCode::AccountDisabled.into());
                    }
                    accounts::spend_enrolment(tx, &hash).await?;
                    agent.enrolled = true;
                    agent.version += 1;
                    agents::update(tx, &agent, Some(password_hash)).await?;
                    // Whoever held the old password holds nothing any more.
                    let ended = accounts::revoke_sessions_of(tx, agent.id, None).await?;
                    tx.journal(Event::AgentUpdated(agent.clone()));
                    Ok::<_, crate::desk::Refusal>((start_session(tx, agent, refresh_ms).await?, ended))
                })
            })
            .await?;
        self.end(&ended);
        self.tokens(code.tenant, started)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_long_random_and_forgiving() {
        let code = fresh_code();
        assert_eq!(code.len(), 14, "{code}");
        assert_ne!(code, fresh_code());
        assert_eq!(code_hash(&code), code_hash(&format!(" {} ", code.replace('-', " ").to_lowercase())));
    }
}
