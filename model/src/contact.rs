//! Customers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ids::ContactId, phone::PhoneNumber, time::UtcMillis};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    pub id: ContactId,
    pub version: i64,
    /// The name to show: the one the team gave, else the one the customer gave, else the number.
    pub name: String,
    /// The name that the customer chose on WhatsApp.
    pub push_name: Option<String>,
    /// The name under which WhatsApp lists the account as a business. Most are chosen by the business itself: no proof of who
    /// it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_name: Option<String>,
    pub phone: Option<PhoneNumber>,
    /// WhatsApp's hidden id (digits), under which the customer may arrive instead of the number.
    pub lid: Option<String>,
    /// WhatsApp's public name of the account, without `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "ContactKind::is_person")]
    pub kind: ContactKind,
    /// Changes when the profile picture does; absent: none is known. `GET /api/contacts/{id}/picture` has it. Known on the
    /// machine only whose number has a chat with the customer: neither this nor the picture is told to the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture_id: Option<String>,
    pub email: Option<String>,
    pub tags: Vec<String>,
    pub notes: String,
    pub blocked: bool,
    /// When the customer asked not to be written to; absent: never, or it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out_at: Option<UtcMillis>,
    pub created_at: UtcMillis,
    pub last_interaction_at: Option<UtcMillis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    #[default]
    Person,
    /// A WhatsApp group; `lid` holds its id.
    Group,
}

impl ContactKind {
    pub const fn is_person(&self) -> bool {
        matches!(self, Self::Person)
    }
}

/// What a bridge knows about the person behind a chat. At least one of `phone` and `lid` is present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactIdentity {
    /// The bridge's provisional id; the server answers with the one that counts.
    pub id: ContactId,
    pub phone: Option<PhoneNumber>,
    pub lid: Option<String>,
    pub push_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "ContactKind::is_person")]
    pub kind: ContactKind,
}

/// Two contacts that became one, for the person's timeline; `POST /api/merges/{id}/undo` parts them again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Merge {
    pub id: crate::ids::MergeId,
    /// The contact that stayed.
    pub contact_id: ContactId,
    /// The one that went into it, as it was.
    pub merged: Contact,
    /// `same_lid`, `same_number`, `number_changed`, `number_variant`, `by_hand`.
    pub reason: String,
    pub at: UtcMillis,
    pub undone_at: Option<UtcMillis>,
}

/// One row of `GET /api/opt-outs` (`Page<TeamOptOut>`, newest first): who asked not to be written to by this team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TeamOptOut {
    pub contact: Contact,
    /// What the customer wrote: `STOP`, `PARAR`, `SAIR`, …
    pub word: String,
    pub at: UtcMillis,
}

impl ContactIdentity {
    /// The name to show as long as the team has given none: the business's, else the one that the person chose, else the number.
    pub fn display_name(&self) -> String {
        [&self.verified_name, &self.push_name]
            .into_iter()
            .flatten()
            .map(|name| name.trim())
            .find(|name| !name.is_empty())
            .map(str::to_owned)
            .or_else(|| self.phone.as_ref().map(PhoneNumber::pretty))
            .unwrap_or_else(|| if self.kind.is_person() { "WhatsApp customer" } else { "WhatsApp group" }.to_owned())
    }
}

/// `PATCH /api/contacts/{id}`: absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPatch {
    pub name: Option<String>,
    pub email: Option<String>,
    pub tags: Option<Vec<String>>,
    pub notes: Option<String>,
}
