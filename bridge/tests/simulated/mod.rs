#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod line;
pub(crate) mod network;
pub(crate) mod stage;
