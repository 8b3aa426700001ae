//! Identifiers. One type each, so that a ticket's id never lands where a conversation's is meant.

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = "uuid")]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A fresh, time-ordered id.
            pub fn fresh() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

id! {
    /// One customer organisation on a server. It comes from the token and is never sent by a client.
    TenantId,
    /// A person who signs in: agent, supervisor or admin.
    AgentId,
    /// A number that the desk talks from.
    ChannelId,
    /// A customer.
    ContactId,
    /// One contact's talk on one channel.
    ConversationId,
    /// A message, the same id on every machine.
    MessageId,
    /// A piece of work on a conversation.
    TicketId,
    /// A file that was handed over and waits for a message to take it.
    MediaId,
    /// Two contacts that were found to be one person.
    MergeId,
    /// One row of an outbox; repeating a push with the same id changes nothing.
    ChangeId,
    /// One installation of the desktop app (or one browser session).
    DeviceId,
}
