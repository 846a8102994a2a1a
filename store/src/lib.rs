//! The only SQL, and the only owner of evidence files.
