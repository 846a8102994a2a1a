//! One client of the embedded broker, from its CONNECT to its end.
//!
//! Moves packets between the socket and rumqttd's router, and what it publishes to the intake. Assumes nothing of the client: each
//! wait has a limit, each buffer a bound. A message is written only while fewer than the client's
//! receive maximum are unacknowledged; the router itself keeps at most 100 under way.

use std::{collections::VecDeque, io, time::Duration};

use bytes::BytesMut;
use futures_util::FutureExt;
use rumqttd::{
    local::{LinkError, LinkRx, LinkTx},
    protocol::{self, Disconnect, DisconnectReasonCode, Packet, Publish},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use super::intake::{self, Answer, Intake, Published, WINDOW};
use super::wire::{Codec, Farewell, Hello, Refused, hello};

/// A client that has not said CONNECT by then is cut off.
const HELLO: Duration = Duration::from_secs(10);
/// A client that takes nothing for so long is cut off; what it missed it finds by `seq`.
const WRITE: Duration = Duration::from_secs(20);
/// The keep-alive of a client that asks for none.
const NO_KEEP_ALIVE: Duration = Duration::from_hours(24);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("cannot be answered")]
    Encode(#[from] protocol::Error),
    #[error("connection lost")]
    Io(#[from] io::Error),
    #[error("silent for longer than allowed")]
    Timeout(#[from] tokio::time::error::Elapsed),
    #[error("dropped by the router")]
    Router(#[source] Box<LinkError>),
}

impl From<LinkError> for Ended {
    fn from(error: LinkError) -> Self {
        Self::Router(error.into())
    }
}

/// What a client may publish.
#[derive(Debug)]
pub(super) struct Right {
    pub intake: Intake,
    /// None: whatever is wanted.
    pub filters: Option<Vec<String>>,
}

/// A socket with its buffers.
pub(super) struct Client {
    stream: TcpStream,
    incoming: BytesMut,
    outgoing: BytesMut,
}

impl Client {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, incoming: BytesMut::new(), outgoing: BytesMut::new() }
    }

    /// Waits for the first packet.
    pub(super) async fn hello(&mut self) -> Result<Hello, Ended> {
        let deadline = Instant::now() + HELLO;
        loop {
            if let Some(hello) = hello(&mut self.incoming)? {
                return Ok(hello);
            }
            if timeout_at(deadline, self.stream.read_buf(&mut self.incoming)).await?? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
    }

    /// Answers a CONNECT that is not taken.
    pub(super) async fn refuse(&mut self, codec: Codec, why: Farewell) -> Result<(), Ended> {
        self.write(codec, codec.farewell(why)).await
    }

    /// Serves a client until it leaves. The router learns of its end in every case but its own.
    pub(super) async fn serve(
        &mut self,
        hello: &Hello,
        welcome: Packet,
        right: Option<Right>,
        (tx, rx): (&mut LinkTx, &mut LinkRx),
    ) -> Result<(), Ended> {
        let served = async {
            self.write(hello.codec, welcome).await?;
            self.relay(hello, right, tx, rx).await
        };
        let outcome = served.await;
        if !matches!(outcome, Err(Ended::Router(_))) {
            let reason_code = DisconnectReasonCode::NormalDisconnection;
            tx.send(Packet::Disconnect(Disconnect { reason_code }, None)).await?;
        }
        outcome
    }

    async fn relay(
        &mut self,
        hello: &Hello,
        right: Option<Right>,
        tx: &mut LinkTx,
        rx: &mut LinkRx,
    ) -> Result<(), Ended> {
        let silence = match hello.connect.keep_alive {
            0 => NO_KEEP_ALIVE,
            seconds => Duration::from_secs(u64::from(seconds)) * 3 / 2,
        };
        let (tell, mut answers) = mpsc::channel(usize::from(WINDOW));
        let mut flow = Flow {
            free: hello.receive_maximum,
            waiting: VecDeque::new(),
            right,
            tell,
            unanswered: 0,
        };
        let mut deadline = Instant::now() + silence;
        loop {
            tokio::select! {
                read = timeout_at(deadline, self.stream.read_buf(&mut self.incoming)), if !flow.is_full() => {
                    if read?? == 0 {
                        return Ok(());
                    }
                    deadline = Instant::now() + silence;
                    if !self.take(hello.codec, &mut flow, tx).await? {
                        return Ok(());
                    }
                }
                Some(answer) = answers.recv() => {
                    self.answer(hello.codec, &mut flow, answer, &mut answers);
                    deadline = Instant::now() + silence;
                    // What was read and had to wait has room now.
                    if !self.take(hello.codec, &mut flow, tx).await? {
                        return Ok(());
                    }
                }
                notification = rx.next() => {
                    let paused = self.collect(hello.codec, &mut flow, notification?, rx)?;
                    self.flush().await?;
                    if paused {
                        rx.wake().await?;
                    }
                }
            }
        }
    }

    /// Hands what was read to the router; `false` once the client said goodbye.
    async fn take(
        &mut self,
        codec: Codec,
        flow: &mut Flow,
        tx: &mut LinkTx,
    ) -> Result<bool, Ended> {
        while !flow.is_full() {
            if intake::is_next(&self.incoming) {
                let Some(published) = flow.publication(codec, &mut self.incoming)? else { break };
                flow.hand_on(published).await?;
                continue;
            }
            let Some(packet) = codec.read(&mut self.incoming)? else { break };
            match packet {
                Packet::Disconnect(..) => return Ok(false),
                Packet::PubAck(..) => flow.free += 1,
                _ => {}
            }
            tx.send(packet).await?;
        }
        while let Some(packet) = flow.next() {
            codec.write(packet, &mut self.outgoing)?;
        }
        self.flush().await?;
        Ok(true)
    }

    /// Encodes what was said of publications.
    fn answer(
        &mut self,
        codec: Codec,
        flow: &mut Flow,
        first: Answer,
        answers: &mut mpsc::Receiver<Answer>,
    ) {
        let mut next = Some(first);
        while let Some(answer) = next {
            answer.write(codec, &mut self.outgoing);
            flow.unanswered = flow.unanswered.saturating_sub(1);
            next = answers.try_recv().ok();
        }
    }

    /// Encodes what the router has ready; `true` when it waits to be asked for more.
    fn collect(
        &mut self,
        codec: Codec,
        flow: &mut Flow,
        first: Option<rumqttd::Notification>,
        rx: &mut LinkRx,
    ) -> Result<bool, Ended> {
        let mut paused = false;
        let mut next = first;
        while let Some(notification) = next.take() {
            match notification.into() {
                Some(packet @ Packet::Publish(..)) => flow.waiting.push_back(packet),
                Some(packet) => codec.write(packet, &mut self.outgoing)?,
                None => paused = true,
            }
            next = rx.next().now_or_never().transpose()?.flatten();
        }
        while let Some(packet) = flow.next() {
            codec.write(packet, &mut self.outgoing)?;
        }
        Ok(paused)
    }

    async fn write(&mut self, codec: Codec, packet: Packet) -> Result<(), Ended> {
        codec.write(packet, &mut self.outgoing)?;
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        if !self.outgoing.is_empty() {
            timeout(WRITE, self.stream.write_all(&self.outgoing)).await??;
            self.outgoing.clear();
        }
        Ok(())
    }
}

/// Holds messages back while the client owes as many acknowledgements as it announced, and publications while it is owed
/// as many as were announced to it.
struct Flow {
    free: usize,
    waiting: VecDeque<Packet>,
    right: Option<Right>,
    tell: mpsc::Sender<Answer>,
    unanswered: u16,
}

impl Flow {
    fn is_full(&self) -> bool {
        self.unanswered >= WINDOW
    }

    /// Takes a publication off what was read, if it may be.
    fn publication(
        &self,
        codec: Codec,
        stream: &mut BytesMut,
    ) -> Result<Option<Published>, Refused> {
        let Some(Right { intake, filters }) = &self.right else {
            return Err(Refused::Forbidden("publish: see `mqtt.publish`"));
        };
        let published = intake::take(codec, stream, intake.most_packet())?;
        let Some(published) = published else { return Ok(None) };
        let topic = &published.topic;
        let may = |filters: &Vec<String>| filters.iter().any(|f| intake::matches(topic, f));
        if intake.wants(topic) && filters.as_ref().is_none_or(may) {
            return Ok(Some(published));
        }
        Err(Refused::Publish(topic.chars().take(80).collect()))
    }

    async fn hand_on(&mut self, published: Published) -> Result<(), Ended> {
        let Some(Right { intake, .. }) = &self.right else { return Ok(()) };
        self.unanswered += u16::from(published.id.is_some());
        if intake.put(published, self.tell.clone()).await {
            return Ok(());
        }
        // The program is stopping: the client sends again what it was not told.
        Err(io::Error::from(io::ErrorKind::ConnectionAborted).into())
    }

    fn next(&mut self) -> Option<Packet> {
        let counted = match self.waiting.front()? {
            Packet::Publish(publish, _) => awaits_ack(publish),
            _ => false,
        };
        if counted {
            self.free = self.free.checked_sub(1)?;
        }
        self.waiting.pop_front()
    }
}

/// rumqttd keeps the `QoS` to itself, but the length tells: above 0 there are two bytes of packet id.
fn awaits_ack(publish: &Publish) -> bool {
    publish.len() > 2 + publish.topic.len() + publish.payload.len()
}
