//! Enumerations as the words of the JSON, lists and small values as JSON text.

use serde::{
    Serialize,
    de::{DeserializeOwned, IntoDeserializer, value::Error},
};

use super::{StoreError, Stored};

/// The word of a unit variant.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

pub(super) fn read_word<T: DeserializeOwned>(word: &str) -> Stored<T> {
    T::deserialize(IntoDeserializer::<Error>::into_deserializer(word))
        .map_err(|error| StoreError::Damaged(error.to_string()))
}

pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn read_json<T: DeserializeOwned>(text: &str) -> Stored<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use ownline_model::ticket::TicketState;

    use super::*;

    #[test]
    fn words_read_back() {
        assert_eq!(word(&TicketState::InProgress), "in_progress");
        assert_eq!(read_word::<TicketState>("in_progress").expect("word"), TicketState::InProgress);
        assert!(read_word::<TicketState>("lost").is_err());
    }
}
