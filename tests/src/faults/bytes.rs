//! The proxy that knows nothing but bytes.

use super::listener::Listener;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// What goes wrong with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteFault {
    /// Both directions end when the client has sent so many bytes.
    CutAfterSent(u64),
    /// Both directions end when the server has sent so many bytes.
    CutAfterReceived(u64),
    /// When the client has sent so many bytes, all that it sends still arrives, but no answer comes
    /// back. The connection ends a moment after the client has fallen silent.
    LoseAnswersAfterSent(u64),
    /// The same, but the connection stays.
    HangAfterSent(u64),
    /// Whatever the server sends comes late by so much.
    Late(Duration),
}

/// A proxy in front of one server of any kind.
#[derive(Debug)]
pub struct ByteFaults {
    listener: Listener,
    state: Arc<Mutex<State>>,
}

/// Bytes are counted since the plan was made, over all connections together.
#[derive(Debug, Default)]
struct State {
    plan: Option<ByteFault>,
    sent: u64,
    received: u64,
    all: [u64; 2],
    connections: u32,
    met: u32,
}

/// What becomes of bytes that have just come.
enum Verdict {
    Pass,
    Swallow,
    SwallowThenCut,
    Delay(Duration),
    Cut(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToServer,
    ToClient,
}

/// How long a client that is not answered may be silent before its connection ends.
const SILENCE: Duration = Duration::from_millis(100);

impl ByteFaults {
    /// Stands in front of `server`, and breaks nothing at first.
    pub fn before(server: SocketAddr) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let of_connections = state.clone();
        let listener = Listener::start(server, move |client, server| {
            lock(&of_connections).connections += 1;
            let back = (server.try_clone()?, client.try_clone()?);
            let state = of_connections.clone();
            thread::spawn(move || drop(carry(back.0, back.1, Way::ToClient, &state)));
            carry(client, server, Way::ToServer, &of_connections)
        });
        Self { listener, state }
    }

    /// Where clients are to connect.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Sets what is to go wrong, once, instead of what was set before. Bytes count from now.
    pub fn plan(&self, fault: ByteFault) {
        let mut state = lock(&self.state);
        state.plan = Some(fault);
        (state.sent, state.received) = (0, 0);
    }

    /// Forgets what is to go wrong, and ends every connection. Returns how many faults there were.
    pub fn clear(&self) -> u32 {
        self.listener.cut();
        let mut state = lock(&self.state);
        state.plan = None;
        std::mem::take(&mut state.met)
    }

    /// Ends every connection.
    pub fn cut(&self) {
        self.listener.cut();
    }

    /// Takes the counts since the last time: connections, bytes sent by clients, bytes received.
    pub fn take(&self) -> (u32, u64, u64) {
        let mut state = lock(&self.state);
        let [sent, received] = std::mem::take(&mut state.all);
        (std::mem::take(&mut state.connections), sent, received)
    }
}

impl State {
    /// Counts `length` bytes that go this way, and judges them.
    fn judge(&mut self, way: Way, length: usize) -> Verdict {
        let bytes = length as u64;
        let before = (self.sent, self.received);
        match way {
            Way::ToServer => (self.sent, self.all[0]) = (self.sent + bytes, self.all[0] + bytes),
            Way::ToClient => {
                (self.received, self.all[1]) = (self.received + bytes, self.all[1] + bytes);
            }
        }
        let cut = |state: &mut Self, limit: u64, before: u64| {
            state.plan = None;
            state.met += 1;
            Verdict::Cut(usize::try_from(limit.saturating_sub(before)).unwrap_or(length))
        };
        match (self.plan, way) {
            (Some(ByteFault::CutAfterSent(limit)), Way::ToServer) if self.sent > limit => {
                cut(self, limit, before.0)
            }
            (Some(ByteFault::CutAfterReceived(limit)), Way::ToClient) if self.received > limit => {
                cut(self, limit, before.1)
            }
            (Some(ByteFault::LoseAnswersAfterSent(limit)), Way::ToClient) if self.sent > limit => {
                self.met += 1;
                Verdict::SwallowThenCut
            }
            (Some(ByteFault::HangAfterSent(limit)), Way::ToClient) if self.sent > limit => {
                self.met += 1;
                Verdict::Swallow
            }
            (Some(ByteFault::Late(by)), Way::ToClient) => Verdict::Delay(by),
            _ => Verdict::Pass,
        }
    }
}

/// Carries bytes one way until the connection ends.
fn carry(mut from: TcpStream, mut to: TcpStream, way: Way, state: &Mutex<State>) -> io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    let mut is_lost = false;
    let outcome = loop {
        let length = match from.read(&mut bytes) {
            Ok(0) => break Ok(()),
            Ok(length) => length,
            Err(error) if is_lost && is_silence(&error) => break Ok(()),
            Err(error) => break Err(error),
        };
        let verdict = lock(state).judge(way, length);
        match verdict {
            Verdict::Pass => to.write_all(&bytes[..length])?,
            Verdict::Swallow => {}
            Verdict::SwallowThenCut => {
                if !is_lost {
                    from.set_read_timeout(Some(SILENCE))?;
                    is_lost = true;
                }
            }
            Verdict::Delay(by) => {
                thread::sleep(by);
                to.write_all(&bytes[..length])?;
            }
            Verdict::Cut(passed) => {
                to.write_all(&bytes[..passed.min(length)])?;
                break Ok(());
            }
        }
    };
    if is_lost {
        // The loss is the one that was planned.
        lock(state).plan = None;
    }
    drop(from.shutdown(Shutdown::Both));
    drop(to.shutdown(Shutdown::Both));
    outcome
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
