//! What a drone brings back: telemetry of every kind, in; poses at any instant, out.
