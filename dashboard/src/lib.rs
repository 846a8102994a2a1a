//! The only HTTP: the API, the page, and outbox delivery over MQTT.
