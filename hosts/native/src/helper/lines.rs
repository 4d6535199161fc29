//! The lines that git and the helper say to each other.

use super::{
    HelperError,
    fetch::Fetched,
    local::LocalRepository,
    options::Options,
    push::{Order, Outcomes},
};
use std::io::BufRead;
use trunks_core::{refs::Head, repository::RefListing};

/// Where `HEAD` leads, in the answer to `list`.
pub(super) fn head_line(listing: &RefListing) -> String {
    match &listing.head {
        Head::Detached(id) => format!("{id} HEAD\n"),
        // A branch that does not exist has no value that could be listed.
        Head::Symbolic(branch) if listing.refs.iter().any(|found| found.name == *branch) => {
            format!("@{} HEAD\n", branch.as_str())
        }
        Head::Symbolic(_) => String::new(),
    }
}

/// The answer to `fetch`.
pub(super) fn fetched_lines(
    fetched: &Fetched,
    local: &LocalRepository,
    options: &Options,
) -> String {
    let mut lines = String::new();
    if let Some(checksum) = &fetched.lock {
        let file = local.objects().join(format!("pack/pack-{checksum}.keep"));
        lines.push_str(&format!("lock {}\n", file.display()));
    }
    if fetched.is_connected && options.check_connectivity {
        lines.push_str("connectivity-ok\n");
    }
    lines.push('\n');
    lines
}

/// The answer to `push`.
pub(super) fn outcome_lines(orders: &[Order], outcomes: &Outcomes) -> String {
    let mut lines = String::new();
    for (order, outcome) in orders.iter().zip(outcomes) {
        let name = &order.destination;
        match outcome {
            Ok(()) => lines.push_str(&format!("ok {name}\n")),
            Err(why) => lines.push_str(&format!("error {name} {}\n", why.replace('\n', " "))),
        }
    }
    lines.push('\n');
    lines
}

/// The arguments of a batch of commands, up to the empty line that ends it.
pub(super) fn batch(
    input: &mut impl BufRead,
    prefix: &str,
    first: &str,
) -> Result<Vec<String>, HelperError> {
    let mut arguments = vec![first.to_owned()];
    while let Some(line) = read_line(input)?.filter(|line| !line.is_empty()) {
        match line.strip_prefix(prefix) {
            Some(argument) => arguments.push(argument.to_owned()),
            None => return Err(HelperError::Command { line }),
        }
    }
    Ok(arguments)
}

/// The next line without its end; `None` at the end of the input.
pub(super) fn read_line(input: &mut impl BufRead) -> Result<Option<String>, HelperError> {
    let mut line = Vec::new();
    input.read_until(b'\n', &mut line).map_err(HelperError::Streams)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    match String::from_utf8(line) {
        Ok(line) => Ok(Some(line)),
        Err(error) => {
            let line = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Err(HelperError::Command { line })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunks_core::{
        object::ObjectId,
        refs::{Peeled, Ref, RefName},
    };

    fn ref_name(name: &str) -> RefName {
        RefName::new(name).expect(name)
    }

    fn reference(name: &str) -> Ref {
        let id = ObjectId::ZERO;
        Ref { name: ref_name(name), id, peeled: Peeled::NoTag, symbolic: None }
    }

    #[test]
    fn lines_end_at_newlines_and_batches_at_empty_lines() {
        let mut input = "push a:b\npush +c:d\n\nlist".as_bytes();
        let first = read_line(&mut input).expect("read").expect("a line");
        let first = first.strip_prefix("push ").expect("a push");
        assert_eq!(batch(&mut input, "push ", first).expect("a batch"), ["a:b", "+c:d"]);
        assert_eq!(read_line(&mut input).expect("read").as_deref(), Some("list"));
        assert_eq!(read_line(&mut input).expect("read"), None);
        assert!(batch(&mut "fetch x\n".as_bytes(), "push ", "a:b").is_err());
    }

    #[test]
    fn head_is_listed_only_where_it_leads_somewhere() {
        let mut listing = RefListing {
            head: Head::Symbolic(ref_name("refs/heads/main")),
            refs: vec![reference("refs/heads/other")],
            broken: Vec::new(),
        };
        assert_eq!(head_line(&listing), "");
        listing.refs.push(reference("refs/heads/main"));
        assert_eq!(head_line(&listing), "@refs/heads/main HEAD\n");
        listing.head = Head::Detached(ObjectId::ZERO);
        assert_eq!(head_line(&listing), format!("{} HEAD\n", "0".repeat(40)));
    }

    #[test]
    fn outcomes_are_one_line_each() {
        let orders =
            ["a:refs/heads/a", ":refs/heads/b"].map(|text| Order::parse(text).expect(text));
        let outcomes = vec![Ok(()), Err("it is\nnot so".into())];
        assert_eq!(
            outcome_lines(&orders, &outcomes),
            "ok refs/heads/a\nerror refs/heads/b it is not so\n\n"
        );
    }
}
