//! One file per table: the function that writes a row, and the plain queries.

pub(super) mod action;
pub(super) mod agent;
pub(super) mod alias;
pub(super) mod amended;
pub(super) mod channel;
pub(super) mod contact;
pub(super) mod conversation;
pub(super) mod file_work;
pub(super) mod group;
pub(super) mod local_file;
pub(super) mod merge;
pub(super) mod message;
pub(super) mod opt_out;
pub(super) mod outbox;
pub(super) mod picture;
pub(super) mod poll_secret;
pub(super) mod remote_file;
pub(super) mod sent;
pub(super) mod sharing;
pub(super) mod ticket;
pub(super) mod value;
pub(super) mod waiting_change;
