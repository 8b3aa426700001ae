//! Who may drive the network: programs of this machine and the simulator's own page, but no other web page.

use axum::{
    extract::Request,
    http::{StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::problem::Problem;

/// A page of another site reaches 127.0.0.1 in two ways: by a name of its own that resolves here (DNS rebinding), which
/// the `Host` header betrays, and by a request across origins, which `Origin` betrays.
pub(super) async fn admit(request: Request, next: Next) -> Response {
    match refusal(&request) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

fn refusal(request: &Request) -> Option<Problem> {
    let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let forbidden = |code, detail| Some(Problem::new(StatusCode::FORBIDDEN, code, detail));
    // HTTP/2 has the host in the URI.
    let host = text(header::HOST).or_else(|| request.uri().authority().map(Authority::as_str)).unwrap_or_default();
    if !is_loopback(host) {
        return forbidden("forbidden_host", "this address is served under 127.0.0.1 or localhost only");
    }
    match text(header::ORIGIN) {
        Some(origin) if origin.strip_prefix("http://") != Some(host) => {
            forbidden("forbidden_origin", "pages of other sites may not drive the simulator")
        }
        _ => None,
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name == "127.0.0.1" || name == "[::1]" || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_are_served() {
        for host in ["127.0.0.1", "127.0.0.1:7701", "localhost:7701", "LocalHost", "[::1]:80"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in
            ["", "evil.example:7701", "127.0.0.1.evil.example", "localhost.evil.example:80", "127.0.0.1:80:x", "?"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
