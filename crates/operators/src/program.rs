//! The program itself: files, the clock, what is shown.

use crate::action::{Action, Show, Toggle};
use crate::operator::{On, Operator};

const fn plain(
    id: &'static str,
    label: &'static str,
    keys: &'static [&'static str],
    run: fn(&crate::Scene<'_>) -> Vec<Action>,
) -> Operator {
    Operator::new(id, label, keys, On::Anything, run)
}

pub(crate) const FILE: &[Operator] = &[
    plain("file.new", "New patch", &["Ctrl+N"], |_| vec![Action::New])
        .about("Begins an empty patch; what was not saved is kept aside")
        .always(),
    plain("file.open", "Open…", &["Ctrl+O"], |_| vec![Action::Show(Show::Open)])
        .about("Opens a patch, or one that comes with the program")
        .always(),
    plain("file.save", "Save", &["Ctrl+S"], |_| vec![Action::Save]).about("Saves the patch, and its history beside it").always(),
    plain("file.save_as", "Save as…", &["Ctrl+Shift+S"], |_| vec![Action::Show(Show::SaveAs)])
        .about("Saves the patch under another name")
        .always(),
];

pub(crate) const TRANSPORT: &[Operator] = &[
    plain("transport.play", "Play or stop", &["Space"], |_| vec![Action::TogglePlay])
        .about("Starts and stops the clock; what does not follow it sounds on"),
    plain("transport.rewind", "Back to the beginning", &["Home"], |_| vec![Action::Rewind]).about("Sets the clock to the first beat"),
    plain("transport.panic", "Panic", &["Ctrl+."], |_| vec![Action::Panic]).about("Silences everything that hangs").always(),
    plain("transport.restart", "Restart broken modules", &["R"], |_| vec![Action::RestartFaulty])
        .about("Starts modules afresh that made a broken number and were silenced"),
];

pub(crate) const PANELS: &[Operator] = &[
    plain("panel.palette", "Palette", &["Ctrl+K"], |_| vec![Action::Show(Show::Palette)])
        .about("Everything that can be done, by name")
        .always(),
    plain("panel.keys", "Keys", &["F1"], |_| vec![Action::Toggle(Toggle::Keys)])
        .about("Every key and what it does; a click binds another")
        .always(),
    plain("panel.browser", "Browser", &["F2"], |_| vec![Action::Toggle(Toggle::Browser)]).about("The modules, by family").always(),
    plain("panel.history", "History", &["F3"], |_| vec![Action::Toggle(Toggle::History)])
        .about("Everything that was done, with its branches")
        .always(),
    plain("panel.note_keys", "Notes on the keys", &["F4"], |_| vec![Action::Toggle(Toggle::NoteKeys)])
        .about("Plays notes on the computer's keys: A W S E D F …, Z and X change the octave")
        .always(),
    plain("panel.messages", "Messages", &["F8"], |_| vec![Action::Toggle(Toggle::Messages)])
        .about("What the patch and the program have to say")
        .always(),
    plain("panel.inspector", "Inspector", &["F9"], |_| vec![Action::Toggle(Toggle::Inspector)])
        .about("Everything about what is selected")
        .always(),
    plain("panel.theme", "Next theme", &["Ctrl+T"], |_| vec![Action::Toggle(Toggle::Theme)]).about("Dark, light, high contrast").always(),
    plain("panel.larger", "Larger interface", &["Ctrl++"], |_| vec![Action::Toggle(Toggle::Larger)])
        .about("Everything a step larger, up to 200 %")
        .always(),
    plain("panel.smaller", "Smaller interface", &["Ctrl+-"], |_| vec![Action::Toggle(Toggle::Smaller)])
        .about("Everything a step smaller, down to 75 %")
        .always(),
    plain("panel.less_motion", "Less motion", &[], |_| vec![Action::Toggle(Toggle::LessMotion)])
        .about("Lights stand still, and nothing glides to its place"),
    plain("panel.preview", "Hear in the search", &[], |_| vec![Action::Toggle(Toggle::Preview)])
        .about("While the arrow keys choose in the search, each module is heard beside the patch"),
    plain("panel.touch", "Touch", &[], |_| vec![Action::Toggle(Toggle::Touch)]).about("Larger targets for fingers"),
];
