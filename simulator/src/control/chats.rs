//! What a phone keeps in step with its companions: its chats' state, its address book, its name.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Control,
    body::{Body, Number, check_number},
    problem::Problem,
};
use crate::world::{AppStateView, ChatChange, ChatView, PhoneView};

pub(super) async fn list(
    State(control): State<Control>,
    Number(number): Number,
) -> Result<Json<Vec<ChatView>>, Problem> {
    Ok(Json(control.world.chats(&number).await?))
}

pub(super) async fn state(
    State(control): State<Control>,
    Number(number): Number,
) -> Result<Json<AppStateView>, Problem> {
    Ok(Json(control.world.app_state(&number).await?))
}

pub(super) async fn change(
    State(control): State<Control>,
    Path((number, with)): Path<(String, String)>,
    Body(change): Body<ChatChange>,
) -> Result<Json<ChatView>, Problem> {
    check_number(&number)?;
    Ok(Json(control.world.change_chat(&number, &with, change).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    with: String,
    /// `null` takes the contact out of the address book.
    name: Option<String>,
}

pub(super) async fn contact(
    State(control): State<Control>,
    Number(number): Number,
    Body(Contact { with, name }): Body<Contact>,
) -> Result<Json<Value>, Problem> {
    check_number(&with)?;
    control.world.name_contact(&number, &with, name).await?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rename {
    pub(super) name: String,
}

pub(super) async fn rename(
    State(control): State<Control>,
    Number(number): Number,
    Body(Rename { name }): Body<Rename>,
) -> Result<Json<PhoneView>, Problem> {
    Ok(Json(control.world.rename_phone(&number, &name).await?))
}
