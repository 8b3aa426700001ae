//! What a phone keeps in step with its companions beside messages.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::{PhoneView, Result, World};
use crate::network::account::Kind;

/// `POST /phones/{number}/chats/{with}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChatChange {
    pub archived: Option<bool>,
    pub pinned: Option<bool>,
    /// UTC milliseconds, or -1 for ever; `null` lifts it.
    #[serde(deserialize_with = "given")]
    pub muted_until: Option<Option<i64>>,
    /// Read, or marked as unread.
    pub read: Option<bool>,
    pub star: Option<Star>,
    /// The chat is deleted.
    pub delete: Option<bool>,
    /// The chat is named by its hidden id.
    pub by_lid: bool,
}

/// A field that is there, even with `null`.
#[expect(clippy::option_option, reason = "absent and `null` differ")]
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Star {
    pub id: String,
    #[serde(default)]
    pub from_me: bool,
    pub starred: bool,
}

/// A chat as the phone shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatView {
    /// A number, or the jid of a group.
    pub with: String,
    /// In the phone's address book.
    pub name: Option<String>,
    pub archived: bool,
    pub pinned: bool,
    /// UTC milliseconds, -1 for ever.
    pub muted_until: Option<i64>,
    /// What a device last said: read, or marked as unread.
    pub read: Option<bool>,
    /// Messages of the other side that no device has opened.
    pub unread: u32,
    /// Ids of starred messages.
    pub starred: Vec<String>,
    pub deleted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppStateView {
    pub at: i64,
    pub collections: BTreeMap<String, CollectionView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionView {
    pub version: u64,
    /// The indexes of all entries, each a JSON array.
    pub entries: Vec<String>,
    /// Why the phone no longer believes what companions send.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

impl World {
    pub async fn chats(&self, number: &str) -> Result<Vec<ChatView>> {
        self.person(number, Kind::Phone)?.chats().await
    }

    pub async fn app_state(&self, number: &str) -> Result<AppStateView> {
        self.person(number, Kind::Phone)?.app_state().await
    }

    pub async fn change_chat(&self, number: &str, with: &str, change: ChatChange) -> Result<ChatView> {
        let (person, with) = (self.person(number, Kind::Phone)?, with.to_owned());
        self.to_its_end(async move { person.change_chat(&with, change).await }).await
    }

    /// Names a correspondent in the phone's address book; without a name, takes it out.
    pub async fn name_contact(&self, number: &str, with: &str, name: Option<String>) -> Result<()> {
        let name = name.as_deref().map(super::body::name).transpose()?;
        let (person, with) = (self.person(number, Kind::Phone)?, with.to_owned());
        self.to_its_end(async move { person.name_contact(&with, name).await }).await
    }

    pub async fn rename_phone(&self, number: &str, name: &str) -> Result<PhoneView> {
        let name = super::body::name(name)?;
        let person = self.person(number, Kind::Phone)?;
        self.to_its_end(async move { person.rename(&name).await }).await?;
        self.phone(number).await
    }
}
