//! Whether messages reach a broker, for health checks and metrics.

use std::sync::{Arc, Mutex, PoisonError};

/// Shared between delivery and the health checks.
#[derive(Debug, Clone, Default)]
pub struct Delivery(Arc<Mutex<Link>>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Link {
    #[default]
    NotYet,
    Up,
    Down(String),
}

impl Delivery {
    /// Whether a broker takes messages.
    pub fn connected(&self) -> bool {
        *self.get() == Link::Up
    }

    /// Why not; empty when connected or not yet tried.
    pub fn detail(&self) -> String {
        match &*self.get() {
            Link::Down(why) => why.clone(),
            Link::NotYet | Link::Up => String::new(),
        }
    }

    pub(super) fn up(&self) {
        *self.get() = Link::Up;
        metrics::gauge!("xunjian_mqtt_connected").set(1.0);
    }

    /// Whether this is news: the same reason again is not.
    pub(super) fn down(&self, why: &str) -> bool {
        metrics::gauge!("xunjian_mqtt_connected").set(0.0);
        let down = Link::Down(why.to_owned());
        let mut link = self.get();
        let news = *link != down;
        *link = down;
        news
    }

    fn get(&self) -> std::sync::MutexGuard<'_, Link> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
