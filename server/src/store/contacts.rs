//! Customers.

use ownline_model::{
    contact::{Contact, TeamOptOut},
    ids::ContactId,
    page::Page,
    phone::PhoneNumber,
    time::UtcMillis,
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Condition, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, QueryTrait as _, Select,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use super::{Source, StoreError, Stored, Tx, cursor, words};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub search_key: i64,
    pub tenant_id: Uuid,
    pub id: Uuid,
    pub version: i64,
    pub name: String,
    pub name_key: String,
    pub given_name: Option<String>,
    pub push_name: Option<String>,
    pub phone: Option<String>,
    pub lid: Option<String>,
    pub email: Option<String>,
    pub tags: String,
    pub notes: String,
    pub blocked: bool,
    pub created_at: i64,
    pub last_interaction_at: Option<i64>,
    pub merged_into: Option<Uuid>,
    pub username: Option<String>,
    pub kind: String,
    pub opted_out_at: Option<i64>,
    pub opted_out_word: Option<String>,
    pub hidden: bool,
    pub verified_name: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}
impl ActiveModelBehavior for ActiveModel {}

/// A customer with what only the server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) contact: Contact,
    /// The name that the team gave.
    pub(crate) given_name: Option<String>,
    /// With which word the customer asked not to be written to.
    pub(crate) opted_out_word: Option<String>,
    pub(crate) merged_into: Option<ContactId>,
    /// All that was shared with the person was taken back.
    pub(crate) hidden: bool,
}

fn phone(id: Uuid, text: &str) -> Stored<PhoneNumber> {
    text.parse().map_err(|_| StoreError::Damaged(format!("contact {id}: phone")))
}

fn known(row: Model) -> Stored<Known> {
    Ok(Known {
        contact: Contact {
            id: ContactId(row.id),
            version: row.version,
            name: row.name,
            push_name: row.push_name,
            verified_name: row.verified_name,
            phone: row.phone.map(|text| phone(row.id, &text)).transpose()?,
            lid: row.lid,
            username: row.username,
            kind: words::read_word(&row.kind)?,
            // Pictures stay on the machine that has the number.
            picture_id: None,
            email: row.email,
            tags: words::read_json(&row.tags)?,
            notes: row.notes,
            blocked: row.blocked,
            opted_out_at: row.opted_out_at.map(UtcMillis),
            created_at: UtcMillis(row.created_at),
            last_interaction_at: row.last_interaction_at.map(UtcMillis),
        },
        given_name: row.given_name,
        opted_out_word: row.opted_out_word,
        merged_into: row.merged_into.map(ContactId),
        hidden: row.hidden,
    })
}

pub(super) fn contact(row: Model) -> Stored<Contact> {
    Ok(known(row)?.contact)
}

fn row(tenant: Uuid, known: &Known) -> ActiveModel {
    let contact = &known.contact;
    ActiveModel {
        search_key: NotSet,
        tenant_id: Set(tenant),
        id: Set(contact.id.0),
        version: Set(contact.version),
        name: Set(contact.name.clone()),
        name_key: Set(contact.name.to_lowercase()),
        given_name: Set(known.given_name.clone()),
        push_name: Set(contact.push_name.clone()),
        phone: Set(contact.phone.as_ref().map(|phone| phone.as_str().to_owned())),
        lid: Set(contact.lid.clone()),
        email: Set(contact.email.clone()),
        tags: Set(words::json(&contact.tags)),
        notes: Set(contact.notes.clone()),
        blocked: Set(contact.blocked),
        created_at: Set(contact.created_at.0),
        last_interaction_at: Set(contact.last_interaction_at.map(|at| at.0)),
        merged_into: Set(known.merged_into.map(|id| id.0)),
        username: Set(contact.username.clone()),
        kind: Set(words::word(&contact.kind)),
        opted_out_at: Set(contact.opted_out_at.map(|at| at.0)),
        opted_out_word: Set(known.opted_out_word.clone()),
        hidden: Set(known.hidden),
        verified_name: Set(contact.verified_name.clone()),
    }
}

/// Under this id, wherever a merge has taken it.
pub(crate) async fn find(db: &impl Source, id: ContactId) -> Stored<Option<Known>> {
    let mut id = id.0;
    // A contact merged into one that was merged later: few steps, but never endless ones.
    for _ in 0..8 {
        let found =
            Entity::find().filter(Column::TenantId.eq(db.tenant())).filter(Column::Id.eq(id)).one(db.conn()).await?;
        match found {
            Some(Model { merged_into: Some(next), .. }) => id = next,
            other => return other.map(known).transpose(),
        }
    }
    Ok(None)
}

/// Under this very id, also where it was merged into another.
pub(crate) async fn find_merged(db: &impl Source, id: ContactId) -> Stored<Option<Known>> {
    let row =
        Entity::find().filter(Column::TenantId.eq(db.tenant())).filter(Column::Id.eq(id.0)).one(db.conn()).await?;
    row.map(known).transpose()
}

/// Those who bear this number, this LID, or this id.
pub(crate) async fn by_identity(
    db: &impl Source,
    id: ContactId,
    phone: Option<&PhoneNumber>,
    lid: Option<&str>,
) -> Stored<Vec<Known>> {
    let rows = identity_query(db.tenant(), id, phone, lid).all(db.conn()).await?;
    rows.into_iter().map(known).collect()
}

pub(super) fn identity_query(
    tenant: Uuid,
    id: ContactId,
    phone: Option<&PhoneNumber>,
    lid: Option<&str>,
) -> Select<Entity> {
    let of_tenant = || Column::TenantId.eq(tenant);
    // One term for each index: SQLite answers an OR of them by looking into each.
    let mut any = Condition::any().add(Condition::all().add(of_tenant()).add(Column::Id.eq(id.0)));
    // Either spelling of the line.
    for phone in phone.into_iter().cloned().chain(phone.and_then(PhoneNumber::other_form)) {
        any = any.add(Condition::all().add(of_tenant()).add(Column::Phone.eq(phone.as_str())));
    }
    if let Some(lid) = lid {
        any = any.add(Condition::all().add(of_tenant()).add(Column::Lid.eq(lid)));
    }
    Entity::find().filter(any)
}

/// Customers by name, from the one after `cursor`.
pub(crate) async fn page(
    db: &impl Source,
    q: Option<&str>,
    after: Option<&str>,
    limit: u32,
) -> Stored<Result<Page<Contact>, cursor::InvalidCursor>> {
    let place = match after.map(cursor::decode::<(String, Uuid)>).transpose() {
        Ok(place) => place,
        Err(invalid) => return Ok(Err(invalid)),
    };
    let mut rows = page_query(db.tenant(), q, place, limit).all(db.conn()).await?;
    let more = cursor::has_more(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| cursor::encode(&(&row.name_key, row.id)));
    Ok(Ok(Page { items: rows.into_iter().map(contact).collect::<Stored<_>>()?, next_cursor }))
}

pub(super) fn page_query(tenant: Uuid, q: Option<&str>, place: Option<(String, Uuid)>, limit: u32) -> Select<Entity> {
    let mut query = Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::MergedInto.is_null())
        .filter(Column::Hidden.eq(false))
        .order_by_asc(Column::NameKey)
        .order_by_asc(Column::Id)
        .limit(u64::from(limit) + 1);
    if let Some((name, id)) = place {
        query = query.filter(
            Expr::tuple([Expr::col(Column::NameKey), Expr::col(Column::Id)])
                .gt(Expr::tuple([Expr::value(name), Expr::value(id)])),
        );
    }
    if let Some(matching) = matching(q) {
        query = query.filter(matching);
    }
    query
}

/// Whose name, number or address contains `q`. The trigram index needs three characters; fewer match a name's beginning.
fn matching(q: Option<&str>) -> Option<Expr> {
    let q = q.map(str::trim).filter(|q| !q.is_empty())?;
    if q.chars().count() < 3 {
        let from = q.to_lowercase();
        let to = format!("{from}\u{10ffff}");
        return Some(Column::NameKey.gte(from).and(Column::NameKey.lt(to)));
    }
    let phrase = format!("\"{}\"", q.replace('"', "\"\""));
    Some(Expr::cust_with_values(
        "search_key IN (SELECT rowid FROM contact_search WHERE contact_search MATCH ?)",
        [phrase],
    ))
}

/// A subquery of the ids of those whose name, number or address contains `q`.
pub(super) fn matching_ids(tenant: Uuid, q: Option<&str>) -> Option<sea_orm::sea_query::SelectStatement> {
    let matching = matching(q)?;
    Some(
        Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::TenantId.eq(tenant))
            .filter(matching)
            .into_query(),
    )
}

/// In the order of their ids, for a snapshot.
pub(crate) async fn after(db: &impl Source, id: Uuid, limit: u64) -> Stored<Vec<(Uuid, Option<Contact>)>> {
    let rows = Entity::find()
        .filter(Column::TenantId.eq(db.tenant()))
        .filter(Column::Id.gt(id))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db.conn())
        .await?;
    rows.into_iter()
        .map(|row| Ok((row.id, if row.merged_into.is_some() || row.hidden { None } else { Some(contact(row)?) })))
        .collect()
}

pub(crate) async fn insert(tx: &Tx, known: &Known) -> Stored<()> {
    Entity::insert(row(tx.tenant(), known)).exec_without_returning(tx.conn()).await?;
    Ok(())
}

pub(crate) async fn update(tx: &Tx, known: &Known) -> Stored<()> {
    Entity::update_many()
        .set(row(tx.tenant(), known))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(known.contact.id.0))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// Those who asked not to be written to, newest first, from the one after `cursor`.
pub(crate) async fn opted_out(
    db: &impl Source,
    after: Option<&str>,
    limit: u32,
) -> Stored<Result<Page<TeamOptOut>, cursor::InvalidCursor>> {
    let place = match after.map(cursor::decode::<(i64, Uuid)>).transpose() {
        Ok(place) => place,
        Err(invalid) => return Ok(Err(invalid)),
    };
    let mut rows = opted_out_query(db.tenant(), place, limit).all(db.conn()).await?;
    let more = cursor::has_more(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| cursor::encode(&(row.opted_out_at, row.id)));
    let one = |row: Model| {
        let known = known(row)?;
        let at = known.contact.opted_out_at.unwrap_or(UtcMillis(0));
        Ok(TeamOptOut { contact: known.contact, word: known.opted_out_word.unwrap_or_default(), at })
    };
    Ok(Ok(Page { items: rows.into_iter().map(one).collect::<Stored<_>>()?, next_cursor }))
}

pub(super) fn opted_out_query(tenant: Uuid, place: Option<(i64, Uuid)>, limit: u32) -> Select<Entity> {
    let mut query = Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Expr::cust(r#""contact"."opted_out_at" IS NOT NULL AND "contact"."merged_into" IS NULL"#))
        .filter(Column::Hidden.eq(false))
        .order_by_desc(Column::OptedOutAt)
        .order_by_desc(Column::Id)
        .limit(u64::from(limit) + 1);
    if let Some((at, id)) = place {
        let here = Expr::tuple([Expr::col(Column::OptedOutAt), Expr::col(Column::Id)]);
        query = query.filter(here.lt(Expr::tuple([Expr::value(at), Expr::value(id)])));
    }
    query
}

/// Notes when the customer was last heard of.
pub(crate) async fn touch(tx: &Tx, id: ContactId, at: UtcMillis) -> Stored<()> {
    Entity::update_many()
        .col_expr(Column::LastInteractionAt, Expr::value(at.0))
        .filter(Column::TenantId.eq(tx.tenant()))
        .filter(Column::Id.eq(id.0))
        .exec(tx.conn())
        .await?;
    Ok(())
}
