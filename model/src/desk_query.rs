//! Query strings of the desk's lists: the same on the bridge and on the server. A misspelt filter is refused rather than
//! silently ignored.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{conversation::ConversationView, ids::AgentId, limits, ticket::TicketState};

/// `GET /api/conversations`: latest activity first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConversationQuery {
    /// Which conversations; `all` when absent.
    #[param(inline)]
    pub view: Option<ConversationView>,
    /// Part of the customer's name or number.
    #[param(max_length = 256)]
    pub q: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many; 50 when absent, at most 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// `GET /api/conversations/{id}/messages`: the newest page first, oldest to newest inside the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessageQuery {
    /// `next_cursor` of the page before; leads to older messages.
    pub cursor: Option<String>,
    /// How many; 50 when absent, at most 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// `GET /api/tickets`: newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TicketQuery {
    #[param(inline)]
    pub state: Option<TicketState>,
    #[param(value_type = Option<String>, format = "uuid")]
    pub assignee: Option<AgentId>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many; 50 when absent, at most 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// `GET /api/contacts`: by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContactQuery {
    /// Part of the name, number or e-mail address.
    #[param(max_length = 256)]
    pub q: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// How many; 50 when absent, at most 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// The number of rows to answer with: a wish outside the bounds is brought inside.
pub fn page_limit(wish: Option<u32>) -> u32 {
    wish.unwrap_or(limits::PAGE_DEFAULT).clamp(1, limits::PAGE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_stay_inside_their_bounds() {
        assert_eq!(page_limit(None), limits::PAGE_DEFAULT);
        assert_eq!(page_limit(Some(0)), 1);
        assert_eq!(page_limit(Some(10_000)), limits::PAGE_MAX);
    }

    #[test]
    fn a_misspelt_filter_is_refused() {
        assert!(serde_json::from_str::<ConversationQuery>(r#"{"view":"mine"}"#).is_ok());
        assert!(serde_json::from_str::<ConversationQuery>(r#"{"veiw":"mine"}"#).is_err());
    }
}
