//! What WhatsApp's answer to a message means. A refused send looks like a success to the caller: only the
//! acknowledgement's error tells.

use ownline_model::{message::Failure, problem::ProblemCode};

/// What becomes of a message that WhatsApp's server has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// WhatsApp has it.
    Accepted,
    /// Not now; the same message may go again by itself.
    Later,
    /// The recipient may not exist: worth a question before it counts as failed.
    NoRecipient,
    Refused(Failure),
    /// Refused, and no new chat of this number will be taken for a while.
    NewChatsFrozen(Failure),
}

/// Reads the error of an acknowledgement: a number as text, absent where the message was taken.
pub(super) fn verdict(error: Option<&str>) -> Verdict {
    match error {
        None | Some("" | "0") => Verdict::Accepted,
        Some("404") => Verdict::NoRecipient,
        Some("408" | "429" | "500" | "502" | "503" | "504") => Verdict::Later,
        Some("463") => Verdict::NewChatsFrozen(reach_out_locked()),
        Some(code) => Verdict::Refused(refused(code)),
    }
}

/// The same for a message to a group.
pub(super) fn group_verdict(error: Option<&str>) -> Verdict {
    match error {
        Some("401" | "403" | "404" | "410") => Verdict::Refused(not_a_member()),
        Some("420") => Verdict::Refused(of(ProblemCode::AdminsOnly)),
        error => verdict(error),
    }
}

pub(super) fn not_a_member() -> Failure {
    of(ProblemCode::NotAMember)
}

/// It may be let in again, or the admins may open the group.
fn of(code: ProblemCode) -> Failure {
    Failure { code: code.as_str().to_owned(), detail: code.title().to_owned(), retryable: true }
}

/// 463: WhatsApp has frozen new chats of this number, or this customer never wrote first. Replies still flow, and nothing
/// is tried again by itself.
fn reach_out_locked() -> Failure {
    Failure {
        code: "reach_out_locked".into(),
        detail: "WhatsApp does not let this number start new chats right now. Customers who wrote first can still be answered.".into(),
        retryable: true,
    }
}

fn refused(code: &str) -> Failure {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    Failure {
        code: "refused_by_whatsapp".into(),
        detail: format!("WhatsApp refused this message (code {code})."),
        // 421: addressed to a server that does not hold the recipient now. The others say that the message is malformed.
        retryable: code == "421",
    }
}

pub(super) fn not_on_whatsapp() -> Failure {
    Failure { code: "not_on_whatsapp".into(), detail: "This number is not on WhatsApp.".into(), retryable: false }
}

/// The same message went out again and again, and WhatsApp never said a word.
pub(super) fn unanswered() -> Failure {
    Failure {
        code: "no_acknowledgement".into(),
        detail: "WhatsApp did not acknowledge this message. It may or may not have arrived; sending it again cannot make a second one.".into(),
        retryable: true,
    }
}

pub(super) fn unsendable(detail: &str) -> Failure {
    Failure { code: "refused_by_whatsapp".into(), detail: detail.chars().take(200).collect(), retryable: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: &str) -> (String, bool) {
        match verdict(Some(error)) {
            Verdict::Refused(failure) | Verdict::NewChatsFrozen(failure) => (failure.code, failure.retryable),
            other => panic!("{error}: {other:?}"),
        }
    }

    #[test]
    fn only_an_acknowledgement_without_error_is_sent() {
        assert_eq!(verdict(None), Verdict::Accepted);
        for error in ["463", "479", "421", "400", "404", "503", "nonsense"] {
            assert_ne!(verdict(Some(error)), Verdict::Accepted, "{error}");
        }
    }

    #[test]
    fn refusals_have_stable_codes() {
        assert_eq!(code("463"), ("reach_out_locked".into(), true));
        assert_eq!(code("479"), ("refused_by_whatsapp".into(), false));
        assert_eq!(code("400"), ("refused_by_whatsapp".into(), false));
        assert_eq!(code("421"), ("refused_by_whatsapp".into(), true));
    }

    #[test]
    fn groups_refuse_in_their_own_words() {
        let code = |error| match group_verdict(Some(error)) {
            Verdict::Refused(failure) => failure.code,
            other => panic!("{error}: {other:?}"),
        };
        assert_eq!(
            ["403", "404", "420", "479"].map(code),
            ["not_a_member", "not_a_member", "admins_only", "refused_by_whatsapp"]
        );
        assert_eq!(group_verdict(Some("503")), Verdict::Later);
        assert_eq!(group_verdict(None), Verdict::Accepted);
    }

    #[test]
    fn a_busy_server_is_not_a_refusal() {
        assert_eq!(verdict(Some("503")), Verdict::Later);
        assert_eq!(verdict(Some("404")), Verdict::NoRecipient);
    }
}
