//! The panels around the canvas: functions from a view to edits.
