//! The real program, end to end: real broker, real files, real database, real browser.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics where it stands")]

mod analyze;
mod bad_input;
mod broker;
mod compare;
mod construction;
mod crash;
mod flights;
mod observations;
mod page;
mod privacy;
mod program;
mod reminders;
mod replay;
mod rules;
mod terminals;
mod tidy;
mod trucks;
