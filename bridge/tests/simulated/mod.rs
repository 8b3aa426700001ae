pub(crate) mod line;
pub(crate) mod network;
