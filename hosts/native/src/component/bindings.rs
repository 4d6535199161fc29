//! The world of `wit/world.wit` as Rust types, made by the macro.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "trunks",
    exports: { default: async | store },
});
