//! What commands print: lists and objects, for people and as JSON.

use super::{CliError, Exit, arguments::Window};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, Write};

/// How a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    json: bool,
    quiet: bool,
}

/// Something that can be printed either way.
pub trait Resource: Serialize {
    /// Its kind, as JSON names it.
    const OBJECT: &str;

    /// One line of it for people, as in a list.
    fn line(&self) -> String;

    /// All of it for people, when it is shown alone.
    fn page(&self) -> String {
        self.line()
    }
}

impl Output {
    /// Prints JSON if `json`, and nothing on the side if `quiet`.
    pub fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether results are JSON.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Whether only results and errors are printed.
    pub fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Prints one resource.
    pub fn object<R: Resource>(self, resource: &R) -> Result<(), CliError> {
        if self.json { print(&pretty(&object(resource))) } else { print(&resource.page()) }
    }

    /// Prints what `window` shows of all `resources`.
    pub fn list<R: Resource>(self, resources: &[R], window: Window) -> Result<(), CliError> {
        let shown = resources.iter().skip(window.offset).take(window.limit);
        if !self.json {
            let lines: Vec<String> = shown.map(Resource::line).collect();
            if !lines.is_empty() {
                print(&lines.join("\n"))?;
            }
            let end = window.offset.saturating_add(lines.len());
            if end < resources.len() {
                self.say(&format!(
                    "{} of {} shown: --offset {end} shows more, --limit {} all of them",
                    lines.len(),
                    resources.len(),
                    resources.len()
                ));
            }
            return Ok(());
        }
        let data: Vec<Value> = shown.map(object).collect();
        let end = window.offset.saturating_add(data.len());
        print(&pretty(&json!({
            "object": "list",
            "data": data,
            "limit": window.limit,
            "offset": window.offset,
            "total_count": resources.len(),
            "has_more": end < resources.len(),
        })))
    }

    /// Says something to the person who reads along, on stderr.
    pub fn say(self, words: &str) {
        if !self.quiet {
            // Nothing can be done when nobody reads.
            let _ = writeln!(io::stderr(), "{words}");
        }
    }

    /// Says why the command failed, unless it is that nobody reads what it prints.
    pub fn error(self, error: &CliError) {
        if error.exit == Exit::Unread {
            return;
        }
        let mut text = if self.json {
            let object = json!({
                "object": "error",
                "code": error.exit.name(),
                "exit_code": error.exit.code(),
                "message": error.message,
                "advice": error.advice,
            });
            object.to_string()
        } else {
            let advice = error.advice.iter().map(|advice| format!("\n  {advice}"));
            format!("trunks: {}{}", error.message, advice.collect::<String>())
        };
        text.push('\n');
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// A resource as JSON, its kind first.
fn object<R: Resource>(resource: &R) -> Value {
    let mut object = json!({ "object": R::OBJECT });
    if let (Value::Object(fields), Ok(Value::Object(own))) =
        (&mut object, serde_json::to_value(resource))
    {
        fields.extend(own);
    }
    object
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn print(text: &str) -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    let printed = output
        .write_all(text.as_bytes())
        .and_then(|()| output.write_all(b"\n"))
        .and_then(|()| output.flush());
    printed.map_err(|error| unprinted(&error))
}

/// Why standard output takes no more.
pub fn unprinted(error: &io::Error) -> CliError {
    let message = format!("standard output: {error}");
    match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::new(Exit::Unread, message),
        _ => CliError::failed(message),
    }
}
