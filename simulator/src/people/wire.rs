//! Pieces of protobuf written by hand: around messages that are encoded already, and fields that the protocol does not have.

/// Appends a field of bytes.
pub(super) fn bytes_field(to: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    varint(to, u64::from(field) << 3 | 2);
    varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

fn varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// `Message.deviceSentMessage` and what it consists of.
const DEVICE_SENT_MESSAGE: u32 = 31;
const DESTINATION_JID: u32 = 1;
const MESSAGE: u32 = 2;

/// The copy of an encoded message for the author's own devices.
pub(super) fn device_sent(chat: &str, message: &[u8]) -> Vec<u8> {
    let mut inner = Vec::with_capacity(message.len() + chat.len() + 12);
    bytes_field(&mut inner, DESTINATION_JID, chat.as_bytes());
    bytes_field(&mut inner, MESSAGE, message);
    let mut outer = Vec::with_capacity(inner.len() + 8);
    bytes_field(&mut outer, DEVICE_SENT_MESSAGE, &inner);
    outer
}

#[cfg(test)]
mod tests {
    use waproto::buffa::Message as _;
    use waproto::whatsapp::Message;

    use super::*;

    #[test]
    fn a_copy_reads_as_the_library_would_have_written_it() {
        for length in [0, 1, 127, 128, 20_000] {
            let message = Message { conversation: Some("x".repeat(length)), ..Default::default() };
            let copy = device_sent("4915112345678@s.whatsapp.net", &message.encode_to_vec());
            let mut read = Message::decode_from_slice(&copy).expect("well-formed");
            let sent = read.device_sent_message.take().expect("a copy");
            assert_eq!(sent.destination_jid.as_deref(), Some("4915112345678@s.whatsapp.net"));
            assert_eq!(sent.message.as_option(), Some(&message));
        }
    }

    #[test]
    fn a_field_that_nobody_knows_is_skipped() {
        let mut bytes = Message { conversation: Some("a".to_owned()), ..Default::default() }.encode_to_vec();
        bytes_field(&mut bytes, 9_999, b"from the future");
        let read = Message::decode_from_slice(&bytes).expect("well-formed");
        assert_eq!(read.conversation.as_deref(), Some("a"));
    }
}
