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
) -> Vec<u8> {
    let mut lines = Vec::new();
    if let Some(checksum) = &fetched.lock {
        let file = local.objects().join(format!("pack/pack-{checksum}.keep"));
        lines.extend_from_slice(b"lock ");
        lines.extend_from_slice(file.as_os_str().as_encoded_bytes());
        lines.push(b'\n');
    }
    if fetched.is_connected && options.check_connectivity {
        lines.extend_from_slice(b"connectivity-ok\n");
    }
    lines.push(b'\n');
    lines
}

/// The answer to `push`.
///
/// `refused`: the orders that could not be read as text.
pub(super) fn outcome_lines(orders: &[Order], outcomes: &Outcomes, refused: &[Vec<u8>]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (order, outcome) in orders.iter().zip(outcomes) {
        let name = &order.destination;
        let line = match outcome {
            Ok(()) => format!("ok {name}\n"),
            Err(why) => format!("error {name} {}\n", why.replace('\n', " ")),
        };
        lines.extend_from_slice(line.as_bytes());
    }
    for order in refused {
        let name = order.rsplit(|&byte| byte == b':').next().unwrap_or(order);
        lines.extend_from_slice(b"error ");
        lines.extend_from_slice(name);
        lines.extend_from_slice(b" its name is not UTF-8, which names in storage are\n");
    }
    lines.push(b'\n');
    lines
}

/// The arguments of a batch of commands, up to the empty line that ends it.
pub(super) fn batch(
    input: &mut impl BufRead,
    prefix: &[u8],
    first: &[u8],
) -> Result<Vec<Vec<u8>>, HelperError> {
    let mut arguments = vec![first.to_vec()];
    while let Some(line) = read_line(input)?.filter(|line| !line.is_empty()) {
        match line.strip_prefix(prefix) {
            Some(argument) => arguments.push(argument.to_vec()),
            None => return Err(HelperError::Command { line: line.escape_ascii().to_string() }),
        }
    }
    Ok(arguments)
}

/// The next line without its end; `None` at the end of the input.
pub(super) fn read_line(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, HelperError> {
    let mut line = Vec::new();
    input.read_until(b'\n', &mut line).map_err(HelperError::Streams)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(Some(line))
}

/// A command and what follows it.
pub(super) fn command(line: &[u8]) -> (&[u8], &[u8]) {
    match line.iter().position(|&byte| byte == b' ') {
        Some(blank) => (&line[..blank], &line[blank + 1..]),
        None => (line, &[]),
    }
}

/// A line as text.
pub(super) fn text(line: &[u8]) -> Result<&str, HelperError> {
    let not_utf8 = |_| HelperError::NotUtf8 { line: line.escape_ascii().to_string() };
    str::from_utf8(line).map_err(not_utf8)
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
        let (word, first) = command(&first);
        assert_eq!(word, b"push");
        let orders = batch(&mut input, b"push ", first).expect("a batch");
        assert_eq!(orders, [&b"a:b"[..], b"+c:d"]);
        let last = read_line(&mut input).expect("read").expect("a line");
        assert_eq!(command(&last), (&b"list"[..], &b""[..]));
        assert_eq!(read_line(&mut input).expect("read"), None);
        assert!(batch(&mut "fetch x\n".as_bytes(), b"push ", b"a:b").is_err());
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
        let lines = outcome_lines(&orders, &outcomes, &[b"c:refs/heads/\xe9".to_vec()]);
        let expected = b"ok refs/heads/a\nerror refs/heads/b it is not so\n\
            error refs/heads/\xe9 its name is not UTF-8, which names in storage are\n\n";
        assert_eq!(lines.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }
}
