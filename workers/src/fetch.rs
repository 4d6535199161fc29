//! The handler: from a request to the core, and back.

use crate::{
    client::{self, Client},
    settings,
};
use trunks_core::http::{self, Host};
use wasm_bindgen::prelude::*;
use worker::{
    Context, Date, Env, Request, Response, console_error, console_log, web_sys, worker_sys,
};

/// What Git clients are told.
const AGENT: &str = concat!("trunks/", env!("CARGO_PKG_VERSION"));

/// What the runtime calls. `worker::event` would write the same, but turn errors into `dyn Error`: that brings along
/// how each error of the `worker` crate is shown for debugging, and each of the crates that it is made of.
#[wasm_bindgen]
pub async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: worker_sys::Context,
) -> web_sys::Response {
    let answered = answer(request.into(), env, Context::new(context)).await;
    let response = answered.unwrap_or_else(|error| {
        console_error!("{error}");
        failure("INTERNAL SERVER ERROR")
    });
    response.into()
}

async fn answer(mut request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let (store, host) = match settings::bucket(&env).and_then(|store| Ok((store, host(&env)?))) {
        Ok(both) => both,
        Err(reason) => {
            console_error!("{reason}");
            return Ok(failure(&format!("the Worker is not set up: {reason}\n")));
        }
    };
    #[cfg(feature = "probe")]
    if request.path() == crate::probe::PATH {
        return crate::probe::answer(&store, request).await;
    }
    let head = client::head(&request);
    let (mut client, pending) = Client::new(&mut request, settings::patience(&env));
    // What a push does once its pack is there must come to its end, even if the client does not wait.
    let is_logged = settings::is_logged(&env);
    context.wait_until(async move {
        if let Err(error) = http::serve(store.clone(), &head, &mut client, &host).await {
            console_error!("{} {}: {error}", head.method, head.path);
        }
        if is_logged {
            let (calls, bytes) = (store.calls_made(), memory_bytes());
            console_log!("{} {}: calls={calls} memory_bytes={bytes}", head.method, head.path);
        }
    });
    pending.response().await
}

fn failure(text: &str) -> Response {
    Response::builder().with_status(500).fixed(text.as_bytes().to_vec())
}

/// What the wasm has taken, which is the most that it ever needed.
fn memory_bytes() -> usize {
    const PAGE_BYTES: usize = 64 * 1024;
    core::arch::wasm32::memory_size(0) * PAGE_BYTES
}

fn host(env: &Env) -> Result<Host, String> {
    let mut nonce = [0; 20];
    fill_randomly(&mut nonce).map_err(|_| "there is no randomness")?;
    Ok(Host {
        limits: settings::limits(),
        agent: AGENT.to_owned(),
        keys: settings::keys(env)?,
        now_s: Date::now().as_millis() / 1000,
        nonce,
    })
}

#[wasm_bindgen]
extern "C" {
    /// At most 65536 bytes.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    pub(crate) fn fill_randomly(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}
