//! Opens a store as a user names it: by a URL and options.

use trunks::store::{AnyStore, Key, StoreOptions, StoreUrl};
use trunks_tests::servers::Place;

/// The store at `place`, with nothing beside it that has to live as long.
pub fn open(place: Place) -> ((), AnyStore) {
    let url = StoreUrl::parse(&place.url).expect("a URL");
    let mut options = StoreOptions::new();
    for (name, value) in place.options {
        options.set(Key::of_name(name).expect("an option"), value);
    }
    ((), AnyStore::open(&url, &options).expect("all that is needed was said"))
}
