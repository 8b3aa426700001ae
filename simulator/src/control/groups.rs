//! Groups: who is in them, what they are called, and what each member sees there.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::HeaderMap,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Control,
    body::{Body, check_number},
    problem::Problem,
    profile::Drawing,
    transcript::MessageJson,
};
use crate::network::address::{chat_name, parse_group};
use crate::world::{EditGroup, EditMembers, GroupView, NewGroup, PictureView, WorldError};

pub(super) async fn list(State(control): State<Control>) -> Json<Vec<GroupView>> {
    Json(control.world.groups().await)
}

pub(super) async fn create(
    State(control): State<Control>,
    Body(group): Body<NewGroup>,
) -> Result<Json<GroupView>, Problem> {
    check_number(&group.owner)?;
    check_all(&group.members)?;
    Ok(Json(control.world.create_group(group).await?))
}

pub(super) async fn read(State(control): State<Control>, Path(id): Path<String>) -> Result<Json<GroupView>, Problem> {
    Ok(Json(control.world.group(&id).await?))
}

pub(super) async fn edit(
    State(control): State<Control>,
    Path(id): Path<String>,
    Body(edit): Body<EditGroup>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(control.world.edit_group(&id, edit).await?))
}

pub(super) async fn members(
    State(control): State<Control>,
    Path(id): Path<String>,
    Body(edit): Body<EditMembers>,
) -> Result<Json<GroupView>, Problem> {
    for numbers in [&edit.add, &edit.remove, &edit.promote, &edit.demote] {
        check_all(numbers)?;
    }
    Ok(Json(control.world.edit_members(&id, edit).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leave {
    number: String,
}

pub(super) async fn leave(
    State(control): State<Control>,
    Path(id): Path<String>,
    Body(Leave { number }): Body<Leave>,
) -> Result<Json<GroupView>, Problem> {
    check_number(&number)?;
    Ok(Json(control.world.leave_group(&id, &number).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Eyes {
    /// Number of the member who looks.
    r#as: String,
}

pub(super) async fn transcript(
    State(control): State<Control>,
    Path(id): Path<String>,
    eyes: Result<Query<Eyes>, QueryRejection>,
) -> Result<Json<Vec<MessageJson>>, Problem> {
    let Query(Eyes { r#as: number }) = eyes.map_err(|rejection| Problem::invalid(rejection.body_text()))?;
    check_number(&number)?;
    let id = parse_group(&id).map(chat_name).ok_or(WorldError::BadGroup(id))?;
    let messages = control.world.messages_in_group(&number, &id).await?;
    Ok(Json(messages.into_iter().map(MessageJson::from).collect()))
}

pub(super) async fn picture(
    State(control): State<Control>,
    Path(id): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Json<PictureView>, Problem> {
    let Drawing { bytes, seed } = Drawing::asked(&headers, &bytes)?;
    Ok(Json(control.world.set_group_picture(&id, bytes, seed).await?))
}

pub(super) async fn no_picture(State(control): State<Control>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    control.world.remove_group_picture(&id).await?;
    Ok(Json(json!({})))
}

fn check_all(numbers: &[String]) -> Result<(), Problem> {
    numbers.iter().try_for_each(|number| check_number(number))
}
