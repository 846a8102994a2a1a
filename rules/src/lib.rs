//! Observations to alerts: fences, schedules, the parking rule; pure.
