//! Reads a camera for ever: connect, read, and when it is lost, try again.

use std::time::{Duration, Instant};

use domain::SourceState;
use jiff::SignedDuration;
use url::Url;

use crate::Transport;
use crate::axis::Basis;
use crate::backoff::{Backoff, spread};
use crate::pipeline::{Flow, Next, Pipeline};
use crate::reason::Fault;
use crate::source::{Go, POLL, Reader, running_time};

/// How one connection ended.
enum Loss {
    /// Asked to stop, or nobody wants more frames.
    Stopped,
    /// Will never work on this machine.
    Useless(String),
    Refused,
    Silent(String),
    Lost(String),
}

/// What is kept from one connection to the next.
#[derive(Default)]
struct Memory {
    /// Camera − machine.
    offset: Option<SignedDuration>,
    /// The camera was given its time to tell its clock.
    waited: bool,
    /// Frames have flowed before.
    flowed: bool,
}

impl Reader {
    pub(crate) fn read_camera(&mut self, url: &Url, transport: Transport) {
        let mut backoff = Backoff::new(self.config.retry_max);
        let mut memory = Memory::default();
        self.reporter.state(SourceState::Starting, "connecting");
        while !self.stop.asked() {
            let frames = self.reporter.frames();
            let loss = self.one_connection(url, transport, &mut memory);
            if self.reporter.frames() > frames {
                backoff.reset();
            }
            let mut wait = backoff.wait();
            match loss {
                Loss::Stopped => break,
                Loss::Useless(why) => return self.end(SourceState::Failed, &why),
                Loss::Refused => {
                    wait = spread(self.config.retry_refused);
                    let why = Fault::Refused.of_camera(url, Duration::ZERO);
                    self.reporter.state(SourceState::Reconnecting, &why);
                }
                Loss::Silent(why) => self.reporter.state(SourceState::Silent, &why),
                Loss::Lost(why) => self.reporter.state(SourceState::Reconnecting, &why),
            }
            if self.stop.wait(wait) {
                break;
            }
        }
        self.end(SourceState::Ended, "stopped");
    }

    fn one_connection(&mut self, url: &Url, transport: Transport, memory: &mut Memory) -> Loss {
        let offset = memory.offset;
        let plan = self.plan(Basis::Camera { offset }, Flow::Live);
        let axis = std::sync::Arc::clone(&plan.axis);
        if memory.waited {
            axis.stop_waiting();
        }
        let mut pipeline = match Pipeline::camera(url, transport, plan) {
            Ok(pipeline) => pipeline,
            Err(error) => return Loss::Useless(error.to_string()),
        };
        let (begun, mut first, mut heard) = (Instant::now(), None, Instant::now());
        let mut connected = false;
        while !self.stop.asked() {
            let next = pipeline.next(POLL);
            self.reporter.dropped(pipeline.take_skipped());
            if let Some(offset) = pipeline.clock_offset() {
                memory.offset = Some(offset);
                self.reporter.clock_offset(offset);
            }
            match next {
                Next::Picture(sample) => {
                    heard = Instant::now();
                    let first: Instant = *first.get_or_insert(heard);
                    if !memory.waited && first.elapsed() >= self.config.capture_wait {
                        axis.stop_waiting();
                    }
                    let Some(running) = running_time(&sample) else { continue };
                    let Some((at, basis)) = axis.at(running, pipeline.arrived(running)) else {
                        continue;
                    };
                    self.flowing(memory);
                    if self.deliver(&sample, at, basis) == Go::Stop {
                        return Loss::Stopped;
                    }
                }
                Next::Nothing => {
                    if pipeline.connected() && !connected {
                        (connected, heard) = (true, Instant::now());
                    }
                    if let Some(loss) = self.overdue(url, connected, begun, heard) {
                        return loss;
                    }
                }
                Next::End => return Loss::Lost("the camera ended the stream".to_owned()),
                Next::Lost(Fault::Refused) => return Loss::Refused,
                Next::Lost(fault) => {
                    drop(pipeline);
                    return Loss::Lost(fault.of_camera(url, self.config.connect_timeout));
                }
            }
        }
        Loss::Stopped
    }

    fn flowing(&self, memory: &mut Memory) {
        memory.waited = true;
        if self.reporter.current() != SourceState::Live {
            if std::mem::replace(&mut memory.flowed, true) {
                self.reporter.reconnected();
            }
            self.reporter.state(SourceState::Live, "");
        }
    }

    /// The watchdog: a connection that gives nothing is worth no more than none.
    fn overdue(&self, url: &Url, connected: bool, begun: Instant, heard: Instant) -> Option<Loss> {
        let silent_after = self.config.silent_after;
        if connected && heard.elapsed() >= silent_after {
            let seconds = silent_after.as_secs_f64();
            let why = format!("connected, but no frame came for {seconds} s; connecting anew");
            return Some(Loss::Silent(why));
        }
        let patience = self.config.connect_timeout + silent_after;
        (!connected && begun.elapsed() >= patience)
            .then(|| Loss::Lost(Fault::Unreachable.of_camera(url, self.config.connect_timeout)))
    }
}
