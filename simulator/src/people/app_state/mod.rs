//! What a phone keeps in step with its companions beside messages: which chats are archived, pinned, muted or read, starred
//! messages, names of contacts, the phone's own name.

mod action;
mod seal;

use std::collections::HashMap;
use std::sync::Arc;

use waproto::buffa::Message as _;
use waproto::whatsapp::{SyncActionValue, SyncdPatch};

use super::person::Person;
use crate::network::Network;
use crate::network::account::lock;
use crate::network::now_ms;
use crate::world::{AppStateView, ChatChange, ChatView, CollectionView, Result, WorldError};
use action::{Action, Name};
use seal::{Collection, Keys};

/// How often a change is made anew because a companion was faster.
const ATTEMPTS: u32 = 20;

/// All collections as the phone has them, and what it could not believe.
#[derive(Debug, Default)]
pub(super) struct AppState {
    collections: HashMap<Name, Collection>,
    broken: HashMap<Name, &'static str>,
}

impl AppState {
    /// Takes in what has come since.
    fn follow(&mut self, network: &Network, account: &crate::network::account::Account, keys: &Keys, name: Name) {
        let collection = self.collections.entry(name).or_default();
        if self.broken.contains_key(&name) {
            return;
        }
        for patch in network.patches_since(account, name.as_str(), collection.version) {
            let followed = SyncdPatch::decode_from_slice(&patch)
                .map_err(|_| "a patch is malformed")
                .and_then(|patch| collection.follow(keys, name.as_str(), &patch));
            if let Err(why) = followed {
                tracing::warn!(
                    why,
                    collection = name.as_str(),
                    number = account.number,
                    "a companion's patch is wrong"
                );
                self.broken.insert(name, why);
                return;
            }
        }
    }

    fn entry(&self, name: Name, index: &str) -> Option<&SyncActionValue> {
        self.collections.get(&name)?.entries.get(index)
    }
}

impl Person {
    async fn state_keys(&self) -> Result<Keys> {
        let keyring = self.keys().await;
        let phone = Self::phone_secrets(&keyring)?;
        Ok(Keys::new(&phone.state_key_id, &phone.state_key))
    }

    /// Makes changes, all of one collection in one patch.
    async fn change_state(&self, actions: Vec<Action>) -> Result<()> {
        let keys = self.state_keys().await?;
        let mut state = self.app_state.lock().await;
        for name in Name::ALL {
            let changes: Vec<_> = actions.iter().filter(|action| action.name == name).map(Action::mutation).collect();
            if changes.is_empty() {
                continue;
            }
            let mut attempts = 0;
            loop {
                state.follow(&self.network, &self.account, &keys, name);
                if let Some(why) = state.broken.get(&name) {
                    return Err(WorldError::BadRequest(format!("{} is out of step: {why}", name.as_str())));
                }
                let collection = state.collections.entry(name).or_default();
                let (version, patch) = (collection.version, collection.patch(&keys, name.as_str(), &changes));
                let appended =
                    self.network.append_patches(&self.account, name.as_str(), version, vec![patch], 0).await?;
                attempts += 1;
                match appended {
                    Ok(_) => break,
                    Err(_) if attempts < ATTEMPTS => {}
                    Err(_) => return Err(WorldError::BadRequest("companions change it all the time".to_owned())),
                }
            }
            state.follow(&self.network, &self.account, &keys, name);
        }
        Ok(())
    }

    /// Changes a chat on the phone.
    pub async fn change_chat(&self, with: &str, change: ChatChange) -> Result<ChatView> {
        let jid = self.chat_jid(with, change.by_lid)?;
        let range = self.last_message(with).await?;
        self.change_state(action::of_chat(&jid, change, range.as_ref())?).await?;
        let chats = self.chats().await?;
        let found = chats.into_iter().find(|chat| chat.with == with);
        Ok(found.unwrap_or_else(|| ChatView { with: with.to_owned(), ..ChatView::default() }))
    }

    /// Names a correspondent in the phone's address book, or takes the name out.
    pub async fn name_contact(&self, with: &str, name: Option<String>) -> Result<()> {
        let jid = self.chat_jid(with, false)?;
        let lid = self.lid_of(with);
        self.change_state(vec![action::contact(&jid, name, lid)]).await
    }

    /// The person changes the own name.
    pub async fn rename(self: &Arc<Self>, name: &str) -> Result<()> {
        {
            name.clone_into(&mut lock(&self.account.profile).name);
            name.clone_into(&mut lock(&self.device.record).push_name);
        }
        let ops = vec![Network::profile_op(&self.account), Network::device_op(&self.device)];
        self.network.store.write(ops).await?;
        let number = self.number().to_string();
        if self.account.kind == crate::network::account::Kind::Customer {
            self.network.changed(crate::world::Change::Customer { number });
            return Ok(());
        }
        self.network.changed(crate::world::Change::Phone { number });
        self.change_state(vec![action::push_name(name)]).await
    }

    /// What a phone has in its state before the first companion: its name.
    pub(super) async fn first_state(&self) -> Result<()> {
        let keys = self.state_keys().await?;
        {
            let mut state = self.app_state.lock().await;
            state.follow(&self.network, &self.account, &keys, Name::CriticalBlock);
            let index = action::push_name("").index;
            if state.broken.contains_key(&Name::CriticalBlock) || state.entry(Name::CriticalBlock, &index).is_some() {
                return Ok(());
            }
        }
        self.change_state(vec![action::push_name(&self.account.name())]).await
    }

    /// What a told history says of its chats is in the state as well.
    pub(super) async fn state_of_history(&self, history: &crate::world::NewHistory) -> Result<()> {
        let mut actions = Vec::new();
        for item in &history.items {
            let jid = self.chat_jid(&item.with, history.by_lid)?;
            if let Some(name) = item.name.clone().filter(|_| !item.with.ends_with("@g.us")) {
                let lid = item.lid.as_ref().map(|lid| format!("{lid}@lid")).or_else(|| self.lid_of(&item.with));
                actions.push(action::contact(&jid, Some(name), lid));
            }
            let change = ChatChange {
                archived: item.archived.then_some(true),
                pinned: item.pinned.then_some(true),
                muted_until: item.muted_until.map(Some),
                ..ChatChange::default()
            };
            actions.extend(action::of_chat(&jid, change, None)?);
        }
        self.change_state(actions).await
    }

    /// The phone's chats with their state, as companions and the phone have made it.
    pub async fn chats(&self) -> Result<Vec<ChatView>> {
        let keys = self.state_keys().await?;
        let mut chats = self.lived_chats().await?;
        let mut state = self.app_state.lock().await;
        for name in Name::ALL {
            state.follow(&self.network, &self.account, &keys, name);
            let Some(collection) = state.collections.get(&name) else { continue };
            for (index, value) in &collection.entries {
                action::show(index, value, |jid| self.with_of(jid), &mut chats);
            }
        }
        Ok(chats.into_values().collect())
    }

    pub async fn app_state(&self) -> Result<AppStateView> {
        let keys = self.state_keys().await?;
        let mut state = self.app_state.lock().await;
        let mut collections = std::collections::BTreeMap::new();
        for name in Name::ALL {
            state.follow(&self.network, &self.account, &keys, name);
            let collection = state.collections.entry(name).or_default();
            let mut entries: Vec<String> = collection.entries.keys().cloned().collect();
            entries.sort_unstable();
            let version = collection.version;
            let broken = state.broken.get(&name).map(|why| (*why).to_owned());
            collections.insert(name.as_str().to_owned(), CollectionView { version, entries, broken });
        }
        Ok(AppStateView { at: now_ms(), collections })
    }
}
