//! Video in: RTSP cameras and files through GStreamer, rolling encoded segments.
