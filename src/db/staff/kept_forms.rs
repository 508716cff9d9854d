//! Forms that were sent when nobody was signed in any more, or with an expired token.

use crate::{
    db::{Conn, engine::schema::kept_forms},
    domain::{id::UserId, moment::Moment},
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long a form is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::minutes(30);

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = kept_forms, treat_none_as_default_value = false)]
pub struct KeptForm {
    pub id: String,
    /// The person whose page the form was on.
    pub user_id: UserId,
    /// The path of the page that has the form.
    pub page: String,
    /// The path that the form was sent to.
    pub action: String,
    /// The fields, URL-encoded, without what was typed as a secret.
    pub fields: String,
    /// Whether its token had expired; else the session of its sender had ended.
    pub has_expired: bool,
    pub had_file: bool,
    pub had_secret: bool,
    pub kept_at: Moment,
}

/// Keeps `form`, and of the person's other forms the latest, up to `most` in all.
pub fn insert(conn: &mut Conn, form: &KeptForm, most: usize) -> QueryResult<()> {
    let of_person = kept_forms::table.filter(kept_forms::user_id.eq(form.user_id));
    let ids: Vec<String> =
        of_person.order((kept_forms::kept_at.desc(), kept_forms::id)).select(kept_forms::id).load(conn)?;
    for id in ids.into_iter().skip(most.saturating_sub(1)) {
        diesel::delete(kept_forms::table.find(id)).execute(conn)?;
    }
    diesel::insert_into(kept_forms::table).values(form).execute(conn).map(drop)
}

/// The form with this id, if it is of `user` and still to be shown at `now`.
pub fn find(conn: &mut Conn, id: &str, user: UserId, now: Moment) -> QueryResult<Option<KeptForm>> {
    kept_forms::table
        .find(id)
        .filter(kept_forms::user_id.eq(user))
        .filter(kept_forms::kept_at.gt(now.plus(-KEPT_FOR)))
        .select(KeptForm::as_select())
        .first(conn)
        .optional()
}

pub fn is_any_before(conn: &mut Conn, before: Moment) -> QueryResult<bool> {
    let old = kept_forms::table.filter(kept_forms::kept_at.le(before)).select(kept_forms::id);
    old.first::<String>(conn).optional().map(|id| id.is_some())
}

pub fn delete_before(conn: &mut Conn, before: Moment) -> QueryResult<usize> {
    diesel::delete(kept_forms::table.filter(kept_forms::kept_at.le(before))).execute(conn)
}
