//! What was said, as those know who said it: the truth that every place is held against.

use std::collections::HashSet;

use ownline_model::ids::ConversationId;

use crate::network::Customer;

/// A message under WhatsApp's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub wa_id: String,
    pub text: String,
}

#[derive(Debug)]
pub(super) struct Chat {
    pub(super) customer: Customer,
    pub(super) id: ConversationId,
    /// From the customer, in the order of writing.
    pub(super) inbound: Vec<Said>,
    /// From the team, in the order in which their own bridge took them.
    pub(super) outbound: Vec<Said>,
    /// What the customer has opened of them.
    pub(super) read: HashSet<String>,
}
