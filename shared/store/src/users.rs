//! Users: the people and programs that keys belong to.

use domain::{Error, Id};
use platform::database::{Database, Statement};
use serde::{Deserialize, Serialize};

use crate::statement::change_statement;
use crate::{Actor, run};

const FIND_OR_CREATE: Statement = change_statement!("users/find_or_create", [Text, Json, Text, Text]);

pub(crate) const STATEMENTS: &[&Statement] = &[&FIND_OR_CREATE];

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user.
    pub id: Id,
    /// The same.
    pub user_id: Id,
    /// Unique in the team.
    pub name: String,
    /// Since when.
    pub created_at: String,
}

/// The user of this name, made with `id` if there is none.
pub async fn find_or_create(database: &Database, actor: &Actor, id: &Id, name: &str) -> Result<User, Error> {
    let parameters = [actor.team(), actor.document(), id.as_str().into(), name.into()];
    run::change(database, &FIND_OR_CREATE, &parameters).await
}
