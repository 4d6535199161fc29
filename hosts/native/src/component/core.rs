//! The component's machine code, loaded once a process.

use super::{CoreError, bindings::TrunksPre, call::State, config::config, ticker::Ticker};
use std::sync::OnceLock;
use wasmtime::{
    Engine,
    component::{Component, HasSelf, Linker},
};

/// The component, compiled for this machine when the program was built.
static MACHINE_CODE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/core.cwasm"));

/// The component, ready to be instantiated.
pub struct Core {
    pub(super) engine: Engine,
    pub(super) component: TrunksPre<State>,
    pub(super) ticker: Ticker,
}

impl Core {
    /// The one of this process.
    ///
    /// # Errors
    /// `Failed`: this machine cannot run the code that is embedded.
    pub fn shared() -> Result<&'static Self, CoreError> {
        static SHARED: OnceLock<Result<Core, CoreError>> = OnceLock::new();
        SHARED.get_or_init(Core::load).as_ref().map_err(Clone::clone)
    }

    /// Loads the embedded component. Use [`Core::shared`] but to measure.
    ///
    /// # Errors
    /// `Failed`: this machine cannot run the code that is embedded.
    pub fn load() -> Result<Self, CoreError> {
        Self::link().map_err(|error| CoreError::internal(format_args!("{error:#}")))
    }

    fn link() -> wasmtime::Result<Self> {
        let engine = Engine::new(&config())?;
        // SAFETY: the bytes were made by this version of wasmtime in `build.rs`.
        #[expect(unsafe_code, reason = "machine code cannot be checked, only trusted")]
        let component = unsafe { Component::deserialize(&engine, MACHINE_CODE)? };
        let mut linker = Linker::new(&engine);
        super::bindings::Trunks::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
        let component = TrunksPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Self { engine, component, ticker: Ticker::default() })
    }

    /// Length of the embedded machine code, in bytes.
    pub fn machine_code_bytes() -> usize {
        MACHINE_CODE.len()
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}
