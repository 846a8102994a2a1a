//! The sockets: who may connect, how fast one is read, and when one is closed.
//!
//! Each connection is one task that reads, decides and writes, so that its answers never cross. It holds one frame
//! and at most [`WINDOW`] messages that are being written; beyond that it does not read.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jt808::{Frame, Reply, Splitter};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::Desk;
use super::config::TerminalsConfig;
use super::keep::{Keeping, Kept};
use super::session::{Session, Step, refused};

/// Messages of one connection that may wait to be written.
const WINDOW: usize = 16;
/// Read at once.
const CHUNK: usize = 2048;
/// A terminal that does not take its answers for so long is let go.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// After connections could not be accepted, for example for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves terminals until the stop.
pub(super) async fn serve(
    config: &TerminalsConfig,
    desk: Desk,
    to_keep: Sender<Keeping>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let Some(address) = config.listen else {
        stop.cancelled().await;
        return Ok(());
    };
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen for terminals on `{address}`"))?;
    tracing::info!(%address, "listening for terminals");
    let limits = Limits { idle: config.idle, rate: config.rate };
    let room = Arc::new(Semaphore::new(config.connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => {
                ended.context("a connection of a terminal panicked")?;
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "terminals cannot connect");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
            refused("too_many_connections");
            continue;
        };
        let connection = Connection::new(stream, desk.clone(), to_keep.clone(), limits);
        let stop = stop.clone();
        connections.spawn(async move {
            metrics::gauge!("xunjian_terminal_connections").increment(1.0);
            if let Err(why) = connection.run(&stop).await {
                tracing::debug!(why, "connection of a terminal closed");
            }
            metrics::gauge!("xunjian_terminal_connections").decrement(1.0);
            drop(place);
        });
    }
    while connections.join_next().await.is_some() {}
    Ok(())
}

#[derive(Clone, Copy)]
struct Limits {
    idle: Duration,
    rate: u32,
}

struct Connection {
    stream: TcpStream,
    desk: Desk,
    to_keep: Sender<Keeping>,
    session: Session,
    splitter: Splitter,
    limits: Limits,
    tell: Sender<Kept>,
    told: Receiver<Kept>,
    /// Messages that are being written.
    waiting: usize,
    /// The beginning of the second that frames are counted in, and how many came.
    second: (Instant, u32),
    /// When it is closed if nothing comes.
    deadline: Instant,
}

impl Connection {
    fn new(stream: TcpStream, desk: Desk, to_keep: Sender<Keeping>, limits: Limits) -> Self {
        let (tell, told) = mpsc::channel(WINDOW);
        let now = Instant::now();
        Self {
            stream,
            desk,
            to_keep,
            session: Session::new(),
            splitter: Splitter::default(),
            limits,
            tell,
            told,
            waiting: 0,
            second: (now, 0),
            deadline: now + limits.idle,
        }
    }

    /// Until it is closed; the error says why.
    async fn run(mut self, stop: &CancellationToken) -> Result<(), String> {
        loop {
            let rests = self.rests_until();
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                Some(kept) = self.told.recv() => self.acknowledge(&kept).await?,
                () = tokio::time::sleep_until(self.deadline) => return Err("silent".to_owned()),
                () = tokio::time::sleep_until(rests.unwrap_or(self.deadline)), if rests.is_some() => {}
                ready = self.stream.readable(), if rests.is_none() => {
                    ready.map_err(|error| error.to_string())?;
                    self.read().await?;
                }
            }
        }
    }

    /// Until when nothing is read, because too much came in this second.
    fn rests_until(&mut self) -> Option<Instant> {
        let (began, frames) = self.second;
        let ends = began + Duration::from_secs(1);
        if Instant::now() >= ends {
            self.second = (Instant::now(), 0);
            return None;
        }
        (frames >= self.limits.rate).then_some(ends)
    }

    async fn read(&mut self) -> Result<(), String> {
        let mut frames = Vec::new();
        {
            let mut chunk = [0; CHUNK];
            let read = match self.stream.try_read(&mut chunk) {
                Ok(0) => return Err("the terminal hung up".to_owned()),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.to_string()),
            };
            self.splitter.push(&chunk[..read], |frame| match frame {
                Ok(bytes) => frames.push(Frame::decode(bytes).map_err(|error| error.to_string())),
                Err(error) => frames.push(Err(error.to_string())),
            });
        }
        for frame in frames {
            self.second.1 += 1;
            match frame {
                Ok(frame) => self.take(frame).await?,
                Err(error) => {
                    refused("bad_frame");
                    tracing::debug!(error, "frame of a terminal not understood");
                }
            }
        }
        Ok(())
    }

    async fn take(&mut self, frame: Frame) -> Result<(), String> {
        let step = self.session.take(frame, &self.desk).await;
        // The store has failed: the terminal comes again.
        match step.map_err(|error| error.to_string())? {
            Step::Answer(frame) => self.say(&frame).await?,
            Step::Nothing => {}
            Step::Keep(rows, kept) => {
                while self.waiting >= WINDOW {
                    let Some(kept) = self.told.recv().await else { break };
                    self.acknowledge(&kept).await?;
                }
                let keeping = Keeping { rows, kept, tell: self.tell.clone() };
                let stopped = |_| "the program stops".to_owned();
                self.to_keep.send(keeping).await.map_err(stopped)?;
                self.waiting += 1;
            }
        }
        if self.session.is_authenticated() {
            self.deadline = Instant::now() + self.limits.idle;
        }
        Ok(())
    }

    /// Of a message that is on disk.
    async fn acknowledge(&mut self, kept: &Kept) -> Result<(), String> {
        self.waiting = self.waiting.saturating_sub(1);
        for serial in &kept.serials {
            let answer = self.session.answer(&kept.header, *serial, Reply::Done);
            self.say(&answer).await?;
        }
        Ok(())
    }

    async fn say(&mut self, frame: &Frame) -> Result<(), String> {
        let bytes = frame.encode().map_err(|error| error.to_string())?;
        let written = timeout(WRITE_TIMEOUT, self.stream.write_all(&bytes)).await;
        let slow = |_| "the terminal does not take its answers".to_owned();
        written.map_err(slow)?.map_err(|error| error.to_string())
    }
}
