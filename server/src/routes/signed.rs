//! Who asks: the bearer of an access token, from the header and nowhere else.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, header, request::Parts},
};
use ownline_model::problem::ProblemCode;
use ownline_web::ApiError;

use crate::{accounts::Identity, app::App};

/// A signed-in person.
#[derive(Debug, Clone)]
pub(crate) struct Signed(pub(crate) Identity);

impl FromRequestParts<App> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers).ok_or(ProblemCode::Unauthenticated)?;
        Ok(Self(app.accounts().identify(token).await?))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    // Two headers are nobody's habit but a smuggler's.
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The address that a request comes from, for limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From(pub(crate) IpAddr);

impl FromRequestParts<App> for From {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let direct = socket.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(address)| address.ip());
        let told = if app.behind_proxy() { forwarded(&parts.headers) } else { None };
        Ok(Self(told.unwrap_or(direct)))
    }
}

/// The last address in the header is the one that our own proxy wrote.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_counts() {
        let headers = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, axum::http::HeaderValue::from_static(value));
            }
            headers
        };
        assert_eq!(bearer(&headers(&["Bearer abc"])), Some("abc"));
        assert_eq!(bearer(&headers(&["Basic abc"])), None);
        assert_eq!(bearer(&headers(&["Bearer abc", "Bearer def"])), None);
        assert_eq!(bearer(&headers(&[])), None);
    }

    #[test]
    fn a_forged_forward_does_not_hide_the_real_one() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", axum::http::HeaderValue::from_static("198.51.100.1, 203.0.113.9"));
        assert_eq!(forwarded(&headers), "203.0.113.9".parse().ok());
    }
}
