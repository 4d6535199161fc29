//! A connection, and asking it for things with an eye on the clock.

use openssh_sftp_client::{
    Error, Sftp as Client,
    error::SftpErrorKind as Kind,
    file::{File, OpenOptions},
    fs::Fs,
    metadata::MetaData,
};
use std::{
    io,
    path::Path,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    process::Child,
    time::{Instant, sleep_until},
};

/// Why the server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No such file, or a file where a directory was needed.
    Missing,
    /// The account may not.
    Denied,
    /// A name that the server cannot have.
    Invalid,
    /// The server does not know how.
    Unsupported,
    /// All else, which the protocol does not tell apart: it exists, it is not empty, the disk is full.
    Failure,
    /// There was no answer: what was asked may or may not have happened.
    Lost(Loss),
}

/// How a connection was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// It broke: another one may do.
    Broken(String),
    /// The server fell silent, and was given its time.
    Silent(String),
}

impl Loss {
    pub fn reason(self) -> String {
        let (Self::Broken(reason) | Self::Silent(reason)) = self;
        reason
    }
}

/// A connection. Ends when dropped.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    child: Mutex<Child>,
    heard: Arc<Heard>,
    silence_timeout: Duration,
    target: String,
}

impl Session {
    pub fn new(
        client: Client,
        child: Child,
        heard: Arc<Heard>,
        silence_timeout: Duration,
        target: String,
    ) -> Self {
        Self { client, child: Mutex::new(child), heard, silence_timeout, target }
    }

    /// Who is at the other end, for people.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Whether a value can be replaced in one step.
    pub fn can_replace(&self) -> bool {
        self.client.support_posix_rename()
    }

    /// Whether a file can be given one more name.
    pub fn can_link(&self) -> bool {
        self.client.support_hardlink()
    }

    /// Whether a file can be made to survive a power cut.
    pub fn can_sync(&self) -> bool {
        self.client.support_fsync()
    }

    /// Whether the server tells how full its disk is.
    pub fn can_measure(&self) -> bool {
        self.client.support_statvfs()
    }

    /// To be asked for files, together with [`Session::ask`].
    pub fn fs(&self) -> Fs {
        self.client.fs()
    }

    /// To be asked to open files, together with [`Session::ask`].
    pub fn options(&self) -> OpenOptions {
        self.client.options()
    }

    /// Waits for the answer for as long as the server says anything at all.
    pub async fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Refusal> {
        let asked = Instant::now();
        let mut question = pin!(question);
        loop {
            let deadline = asked.max(self.heard.last()) + self.silence_timeout;
            tokio::select! {
                biased;
                answer = &mut question => return answer.map_err(refusal),
                () = sleep_until(deadline) => {}
            }
            if asked.max(self.heard.last()) + self.silence_timeout <= Instant::now() {
                // Nothing that is still on its way is to take effect later.
                self.hang_up();
                let seconds = self.silence_timeout.as_secs();
                let reason = format!("the server has not said anything for {seconds} s");
                return Err(Refusal::Lost(Loss::Silent(reason)));
            }
        }
    }

    /// Ends the connection. Whatever is asked of it from now on is lost.
    pub fn hang_up(&self) {
        let _ = self.child.lock().unwrap_or_else(PoisonError::into_inner).start_kill();
    }

    /// What is at `path`, with symbolic links followed; `None`: nothing.
    pub async fn look(&self, path: &Path) -> Result<Option<MetaData>, Refusal> {
        match self.ask(self.fs().metadata(path)).await {
            Ok(found) => Ok(Some(found)),
            Err(Refusal::Missing | Refusal::Invalid) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What has the name `path`, with symbolic links as such; `None`: nothing.
    pub async fn look_at_name(&self, path: &Path) -> Result<Option<MetaData>, Refusal> {
        match self.ask(self.fs().symlink_metadata(path)).await {
            Ok(found) => Ok(Some(found)),
            Err(Refusal::Missing | Refusal::Invalid) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens a file to be read.
    pub async fn open(&self, path: &Path) -> Result<File, Refusal> {
        self.ask(self.options().read(true).open(path)).await
    }

    /// Makes a file that was not there.
    pub async fn create(&self, path: &Path) -> Result<File, Refusal> {
        self.ask(self.options().read(true).write(true).create_new(true).open(path)).await
    }

    /// Gives a file or a directory another name, over a file or an empty directory of that name.
    pub async fn rename(&self, from: &Path, to: &Path) -> Result<(), Refusal> {
        self.ask(self.fs().rename(from, to)).await
    }

    pub async fn make_directory(&self, path: &Path) -> Result<(), Refusal> {
        self.ask(self.fs().create_dir(path)).await
    }

    pub async fn remove_directory(&self, path: &Path) -> Result<(), Refusal> {
        self.ask(self.fs().remove_dir(path)).await
    }

    pub async fn remove_file(&self, path: &Path) -> Result<(), Refusal> {
        self.ask(self.fs().remove_file(path)).await
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::SftpError(Kind::NoSuchFile, _) => Refusal::Missing,
        Error::SftpError(Kind::PermDenied, _) => Refusal::Denied,
        Error::SftpError(Kind::BadMessage, _) => Refusal::Invalid,
        Error::SftpError(Kind::OpUnsupported, _) | Error::UnsupportedExtension(_) => {
            Refusal::Unsupported
        }
        Error::SftpError(..) => Refusal::Failure,
        Error::BackgroundTaskFailure(_) => {
            Refusal::Lost(Loss::Broken("the connection broke".to_owned()))
        }
        error => Refusal::Lost(Loss::Broken(format!("the connection broke: {error}"))),
    }
}

/// When the server was heard last.
#[derive(Debug)]
pub(super) struct Heard(Mutex<Instant>);

impl Default for Heard {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Heard {
    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// A stream that notes when it gave something.
#[derive(Debug)]
pub(super) struct Listening<R> {
    stream: R,
    heard: Arc<Heard>,
}

impl<R> Listening<R> {
    pub fn new(stream: R, heard: Arc<Heard>) -> Self {
        Self { stream, heard }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Listening<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.heard.now();
        }
        polled
    }
}
