//! How files are handed over and asked for.

use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandOver {
    /// The file's own name, for documents.
    #[serde(default)]
    #[param(max_length = 1024)]
    pub(crate) name: Option<String>,
    /// `1`: a recording that becomes a voice message. WAV (16 bits), Ogg/Opus, or bare samples with `rate`.
    #[serde(default)]
    #[param(inline)]
    pub(crate) voice: Option<Yes>,
    /// Samples a second of a recording that is nothing but 16-bit samples of one channel.
    #[serde(default)]
    pub(crate) rate: Option<u32>,
    /// `document`: whatever it is, it goes as a document.
    #[serde(default, rename = "as")]
    #[param(inline)]
    pub(crate) wanted: Option<HandOverAs>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct StillOf {
    /// The film's length, where it does not tell itself.
    #[serde(default)]
    pub(crate) seconds: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
pub(crate) enum Yes {
    #[serde(rename = "1", alias = "true")]
    Yes,
    #[serde(rename = "0", alias = "false")]
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HandOverAs {
    Document,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    /// `wav`: a voice message, decoded so that every webview plays it.
    #[serde(default, rename = "as")]
    #[param(inline)]
    pub(crate) wanted: Option<ShownAs>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ShownAs {
    Wav,
}
