//! Where the bridge listens, keeps its data, and which WhatsApp it talks to.

/// Which WhatsApp the session connects to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// `ws://…` of a simulated network. Only a build with the feature `simulated-network` can be told one.
    #[cfg(feature = "simulated-network")]
    pub simulated: Option<String>,
}
