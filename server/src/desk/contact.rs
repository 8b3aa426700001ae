//! What the team notes about a customer.

use ownline_model::{
    contact::{Contact, ContactPatch},
    ids::ContactId,
    limits::clean_name,
    problem::ProblemCode,
};

use super::{Done, Refusal, identity, save_contact};
use crate::store::Tx;

const TAGS_MAX: usize = 50;
const TAG_MAX_CHARS: usize = 64;
const NOTES_MAX_CHARS: usize = 10_000;
const EMAIL_MAX_BYTES: usize = 254;

/// Changes a contact that is still at `base_version` (where one is given). Absent fields stay; an empty name gives the
/// customer's own name back.
pub(crate) async fn patch(
    tx: &mut Tx,
    id: ContactId,
    base_version: Option<i64>,
    patch: ContactPatch,
) -> Done<(Contact, bool)> {
    let before = identity::find(tx, id).await?;
    if base_version.is_some_and(|version| version != before.contact.version) {
        return Err(ProblemCode::VersionConflict.into());
    }
    let mut known = before.clone();
    if let Some(name) = patch.name {
        known.given_name = Some(clean_name(&name)).filter(|name| !name.is_empty());
        known.contact.name = identity::shown_name(&known);
    }
    if let Some(email) = patch.email {
        let email = email.trim().to_owned();
        if !email.is_empty() && !is_email(&email) {
            return Err(Refusal::field("email", "This is not an e-mail address."));
        }
        known.contact.email = Some(email).filter(|email| !email.is_empty());
    }
    if let Some(tags) = patch.tags {
        known.contact.tags = clean_tags(&tags)?;
    }
    if let Some(notes) = patch.notes {
        if notes.chars().count() > NOTES_MAX_CHARS {
            return Err(Refusal::field("notes", "Notes are at most 10,000 characters."));
        }
        known.contact.notes = notes;
    }
    if known == before {
        return Ok((before.contact, false));
    }
    save_contact(tx, &mut known).await?;
    Ok((known.contact, true))
}

/// A plausible address; whether it works only a mail would tell.
pub(crate) fn is_email(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    email.len() <= EMAIL_MAX_BYTES
        && !local.is_empty()
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !email.chars().any(|c| c.is_whitespace() || c.is_control() || c == ',' || c == ';')
}

fn clean_tags(tags: &[String]) -> Done<Vec<String>> {
    let mut clean: Vec<String> = Vec::new();
    for tag in tags.iter().map(|tag| clean_name(tag)).filter(|tag| !tag.is_empty()) {
        if tag.chars().count() > TAG_MAX_CHARS {
            return Err(Refusal::field("tags", "A tag is at most 64 characters."));
        }
        if !clean.contains(&tag) {
            clean.push(tag);
        }
    }
    if clean.len() > TAGS_MAX {
        return Err(Refusal::field("tags", "At most 50 tags."));
    }
    Ok(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_addresses_from_other_words() {
        for good in ["ana@example.org", "a.b+c@mail.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "ana", "@example.org", "ana@", "a b@example.org", "ana@.org", "ana@example.org,b@c.d"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
