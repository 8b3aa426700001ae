//! How messages are taken back.

use serde::Deserialize;
use utoipa::IntoParams;

/// How far a message may have come that is taken back.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taking {
    /// `true`: only as long as it has not left; `already_sent` says that it has.
    #[serde(default)]
    pub(crate) unsent: bool,
}
