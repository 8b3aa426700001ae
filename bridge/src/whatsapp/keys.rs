//! The library's own store, passed on method by method, except for what is watched over: the copies of received messages
//! (see [`copies`](super::copies) and [`missed`](super::missed)) and the moments around them at which a test may pull the plug.
//!
//! The library must not get a method's default where the store has a better one: with a new release, compare the traits.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use whatsapp_rust::wacore::{
    appstate::{hash::HashState, processor::AppStateMutationMAC},
    stats::StorageResourceReport,
    store::{
        Device,
        error::Result,
        traits::{
            AppStateSyncKey, AppSyncStore, DeviceListRecord, DeviceStore, LidPnMappingEntry, MessageSecret,
            MsgSecretEntry, MsgSecretStore, PendingInboundKey, PendingInboundRow, ProtocolStore, SignalStore,
            TcTokenEntry,
        },
    },
};
use whatsapp_rust_sqlite_storage::SqliteStore;

use super::{copies::Copies, missed::Missed};
use crate::failpoint;

pub(super) struct WatchedKeys {
    keys: SqliteStore,
    missed: Missed,
    copies: Copies,
}

impl WatchedKeys {
    pub(super) fn new(keys: SqliteStore, missed: Missed) -> Self {
        Self { keys, missed, copies: Copies::default() }
    }
}

/// An implementation of one line a method, after those that do more than pass on.
macro_rules! pass_on {
    ($store:ident { $($own:tt)* } $($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        #[async_trait]
        impl $store for WatchedKeys {
            $($own)*
            $(async fn $name(&self $(, $arg: $type)*) -> $answer {
                self.keys.$name($($arg),*).await
            })*
        }
    };
}

pass_on! {
    SignalStore {
        async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> Result<()> {
            self.copies.settle(&self.keys).await?;
            self.keys.put_sessions_batch(sessions).await?;
            failpoint::here("ratcheted");
            Ok(())
        }

        async fn put_session(&self, address: &str, session: &[u8]) -> Result<()> {
            self.copies.settle(&self.keys).await?;
            self.keys.put_session(address, session).await
        }

        async fn put_sender_key(&self, address: &str, record: &[u8]) -> Result<()> {
            self.copies.settle(&self.keys).await?;
            self.keys.put_sender_key(address, record).await
        }

        async fn put_sender_keys_batch(&self, sender_keys: &[(Arc<str>, Bytes)]) -> Result<()> {
            self.copies.settle(&self.keys).await?;
            self.keys.put_sender_keys_batch(sender_keys).await
        }
    }
    put_identity(address: &str, key: [u8; 32]) -> Result<()>;
    put_identities_batch(identities: &[(Arc<str>, [u8; 32])]) -> Result<()>;
    load_identity(address: &str) -> Result<Option<[u8; 32]>>;
    delete_identity(address: &str) -> Result<()>;
    get_session(address: &str) -> Result<Option<Bytes>>;
    delete_session(address: &str) -> Result<()>;
    has_session(address: &str) -> Result<bool>;
    has_signal_state_for_user(user: &str) -> Result<bool>;
    store_prekey(id: u32, record: &[u8], uploaded: bool) -> Result<()>;
    store_prekeys_batch(keys: &[(u32, Bytes)], uploaded: bool) -> Result<()>;
    load_prekey(id: u32) -> Result<Option<Bytes>>;
    load_prekeys_batch(ids: &[u32]) -> Result<Vec<(u32, Bytes)>>;
    mark_prekeys_uploaded(ids: &[u32]) -> Result<()>;
    remove_prekey(id: u32) -> Result<()>;
    get_max_prekey_id() -> Result<u32>;
    store_signed_prekey(id: u32, record: &[u8]) -> Result<()>;
    load_signed_prekey(id: u32) -> Result<Option<Vec<u8>>>;
    load_all_signed_prekeys() -> Result<Vec<(u32, Vec<u8>)>>;
    remove_signed_prekey(id: u32) -> Result<()>;
    get_sender_key(address: &str) -> Result<Option<Vec<u8>>>;
    delete_sender_key(address: &str) -> Result<()>;
}

pass_on! {
    AppSyncStore {}
    get_sync_key(key_id: &[u8]) -> Result<Option<AppStateSyncKey>>;
    set_sync_key(key_id: &[u8], key: AppStateSyncKey) -> Result<()>;
    get_version(name: &str) -> Result<HashState>;
    set_version(name: &str, state: HashState) -> Result<()>;
    put_mutation_macs(name: &str, version: u64, mutations: &[AppStateMutationMAC]) -> Result<()>;
    get_mutation_mac(name: &str, index_mac: &[u8]) -> Result<Option<Vec<u8>>>;
    get_mutation_macs(name: &str, index_macs: &[[u8; 32]]) -> Result<HashMap<[u8; 32], Vec<u8>>>;
    delete_mutation_macs(name: &str, index_macs: &[Vec<u8>]) -> Result<()>;
    clear_mutation_macs(name: &str) -> Result<()>;
    get_latest_sync_key_id() -> Result<Option<Vec<u8>>>;
}

pass_on! {
    ProtocolStore {
        async fn store_pending_inbound_batch(&self, rows: &[PendingInboundRow<'_>]) -> Result<()> {
            failpoint::here("decrypted");
            self.copies.keep(&self.keys, rows).await?;
            failpoint::here("copied");
            Ok(())
        }

        async fn delete_pending_inbound_batch(&self, keys: &[PendingInboundKey<'_>]) -> Result<()> {
            self.copies.drop(&self.keys, keys).await?;
            failpoint::here("cleared");
            Ok(())
        }

        /// Asked about a message that WhatsApp delivers again although its key is used up.
        async fn get_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<Option<Vec<u8>>> {
            let copy = self.copies.get(&self.keys, chat, sender, id).await?;
            self.missed.look(copy, chat, sender, id).await
        }

        async fn store_pending_inbound(&self, chat: &str, sender: &str, id: &str, message: &[u8]) -> Result<()> {
            // Not a moment of a message's: the library tries its store out by it at each start.
            self.copies.keep(&self.keys, &[PendingInboundRow { chat, sender, id, message }]).await
        }

        async fn delete_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<()> {
            self.copies.drop(&self.keys, &[PendingInboundKey { chat, sender, id }]).await
        }
    }
    get_sender_key_devices(group_jid: &str) -> Result<Vec<(String, bool)>>;
    set_sender_key_status(group_jid: &str, entries: &[(&str, bool)]) -> Result<()>;
    clear_sender_key_devices(group_jid: &str) -> Result<()>;
    delete_sender_key_device_rows(device_jids: &[&str]) -> Result<()>;
    clear_all_sender_key_devices() -> Result<()>;
    get_lid_mapping(lid: &str) -> Result<Option<LidPnMappingEntry>>;
    get_pn_mapping(phone: &str) -> Result<Option<LidPnMappingEntry>>;
    put_lid_mapping(entry: &LidPnMappingEntry) -> Result<()>;
    put_lid_mappings(entries: &[LidPnMappingEntry]) -> Result<()>;
    get_all_lid_mappings() -> Result<Vec<LidPnMappingEntry>>;
    save_base_key(address: &str, message_id: &str, base_key: &[u8]) -> Result<()>;
    has_same_base_key(address: &str, message_id: &str, current_base_key: &[u8]) -> Result<bool>;
    delete_base_key(address: &str, message_id: &str) -> Result<()>;
    update_device_list(record: DeviceListRecord) -> Result<()>;
    update_device_lists(records: Vec<DeviceListRecord>) -> Result<()>;
    get_devices(user: &str) -> Result<Option<DeviceListRecord>>;
    delete_devices(user: &str) -> Result<()>;
    get_group_metadata(group_jid: &str) -> Result<Option<Vec<u8>>>;
    put_group_metadata(group_jid: &str, blob: &[u8]) -> Result<()>;
    delete_group_metadata(group_jid: &str) -> Result<()>;
    get_tc_token(jid: &str) -> Result<Option<TcTokenEntry>>;
    put_tc_token(jid: &str, entry: &TcTokenEntry) -> Result<()>;
    delete_tc_token(jid: &str) -> Result<()>;
    get_all_tc_token_jids() -> Result<Vec<String>>;
    delete_expired_tc_tokens(token_cutoff: i64, sender_cutoff: i64) -> Result<u32>;
    touch_tc_token_sender_timestamp(jid: &str, sender_timestamp: i64) -> Result<()>;
    store_received_tc_token(jid: &str, token: &[u8], token_timestamp: i64) -> Result<()>;
    store_sent_message(chat_jid: &str, message_id: &str, payload: &[u8]) -> Result<()>;
    take_sent_message(chat_jid: &str, message_id: &str) -> Result<Option<Vec<u8>>>;
    delete_expired_sent_messages(cutoff_timestamp: i64) -> Result<u32>;
    delete_expired_pending_inbound(cutoff_timestamp: i64) -> Result<u32>;
}

pass_on! {
    DeviceStore {
        async fn save(&self, device: &Device) -> Result<()> {
            self.copies.sweep(&self.keys).await?;
            self.keys.save(device).await
        }
    }
    load() -> Result<Option<Device>>;
    exists() -> Result<bool>;
    create() -> Result<i32>;
    snapshot_db(name: &str, extra_content: Option<&[u8]>) -> Result<()>;
    resource_report() -> StorageResourceReport;
}

pass_on! {
    MsgSecretStore {}
    put_msg_secret(chat: &str, sender: &str, msg_id: &str, secret: &MessageSecret) -> Result<()>;
    put_msg_secrets(entries: Vec<MsgSecretEntry>) -> Result<usize>;
    get_msg_secret(chat: &str, sender: &str, msg_id: &str) -> Result<Option<Vec<u8>>>;
    get_msg_secret_with_ts(chat: &str, sender: &str, msg_id: &str) -> Result<Option<(Vec<u8>, i64)>>;
    delete_expired_msg_secrets(cutoff_timestamp: i64) -> Result<u32>;
}
