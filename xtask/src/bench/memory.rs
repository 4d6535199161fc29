//! The most memory that our own processes held, read from the kernel while they run.

use super::{cases::run, fixture::Fixture};
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio, exit},
    time::Duration,
};

const GOAL_MIB: f64 = 128.0;

/// The peak of one operation.
pub struct Peak {
    /// What was done.
    pub name: &'static str,
    /// The largest of our processes, in MiB.
    pub mib: f64,
    /// What it is to stay under, in MiB.
    pub goal_mib: f64,
}

/// Measures our processes on the fixture, and with a random blob of `blob_mib` MiB in it.
pub fn peaks(fixture: &Fixture, blob_mib: u64) -> Result<Vec<Peak>> {
    let probe = Probe::new(fixture)?;
    let trunk = fixture.trunk("memory");
    let push = ["push", "-q", "--mirror", &trunk];
    let mut peaks = vec![
        probe.peak("first push of everything", &fixture.compact, &push)?,
        probe.clone("full clone", &trunk, &[])?,
        probe.clone("clone of one branch, blobless", &trunk, &["--filter=blob:none"])?,
    ];
    if blob_mib > 0 {
        add_random_blob(fixture, blob_mib)?;
        peaks.push(probe.peak("push of the blob", &fixture.compact, &push)?);
        peaks.push(probe.clone("full clone with the blob", &trunk, &[])?);
        peaks.push(probe.clone("shallow clone with the blob", &trunk, &["--depth=1"])?);
    }
    Ok(peaks)
}

/// A `git-remote-trunks` in front of the real one that notes its peak.
struct Probe<'f> {
    fixture: &'f Fixture,
    wrapper: PathBuf,
    notes: PathBuf,
}

impl<'f> Probe<'f> {
    fn new(fixture: &'f Fixture) -> Result<Self> {
        let wrapper = fixture.path("wrapper");
        let notes = fixture.path("peaks.txt");
        fs::create_dir_all(&wrapper)?;
        let script = wrapper.join("git-remote-trunks");
        let body = format!(
            "#!/bin/sh\nexec '{}' note-peak '{}' '{}' \"$@\"\n",
            std::env::current_exe()?.display(),
            notes.display(),
            fixture.binaries.join("git-remote-trunks").display(),
        );
        fs::write(&script, body)?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        Ok(Self { fixture, wrapper, notes })
    }

    fn peak(&self, name: &'static str, dir: &Path, args: &[&str]) -> Result<Peak> {
        File::create(&self.notes)?;
        run(self.fixture.git_finding(&self.wrapper, dir).args(args))?;
        let noted = fs::read_to_string(&self.notes)?;
        let kib = noted.lines().filter_map(|line| line.parse::<u64>().ok()).max();
        let mib = kib.context("git did not run git-remote-trunks")? as f64 / 1024.0;
        Ok(Peak { name, mib, goal_mib: GOAL_MIB })
    }

    fn clone(&self, name: &'static str, trunk: &str, extra: &[&str]) -> Result<Peak> {
        let args = [&["clone", "-q", "--bare"], extra, &[trunk, "memory-clone.git"]].concat();
        let peak = self.peak(name, &self.fixture.scratch, &args)?;
        fs::remove_dir_all(self.fixture.path("memory-clone.git"))?;
        Ok(peak)
    }
}

fn add_random_blob(fixture: &Fixture, mib: u64) -> Result<()> {
    let mut import = fixture
        .git(&fixture.compact)
        .args(["-c", "core.bigFileThreshold=1m", "fast-import", "--quiet", "--force"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut pipe = import.stdin.take().context("no pipe to git fast-import")?;
    let bytes = mib * 1024 * 1024;
    write!(
        pipe,
        "commit refs/heads/blob\ncommitter A U Thor <author@example.com> 1700000000 +0000\n\
         data 4\nblob\nM 100644 inline blob.bin\ndata {bytes}\n"
    )?;
    std::io::copy(&mut File::open("/dev/urandom")?.take(bytes), &mut pipe)?;
    writeln!(pipe)?;
    drop(pipe);
    ensure!(import.wait()?.success(), "git fast-import failed");
    Ok(())
}

/// A program whose peak is noted.
#[derive(clap::Args)]
pub struct Program {
    /// Where the peak is appended, in KiB
    notes: PathBuf,
    /// The program and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    line: Vec<String>,
}

/// Runs the program in this one's place, notes its peak, and ends as it did.
pub fn note_peak(program: &Program) -> Result<()> {
    let (name, arguments) = program.line.split_first().context("no program to measure")?;
    let mut child = Command::new(name).args(arguments).spawn().with_context(|| name.clone())?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(high_water_kib(&status_file));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let mut notes = OpenOptions::new().append(true).create(true).open(&program.notes)?;
    writeln!(notes, "{peak_kib}")?;
    exit(status.code().unwrap_or(1))
}

/// The kernel's high-water mark of a process' resident memory; 0 once it has ended.
fn high_water_kib(status_file: &str) -> u64 {
    let status = fs::read_to_string(status_file).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("");
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
