//! The statements, each a transaction of its own and a round trip.
//!
//! They are meant for READ COMMITTED: a statement that waited for a row goes on with the row as it
//! is then, and conditions are checked again.

use super::form::CHUNK_BYTES;
use std::time::Duration;

/// A larger blob is left to the sweep when its value is replaced or removed: to drop its chunks takes
/// longer than a statement should.
const DROPPED_AT_ONCE_BYTES: u64 = 256 * 1024 * 1024;

/// All statements on the tables of one schema.
#[derive(Debug)]
pub(super) struct Statements {
    /// `key, start, end, first chunk, last chunk, version` → `version, size, chunk, bytes`.
    pub get: String,
    /// `from, after, before, limit` → `key, size, modified`.
    pub list: String,
    /// `key` → `version, replaced`.
    pub look: String,
    /// `key, version, size, bytes, blob, lock` → `version`.
    pub put_any: String,
    /// As `put_any`.
    pub put_absent: String,
    /// `key, version, size, bytes, blob, expected` → `version`.
    pub put_is: String,
    /// `key` → how many.
    pub delete_any: String,
    /// `key, version` → how many.
    pub delete_is: String,
    /// `blob, key`.
    pub blob_start: String,
    /// `blob, number, bytes, key`: a chunk, and its blob if there is none yet.
    pub blob_with_chunk: String,
    /// `blob, number, bytes`.
    pub chunk: String,
}

impl Statements {
    /// `schema`: quoted.
    pub fn new(schema: &str) -> Self {
        let s = schema;
        let insert =
            format!("INSERT INTO {s}.value AS v (key, version, replaced, size_bytes, bytes, blob)");
        // A creation is under the lock of its key, so that a look at two keys can keep it out.
        let own = "own AS MATERIALIZED (SELECT pg_advisory_xact_lock($6) AS taken)";
        Self {
            get: format!(
                "SELECT v.version, v.size_bytes, c.number, CASE WHEN v.blob IS NULL \
                 THEN substr(v.bytes, least($2, {CHUNK_BYTES})::int4 + 1, \
                 least($3 - $2, {CHUNK_BYTES})::int4) \
                 ELSE substr(c.bytes, greatest($2 - c.number * {CHUNK_BYTES}::int8, 0)::int4 + 1, \
                 (least($3 - c.number * {CHUNK_BYTES}::int8, {CHUNK_BYTES}) \
                 - greatest($2 - c.number * {CHUNK_BYTES}::int8, 0))::int4) END \
                 FROM {s}.value v LEFT JOIN {s}.chunk c \
                 ON c.blob = v.blob AND c.number BETWEEN $4 AND $5 \
                 WHERE v.key = $1 AND ($6::uuid IS NULL OR v.version = $6) ORDER BY c.number"
            ),
            list: format!(
                "SELECT key, size_bytes, floor(extract(epoch FROM modified))::int8 \
                 FROM {s}.value WHERE key >= $1 AND key > $2 AND ($3::bytea IS NULL OR key < $3) \
                 ORDER BY key LIMIT $4"
            ),
            look: format!("SELECT version, replaced FROM {s}.value WHERE key = $1"),
            put_any: format!(
                "WITH {own}, \
                 old AS MATERIALIZED (SELECT v.version, v.blob, v.size_bytes FROM own, {s}.value v \
                 WHERE v.key = $1 FOR UPDATE OF v), \
                 put AS ({insert} \
                 SELECT $1, $2, (SELECT version FROM old), $3, $4, $5 FROM own \
                 ON CONFLICT (key) DO UPDATE SET version = excluded.version, \
                 replaced = v.version, size_bytes = excluded.size_bytes, \
                 modified = excluded.modified, bytes = excluded.bytes, blob = excluded.blob \
                 RETURNING v.version), \
                 gone AS (DELETE FROM {s}.blob b USING old, put \
                 WHERE b.id = old.blob AND b.id IS DISTINCT FROM $5 \
                 AND old.size_bytes <= {DROPPED_AT_ONCE_BYTES}) \
                 SELECT version FROM put"
            ),
            put_absent: format!(
                "WITH {own} {insert} SELECT $1, $2, NULL, $3, $4, $5 FROM own \
                 ON CONFLICT (key) DO NOTHING RETURNING version"
            ),
            put_is: format!(
                "WITH old AS MATERIALIZED (SELECT v.blob, v.size_bytes FROM {s}.value v \
                 WHERE v.key = $1 AND v.version = $6 FOR UPDATE OF v), \
                 put AS (UPDATE {s}.value v SET version = $2, replaced = $6, size_bytes = $3, \
                 modified = clock_timestamp(), bytes = $4, blob = $5 \
                 FROM old WHERE v.key = $1 AND v.version = $6 RETURNING v.version), \
                 gone AS (DELETE FROM {s}.blob b USING old, put \
                 WHERE b.id = old.blob AND b.id IS DISTINCT FROM $5 \
                 AND old.size_bytes <= {DROPPED_AT_ONCE_BYTES}) \
                 SELECT version FROM put"
            ),
            delete_any: delete(s, "v.key = $1"),
            delete_is: delete(s, "v.key = $1 AND v.version = $2"),
            blob_start: format!(
                "INSERT INTO {s}.blob (id, key) VALUES ($1, $2) ON CONFLICT DO NOTHING"
            ),
            blob_with_chunk: format!(
                "WITH b AS (INSERT INTO {s}.blob (id, key) VALUES ($1, $4) ON CONFLICT DO NOTHING) \
                 INSERT INTO {s}.chunk (blob, number, bytes) VALUES ($1, $2, $3) \
                 ON CONFLICT (blob, number) DO NOTHING"
            ),
            chunk: format!(
                "INSERT INTO {s}.chunk (blob, number, bytes) VALUES ($1, $2, $3) \
                 ON CONFLICT (blob, number) DO UPDATE \
                 SET bytes = excluded.bytes, written = excluded.written"
            ),
        }
    }

    /// Drops a blob that no value holds, however long it takes.
    pub fn drop_blob(schema: &str, blob: uuid::Uuid) -> String {
        format!(
            "SET LOCAL statement_timeout = 0; DELETE FROM {schema}.blob b WHERE b.id = '{blob}' \
             AND NOT EXISTS (SELECT FROM {schema}.value v WHERE v.blob = b.id)"
        )
    }

    /// Drops some blobs that no value holds and that nobody has written to for `grace`, however long
    /// it takes. Gives their number.
    pub fn sweep(schema: &str, grace: Duration) -> String {
        let s = schema;
        let since = format!("clock_timestamp() - interval '{} milliseconds'", grace.as_millis());
        format!(
            "SET LOCAL statement_timeout = 0; \
             WITH old AS MATERIALIZED (SELECT b.id FROM {s}.blob b WHERE b.since < {since} \
             AND NOT EXISTS (SELECT FROM {s}.value v WHERE v.blob = b.id) \
             AND NOT EXISTS (SELECT FROM {s}.chunk c WHERE c.blob = b.id AND c.written >= {since}) \
             LIMIT 10 FOR UPDATE OF b SKIP LOCKED), \
             gone AS (DELETE FROM {s}.blob b USING old WHERE b.id = old.id RETURNING b.id) \
             SELECT count(*) FROM gone"
        )
    }

    /// Creates a value while another key is as it was seen: two locks, then a look and a write that
    /// see whatever was done before the locks were had.
    pub fn put_beside(schema: &str, put: &Beside<'_>) -> String {
        let s = schema;
        let mut locks = put.locks;
        // Everybody takes them in this order, so that no two wait for each other.
        locks.sort_unstable();
        let other = bytea(put.other);
        let condition = match put.other_version {
            None => format!("WHERE NOT EXISTS (SELECT FROM {s}.value WHERE key = {other})"),
            Some(version) => format!(
                "FROM (SELECT FROM {s}.value WHERE key = {other} AND version = '{version}' \
                 FOR SHARE) AS beside"
            ),
        };
        let blob = put.blob.map_or("NULL".to_owned(), |blob| format!("'{blob}'::uuid"));
        let bytes = put.bytes.map_or("NULL::bytea".to_owned(), bytea);
        format!(
            "SELECT pg_advisory_xact_lock({}); SELECT pg_advisory_xact_lock({}); \
             INSERT INTO {s}.value (key, version, size_bytes, bytes, blob) \
             SELECT {}, '{}'::uuid, {}, {bytes}, {blob} {condition} \
             ON CONFLICT (key) DO NOTHING RETURNING 'put ' || version",
            locks[0],
            locks[1],
            bytea(put.key),
            put.version,
            put.size_bytes,
        )
    }
}

/// What [`Statements::put_beside`] writes, and on what condition.
pub(super) struct Beside<'a> {
    pub key: &'a [u8],
    pub version: uuid::Uuid,
    pub size_bytes: i64,
    pub bytes: Option<&'a [u8]>,
    pub blob: Option<uuid::Uuid>,
    pub other: &'a [u8],
    pub other_version: Option<uuid::Uuid>,
    pub locks: [i64; 2],
}

fn delete(s: &str, condition: &str) -> String {
    format!(
        "WITH out AS (DELETE FROM {s}.value v WHERE {condition} RETURNING v.blob, v.size_bytes), \
         gone AS (DELETE FROM {s}.blob b USING out WHERE b.id = out.blob \
         AND out.size_bytes <= {DROPPED_AT_ONCE_BYTES}) \
         SELECT count(*) FROM out"
    )
}

/// Bytes as an expression that holds nothing but hexadecimal digits.
fn bytea(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2 + 16);
    text.push_str("decode('");
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes whatever is written to it");
    }
    text.push_str("', 'hex')");
    text
}
