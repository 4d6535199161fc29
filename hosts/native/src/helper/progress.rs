//! Progress on stderr, as git shows it.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

/// A line that counts things and bytes until they are all there.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    title: &'static str,
    total: u64,
    started: Instant,
    last: Option<(u64, Instant)>,
}

impl Progress {
    /// Begins counting to `total`; shows nothing unless `shown`.
    pub fn new(title: &'static str, total: u64, shown: bool) -> Self {
        Self { shown, title, total, started: Instant::now(), last: None }
    }

    /// Says how many are there, and how many bytes they took.
    ///
    /// Writes only when the percentage changed or a second has passed.
    pub fn update(&mut self, done: u64, bytes: u64) {
        if !self.shown {
            return;
        }
        let now = Instant::now();
        let percent = percent(done, self.total);
        let is_due = self
            .last
            .is_none_or(|(last, at)| last != percent || now - at >= Duration::from_secs(1));
        if is_due {
            self.last = Some((percent, now));
            let line = line(self.title, done, self.total, bytes, now - self.started);
            // Nothing can be done when nobody reads.
            let _ = write!(io::stderr(), "{line}\r");
        }
    }

    /// Writes the last line.
    pub fn finish(self, bytes: u64) {
        if self.shown {
            let line = line(self.title, self.total, self.total, bytes, self.started.elapsed());
            let _ = writeln!(io::stderr(), "{line}, done.");
        }
    }
}

fn percent(done: u64, total: u64) -> u64 {
    done.saturating_mul(100).checked_div(total).unwrap_or(100)
}

fn line(title: &str, done: u64, total: u64, bytes: u64, elapsed: Duration) -> String {
    let rate = (bytes as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    format!(
        "{title}: {:3}% ({done}/{total}), {} | {}/s",
        percent(done, total),
        size(bytes),
        size(rate)
    )
}

/// A number of bytes in the unit that git would choose.
pub fn size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    for (unit, shift) in UNITS {
        if bytes > 1 << shift {
            return format!("{:.2} {unit}", bytes as f64 / (1_u64 << shift) as f64);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_gits() {
        assert_eq!(
            line("Receiving objects", 50, 200, 3 << 20, Duration::from_secs(2)),
            "Receiving objects:  25% (50/200), 3.00 MiB | 1.50 MiB/s"
        );
    }

    #[test]
    fn nothing_to_do_is_all_done() {
        assert_eq!(percent(0, 0), 100);
        assert_eq!(percent(3, 200), 1);
    }

    #[test]
    fn sizes_have_gits_units() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(1024), "1024 bytes");
        assert_eq!(size(1536), "1.50 KiB");
        assert_eq!(size(5 << 30), "5.00 GiB");
    }
}
