//! The tables: their form, and how they come to be.
//!
//! ```text
//! value   key, version, replaced, size_bytes, modified, bytes | blob    one row a key
//! blob    id, key, since                                                what has chunks
//! chunk   blob, number, bytes, written                                  1 MiB each but the last
//! format  version                                                       one row: the form's number
//! ```
//!
//! A value of up to [`CHUNK_BYTES`] stands in its row. A larger one is a blob: its chunks are
//! written first, and the row then points at it, so it is seen whole or not at all. The database
//! itself keeps a blob from being removed that a value points at, and removes chunks with their blob.
//!
//! Nobody asks for the form before a statement: a change of form renames `value`, so who knows only
//! the old form finds no such table, and then looks at `format`.

use super::{failure::Failure, link::Link};

/// Length of every chunk but a blob's last. Part of the form.
pub(super) const CHUNK_BYTES: usize = 1024 * 1024;

const FORM: i32 = 1;

/// Lets one client at a time make the tables. Any number that nobody else is likely to use.
const MAKER_LOCK: i64 = 0x7472_756e_6b73;

/// Demands that there are no tables yet, or that they are of the form that we know.
///
/// Returns whether there are tables.
pub(super) async fn look(link: &Link, schema: &str) -> Result<bool, Failure> {
    let format = format!("{schema}.format");
    let known = |name: &str| format!("SELECT to_regclass({})::text", literal(name));
    if link.batch(&known(&format)).await?.is_none() {
        return Ok(false);
    }
    let version = link.batch(&format!("SELECT max(version) FROM {format}")).await?;
    let version = version.unwrap_or_default();
    if version == FORM.to_string() {
        return Ok(true);
    }
    Err(Failure::Failed(format!(
        "the tables in schema {schema} are of form {version:?}, and this version of trunks knows form \
         {FORM}: use a newer one"
    )))
}

/// Makes the tables, if they are not there. Any number of clients may do so at once.
pub(super) async fn make(link: &Link, schema: &str) -> Result<(), Failure> {
    if look(link, schema).await? {
        return Err(incomplete(schema));
    }
    let there = format!("SELECT to_regnamespace({})::text", literal(schema));
    let is_there = link.batch(&there).await?.is_some();
    let made = link.batch(&definition(schema, is_there)).await;
    made.map(drop).map_err(|failure| match failure {
        Failure::Denied(why) => Failure::Denied(format!(
            "the tables cannot be made ({why}): grant create on the {}, or let the owner make them",
            if is_there { format!("schema {schema}") } else { "database".to_owned() }
        )),
        other => other,
    })
}

/// Tables of this form are there, but not all of them.
///
/// `Busy`: they may just have been made.
pub(super) fn incomplete(schema: &str) -> Failure {
    Failure::Busy(format!(
        "tables of trunks are missing in schema {schema}, though its table format is there: restore \
         them from a backup"
    ))
}

/// All that makes the tables, in one transaction.
fn definition(schema: &str, is_schema_there: bool) -> String {
    let s = schema;
    // Asked for even where it exists, the schema would take the right to make one.
    let schema =
        if is_schema_there { String::new() } else { format!("CREATE SCHEMA IF NOT EXISTS {s};") };
    format!(
        "SELECT pg_advisory_xact_lock({MAKER_LOCK});
{schema}
CREATE TABLE IF NOT EXISTS {s}.format (version int4 PRIMARY KEY);
CREATE TABLE IF NOT EXISTS {s}.blob (
    id uuid PRIMARY KEY,
    key bytea NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE IF NOT EXISTS {s}.chunk (
    blob uuid NOT NULL REFERENCES {s}.blob ON DELETE CASCADE,
    number int4 NOT NULL,
    bytes bytea NOT NULL,
    written timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (blob, number)
);
CREATE TABLE IF NOT EXISTS {s}.value (
    key bytea PRIMARY KEY,
    version uuid NOT NULL,
    replaced uuid,
    size_bytes int8 NOT NULL,
    modified timestamptz NOT NULL DEFAULT clock_timestamp(),
    bytes bytea,
    blob uuid UNIQUE REFERENCES {s}.blob,
    CHECK ((bytes IS NULL) <> (blob IS NULL))
);
ALTER TABLE {s}.value ALTER bytes SET STORAGE EXTERNAL;
ALTER TABLE {s}.chunk ALTER bytes SET STORAGE EXTERNAL;
COMMENT ON TABLE {s}.value IS 'trunks: one row a key; convert_from(key, ''UTF8'') to read it';
COMMENT ON TABLE {s}.blob IS 'trunks: large values, and uploads under way';
COMMENT ON TABLE {s}.chunk IS 'trunks: the bytes of blobs, 1 MiB a row';
COMMENT ON TABLE {s}.format IS 'trunks: the form of these tables';
INSERT INTO {s}.format VALUES ({FORM}) ON CONFLICT DO NOTHING;"
    )
}

/// `name` as an identifier, whatever is in it.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `text` as a string, whatever is in it and whatever the server takes a backslash for.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        assert_eq!(identifier("trunks"), "\"trunks\"");
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\b"), "E'a\\\\b'");
    }
}
