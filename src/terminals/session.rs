//! What is answered to whom: one terminal on one connection.

use domain::TerminalId;
use jiff::SignedDuration;
use jt808::{
    Authenticate, BadPosition, Frame, Header, Joined, Joiner, Limits, Position, Register, Reply,
    ids,
};
use store::{NewPosition, NewTerminal, StoreError};

use super::Desk;
use super::keep::Kept;

/// Parts of batches that one connection may have open: two of the largest that terminals send.
const LIMITS: Limits = Limits { messages: 2, bytes: 256 << 10, age: SignedDuration::from_mins(2) };

/// No such terminal, in the answer to a registration.
const NO_SUCH_TERMINAL: u8 = 4;

/// A connection.
pub(super) struct Session {
    /// The terminal that authenticated, and the plate that it registered with.
    who: Option<(TerminalId, String)>,
    joiner: Joiner,
    /// Of the next answer.
    serial: u16,
}

/// What comes of a frame.
pub(super) enum Step {
    Answer(Frame),
    /// To be written; answered once it is.
    Keep(Vec<NewPosition>, Kept),
    Nothing,
}

impl Session {
    pub(super) const fn new() -> Self {
        Self { who: None, joiner: Joiner::new(LIMITS), serial: 0 }
    }

    pub(super) const fn is_authenticated(&self) -> bool {
        self.who.is_some()
    }

    /// The general answer to one frame.
    pub(super) fn answer(&mut self, to: &Header, to_serial: u16, result: Reply) -> Frame {
        jt808::reply(to, to_serial, self.next_serial(), result)
    }

    /// Takes a frame.
    pub(super) async fn take(&mut self, frame: Frame, desk: &Desk) -> Result<Step, StoreError> {
        let header = frame.header;
        let terminal = TerminalId::from(&header.phone);
        match header.id {
            ids::TERMINAL_REPLY => return Ok(Step::Nothing),
            ids::REGISTER => return self.register(&frame, terminal, desk).await,
            ids::AUTHENTICATE => return self.authenticate(&frame, terminal, desk).await,
            _ => {}
        }
        if self.who.as_ref().is_none_or(|(who, _)| *who != terminal) {
            refused("not_authenticated");
            return Ok(self.say(&header, Reply::Failed));
        }
        Ok(match header.id {
            ids::HEARTBEAT | ids::SIGN_OFF => self.say(&header, Reply::Done),
            ids::POSITION | ids::POSITION_ASKED | ids::POSITION_CONTROL | ids::BATCH => {
                self.positions(frame, desk)
            }
            // Nothing is kept of it, and the terminal is told so.
            _ => self.say(&header, Reply::Unsupported),
        })
    }

    async fn register(
        &mut self,
        frame: &Frame,
        terminal: TerminalId,
        desk: &Desk,
    ) -> Result<Step, StoreError> {
        let header = &frame.header;
        let Ok(said) = Register::read(header.form, &frame.body) else {
            refused("bad_registration");
            return Ok(self.say(header, Reply::Bad));
        };
        let code = if desk.fleet.admits(&terminal) {
            let new = NewTerminal {
                terminal,
                plate: said.plate,
                plate_color: said.plate_color,
                maker: said.maker,
                model: said.model,
                device: said.device,
            };
            Ok(desk.store.register_terminal(&new, &dashboard::random_password()).await?)
        } else {
            refused("not_listed");
            Err(NO_SUCH_TERMINAL)
        };
        let code = code.as_deref().map_err(|why| *why);
        Ok(Step::Answer(jt808::reply_to_register(header, self.next_serial(), code)))
    }

    async fn authenticate(
        &mut self,
        frame: &Frame,
        terminal: TerminalId,
        desk: &Desk,
    ) -> Result<Step, StoreError> {
        let header = &frame.header;
        let Ok(said) = Authenticate::read(header.form, &frame.body) else {
            refused("bad_authentication");
            return Ok(self.say(header, Reply::Bad));
        };
        let known = desk.store.terminal_code(&terminal).await?;
        let known = known.filter(|(code, _)| *code == said.code && desk.fleet.admits(&terminal));
        let Some((_, plate)) = known else {
            refused("wrong_code");
            return Ok(self.say(header, Reply::Failed));
        };
        self.who = Some((terminal, plate));
        Ok(self.say(header, Reply::Done))
    }

    fn positions(&mut self, frame: Frame, desk: &Desk) -> Step {
        let now = desk.clock.now();
        let joined = self.joiner.take(frame, now);
        for missing in self.joiner.missing(now) {
            refused("incomplete");
            tracing::warn!(%missing, "positions of a terminal are lost until it sends them again");
        }
        // The parts of a message are acknowledged with the last of them.
        let Some(message) = joined else { return Step::Nothing };
        let plate = self.who.as_ref().map(|(_, plate)| plate.as_str()).filter(|p| !p.is_empty());
        let rows = rows(&message, plate, desk);
        if rows.is_empty() {
            return self.say(&message.header, Reply::Bad);
        }
        Step::Keep(rows, Kept { header: message.header, serials: message.serials })
    }

    fn say(&mut self, to: &Header, result: Reply) -> Step {
        Step::Answer(self.answer(to, to.serial, result))
    }

    const fn next_serial(&mut self) -> u16 {
        let serial = self.serial;
        self.serial = serial.wrapping_add(1);
        serial
    }
}

/// The positions of a message that can be kept; those that cannot are counted.
pub(super) fn rows(message: &Joined, plate: Option<&str>, desk: &Desk) -> Vec<NewPosition> {
    let read = jt808::batch(message.header.id, &message.body).unwrap_or_default();
    let mut rows = Vec::with_capacity(read.len());
    for (nth, position) in (0u16..).zip(read) {
        match position {
            Ok(position) => rows.push(row(message, plate, nth, &position, desk)),
            Err(error) => bad(&message.header, &error),
        }
    }
    rows
}

fn row(
    message: &Joined,
    plate: Option<&str>,
    nth: u16,
    position: &Position,
    desk: &Desk,
) -> NewPosition {
    let header = &message.header;
    desk.fleet.position((&header.phone, plate), (header.serial, nth), position)
}

fn bad(header: &Header, error: &BadPosition) {
    refused("bad_position");
    tracing::debug!(terminal = %header.phone, %error, "position not understood");
}

/// Counts what is not taken.
pub(super) fn refused(why: &'static str) {
    metrics::counter!("xunjian_terminal_refused_total", "why" => why).increment(1);
}
