//! How the OpenAPI document describes refusals: always a [`Problem`], whatever the status.

use std::collections::BTreeMap;

use ownline_model::problem::Problem;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

const STATUSES: [(&str, &str); 7] = [
    ("401", "Sign in first, or again."),
    ("403", "The person's role or the thing's owner does not allow it."),
    ("404", "There is no such thing, or it may not be seen."),
    ("409", "Someone was faster, or the state does not allow it."),
    ("422", "The request is not well formed."),
    ("429", "Too many attempts; `retry_after` says when to try again."),
    ("default", "Anything else that went wrong."),
];

/// Every refusal, for `responses(…)` of a handler.
#[derive(Debug)]
pub(crate) struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        STATUSES.iter().map(|(status, words)| ((*status).to_owned(), RefOr::T(problem(words)))).collect()
    }
}

fn problem(words: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    ResponseBuilder::new().description(words).content("application/problem+json", content).build()
}
