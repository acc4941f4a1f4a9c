//! The panels driven through their accessible names, as a screen reader or a person would.

mod adding;
mod bench;
mod curves;
mod dialogs;
mod inspector;
mod popups;
mod presets;
mod steps;
mod top_bar;
mod whole;
