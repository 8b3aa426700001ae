//! Groups, as the owner's machine knows them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::phone::PhoneNumber;

/// `GET /api/conversations/{id}/group` (bridge only).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    pub subject: String,
    pub description: Option<String>,
    /// Only admins write.
    pub announce_only: bool,
    /// Whether the own number is still in it. The rest is then as it was last known.
    pub member: bool,
    /// Admins first, then by name.
    pub members: Vec<GroupMember>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupMember {
    /// As in [`crate::details::GroupSender`].
    pub id: String,
    /// Empty where nobody has told one and the number is hidden.
    pub name: String,
    /// Absent where WhatsApp hides it.
    pub phone: Option<PhoneNumber>,
    pub admin: bool,
    /// The own number.
    pub me: bool,
}
