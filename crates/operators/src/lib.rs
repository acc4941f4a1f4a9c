//! Everything that a person can do, each under a name: what buttons, keys, menus and the palette call alike.
//!
//! ```text
//!  key ──KeyMap──┐
//!  button, menu ─┼──► Operator ──run(&Scene)──► Vec<Action> ──► the app: History::apply, selection, view, engine…
//!  palette ──────┘
//! ```
//!
//! An [`Operator`] is a declaration: id, label, key, what it does, and a pure function from what is seen to what is asked for. A new one
//! is an entry in one of the lists of [`OPERATORS`]; the table of keys, the palette, the menus, the key file and the tests follow.
//!
//! **Invariant:** an operator changes nothing; it only asks.

mod action;
mod arrange;
mod cable;
mod chord;
mod edit;
mod group;
mod key_page;
mod keymap;
mod module;
mod note;
mod operator;
mod pick;
mod program;
mod scene;
mod view;
mod walk;

pub use action::{Action, Actions, Question, Show, Toggle, WireTo};
pub use chord::{Chord, ChordError};
pub use key_page::{GESTURES, key_page};
pub use keymap::{KeyMap, KeyMapError};
pub use operator::{OPERATORS, On, Operator, operator, operators_on};
pub use scene::{Picked, Place, Scene};
pub use walk::spots;
