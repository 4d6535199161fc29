//! What every store must do, one function a behaviour.
//!
//! A store's test is one line, [`conformance!`](crate::conformance!), that runs each behaviour in a
//! store of its own; a host that has only one store runs [`all`]. Behaviours use keys of their own, so
//! they can share a store that is empty at first. What a store can't do changes the outcome that is
//! expected, never whether the behaviour is run.

pub mod below;
pub mod delete;
pub mod faults;
pub mod list;
pub mod race;
pub mod read;
pub mod upload;
pub mod write;

pub use below::Below;

use trunks_core::store::{Expected, Store, StoreError, Value, Version};

/// Calls `$then!` with `$arguments` and the name of every behaviour, as `module::function`.
#[macro_export]
macro_rules! each_behaviour {
    ($then:ident, $($arguments:tt)*) => {
        $crate::$then! { [$($arguments)*]
            read::an_absent_key_has_no_value
            read::a_value_is_read_whole
            read::an_empty_value_is_a_value
            read::a_range_is_cut_at_the_end
            read::a_range_of_a_large_value_is_exact
            read::every_byte_comes_back
            write::a_created_value_is_not_created_again
            write::a_value_is_replaced
            write::an_update_needs_the_present_version
            write::an_update_of_nothing_conflicts
            write::a_creation_may_look_at_a_second_key
            write::a_version_moves_with_the_value
            write::a_value_of_100_mib_is_written
            delete::a_deleted_value_is_gone
            delete::deleting_nothing_succeeds
            delete::a_delete_needs_the_present_version
            delete::a_deleted_key_is_created_again
            list::an_empty_prefix_lists_all
            list::keys_are_in_byte_order
            list::a_prefix_is_a_plain_string
            list::a_page_continues_after_a_key
            list::pages_hold_every_key_once
            list::odd_characters_are_kept
            list::an_entry_says_size_and_time
            list::a_key_may_begin_with_another
            upload::parts_make_one_value
            upload::nothing_is_seen_before_the_end
            upload::an_aborted_upload_leaves_nothing
            upload::an_upload_ends_on_a_condition
            upload::two_uploads_of_one_key_do_not_mix
            race::one_of_twenty_updates_wins
            race::one_of_twenty_creations_wins
            race::one_of_twenty_deletions_wins
            race::no_increment_is_lost
            race::a_read_is_never_torn
            race::a_listing_beside_writers_is_whole
            race::any_sequence_does_what_memory_does
        }
    };
}

/// Makes a test of every behaviour. `$store`: an expression that makes a store and what must live as
/// long as it does, as `(guard, store)`.
#[macro_export]
macro_rules! conformance {
    ($store:expr) => {
        $crate::each_behaviour! { conformance_tests, $store }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_tests {
    ([$store:expr] $($module:ident::$behaviour:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $behaviour() {
            let (_guard, store) = $store;
            $crate::conformance::$module::$behaviour(&store).await;
        }
    )* };
}

#[doc(hidden)]
#[macro_export]
macro_rules! conformance_calls {
    ([$store:ident] $($module:ident::$behaviour:ident)*) => { $(
        $module::$behaviour($store).await;
    )* };
}

/// Runs every behaviour in one store, which is empty.
pub async fn all<S: Store>(store: &S) {
    each_behaviour! { conformance_calls, store }
}

async fn put<S: Store>(store: &S, key: &str, bytes: impl AsRef<[u8]>) -> Version {
    let put = store.put(key, bytes.as_ref().to_vec(), Expected::Any).await;
    put.unwrap_or_else(|error| panic!("{key} was not written: {error}"))
}

async fn present<S: Store>(store: &S, key: &str) -> Value {
    let value = store.get(key, None).await;
    value
        .unwrap_or_else(|error| panic!("{key} was not read: {error}"))
        .unwrap_or_else(|| panic!("{key} is absent"))
}

async fn keys<S: Store>(store: &S, prefix: &str) -> Vec<String> {
    let mut keys = Vec::new();
    loop {
        let page = store.list(prefix, keys.last().map(String::as_str), 1000).await.expect("a page");
        let is_empty = page.entries.is_empty();
        keys.extend(page.entries.into_iter().map(|entry| entry.key));
        if !page.more {
            return keys;
        }
        assert!(!is_empty, "a page without keys promises more");
    }
}

fn conflict<T>(key: &str) -> Result<T, StoreError> {
    Err(StoreError::Conflict { key: key.to_owned() })
}

/// Bytes without a pattern that a store could fold: the same for the same `seed`.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        bytes.extend_from_slice(&next(&mut state).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Steps a generator of pseudo-random numbers (xorshift64*).
fn next(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_f491_4f6c_dd1d)
}

#[cfg(test)]
mod tests {
    mod memory {
        crate::conformance!(((), trunks_core::store::Memory::new()));
    }

    mod below {
        use crate::conformance::Below;
        crate::conformance!(((), Below::new(trunks_core::store::Memory::new(), "a/b/")));
    }

    #[tokio::test]
    async fn all_behaviours_share_a_store() {
        crate::conformance::all(&trunks_core::store::Memory::new()).await;
    }
}
