//! What others see of a person, and what the network does to an account.

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Control,
    body::{Body, Number, OptionalBody, check_number},
    problem::Problem,
};
use crate::network::account::Kind;
use crate::world::{CustomerView, NewPresence, NewTimelock, PictureView, TimelockView};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Drawn {
    /// Chooses the colours of a drawn picture.
    seed: u64,
}

/// The bytes of a picture with their content type, or `{"seed": 7}` for a drawn one.
#[derive(Debug)]
pub(super) struct Drawing {
    pub bytes: Option<Vec<u8>>,
    pub seed: u64,
}

impl Drawing {
    pub(super) fn asked(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, Problem> {
        let says = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if says.starts_with("image/") {
            return Ok(Self { bytes: Some(bytes.to_vec()), seed: 0 });
        }
        if bytes.is_empty() {
            return Ok(Self { bytes: None, seed: 0 });
        }
        let Drawn { seed } = serde_json::from_slice(bytes).map_err(|error| Problem::invalid(error.to_string()))?;
        Ok(Self { bytes: None, seed })
    }
}

async fn put(
    control: Control,
    number: &str,
    kind: Kind,
    headers: &HeaderMap,
    bytes: Bytes,
) -> Result<Json<PictureView>, Problem> {
    let Drawing { bytes, seed } = Drawing::asked(headers, &bytes)?;
    Ok(Json(control.world.set_picture(number, kind, bytes, seed).await?))
}

pub(super) async fn customer_picture(
    State(control): State<Control>,
    Number(number): Number,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Json<PictureView>, Problem> {
    put(control, &number, Kind::Customer, &headers, bytes).await
}

pub(super) async fn phone_picture(
    State(control): State<Control>,
    Number(number): Number,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Json<PictureView>, Problem> {
    put(control, &number, Kind::Phone, &headers, bytes).await
}

pub(super) async fn no_customer_picture(
    State(control): State<Control>,
    Number(number): Number,
) -> Result<Json<Value>, Problem> {
    control.world.remove_picture(&number, Kind::Customer).await?;
    Ok(Json(json!({})))
}

pub(super) async fn no_phone_picture(
    State(control): State<Control>,
    Number(number): Number,
) -> Result<Json<Value>, Problem> {
    control.world.remove_picture(&number, Kind::Phone).await?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rename {
    name: String,
}

pub(super) async fn rename(
    State(control): State<Control>,
    Number(number): Number,
    Body(Rename { name }): Body<Rename>,
) -> Result<Json<CustomerView>, Problem> {
    Ok(Json(control.world.rename_customer(&number, &name).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    name: Option<String>,
}

pub(super) async fn business(
    State(control): State<Control>,
    Number(number): Number,
    Body(Listed { name }): Body<Listed>,
) -> Result<Json<CustomerView>, Problem> {
    Ok(Json(control.world.set_business(&number, name.as_deref()).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeNumber {
    to: String,
}

pub(super) async fn change_number(
    State(control): State<Control>,
    Number(number): Number,
    Body(ChangeNumber { to }): Body<ChangeNumber>,
) -> Result<Json<CustomerView>, Problem> {
    check_number(&to)?;
    Ok(Json(control.world.change_number(&number, &to).await?))
}

pub(super) async fn presence(
    State(control): State<Control>,
    Number(number): Number,
    Body(presence): Body<NewPresence>,
) -> Result<Json<Value>, Problem> {
    control.world.set_presence(&number, &presence)?;
    Ok(Json(json!({})))
}

pub(super) async fn customer_privacy(
    State(control): State<Control>,
    Number(number): Number,
    Body(settings): Body<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    control.world.set_privacy(&number, Kind::Customer, settings).await?;
    Ok(Json(json!({})))
}

pub(super) async fn phone_privacy(
    State(control): State<Control>,
    Number(number): Number,
    Body(settings): Body<BTreeMap<String, String>>,
) -> Result<Json<Value>, Problem> {
    control.world.set_privacy(&number, Kind::Phone, settings).await?;
    Ok(Json(json!({})))
}

pub(super) async fn timelock(
    State(control): State<Control>,
    Number(number): Number,
    Body(timelock): Body<NewTimelock>,
) -> Result<Json<TimelockView>, Problem> {
    Ok(Json(control.world.set_timelock(&number, timelock).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Deplete {
    /// How many stay.
    keep: usize,
}

pub(super) async fn deplete(
    State(control): State<Control>,
    Path((number, device)): Path<(String, u16)>,
    OptionalBody(Deplete { keep }): OptionalBody<Deplete>,
) -> Result<Json<Value>, Problem> {
    check_number(&number)?;
    let prekeys = control.world.deplete_prekeys(&number, device, keep).await?;
    Ok(Json(json!({ "prekeys": prekeys })))
}
