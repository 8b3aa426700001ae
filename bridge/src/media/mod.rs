//! Files of messages: sealed on the disk, recognised by their own bytes, pictures and voices made and read. No part of it
//! knows of networks or rows.

pub(crate) mod describe;
mod film;
pub(crate) mod folder;
pub(crate) mod intake;
pub(crate) mod picture;
pub(crate) mod seal;
pub(crate) mod sniff;
mod sound;
pub(crate) mod still;
pub(crate) mod stream;
pub(crate) mod voice;
pub(crate) mod work;
