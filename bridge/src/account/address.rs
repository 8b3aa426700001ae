//! Addresses of servers as people type them.

use ownline_model::problem::{Problem, ProblemCode};
use reqwest::Url;

use super::RemoteError;

/// The origin of a server: `https://desk.example.org`. Plain http only on this machine itself, where nobody can listen in.
pub(super) fn normalise(text: &str) -> Result<String, RemoteError> {
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let malformed = || {
        RemoteError::from(
            Problem::new(ProblemCode::NotAnOwnlineServer).with_field("url").with_detail("This is not an address."),
        )
    };
    let url = Url::parse(&with_scheme).map_err(|_| malformed())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(malformed)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(malformed());
    }
    let loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return Err(Problem::new(ProblemCode::InsecureServerAddress).with_field("url").into()),
        _ => return Err(malformed()),
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        match normalise(text) {
            Err(RemoteError::Refused(problem)) => problem.code.as_str(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn forgives_what_people_type() {
        for text in ["https://desk.example.org", " desk.example.org/ ", "https://desk.example.org/tickets?x=1#y"] {
            assert_eq!(normalise(text).expect(text), "https://desk.example.org");
        }
        assert_eq!(normalise("http://127.0.0.1:7600/").expect("loopback"), "http://127.0.0.1:7600");
        assert_eq!(normalise("http://localhost:7600").expect("loopback"), "http://localhost:7600");
    }

    #[test]
    fn t35_plain_http_only_on_this_machine() {
        for text in [
            "http://desk.example.org",
            "http://127.0.0.1.example.org",
            "http://10.0.0.1",
            "http://localhost.example.org",
        ] {
            assert_eq!(code(text), "insecure_server_address", "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in ["", "file:///etc/passwd", "javascript://x", "https://", "https://me:secret@desk.example.org"] {
            assert_eq!(code(text), "not_an_ownline_server", "{text}");
        }
    }
}
