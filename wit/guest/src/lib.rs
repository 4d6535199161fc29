//! The core as a WebAssembly component: the world of `wit/world.wit` and nothing else.
//!
//! Each file translates one interface between the component model's types and the core's: no rule
//! of Git or of trunks is decided here.

mod error;
mod exchange;
mod history;
mod repository;
mod storage;

mod bindings {
    wit_bindgen::generate!({
        path: "..",
        world: "trunks",
        pub_export_macro: false,
    });
    use super::repository::Exports;
    export!(Exports);
}
