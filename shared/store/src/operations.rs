//! What operators ask the database.

use domain::Error;
use platform::database::{Database, Statement};

use crate::run;
use crate::statement::read_statement;

const PING: Statement = read_statement!("operations/ping", []);

pub(crate) const STATEMENTS: &[&Statement] = &[&PING];

/// Whether the database answers and has its tables.
pub async fn ping(database: &Database) -> Result<(), Error> {
    let _any_team: bool = run::one(database, &PING, &[]).await?;
    Ok(())
}
