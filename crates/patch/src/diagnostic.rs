//! What is wrong with a patch, as data: a broken patch is no error, so the rest of it goes on sounding.

use crate::cable_id::CableId;
use patchlight_core::ModuleId;
use serde::Serialize;
use std::fmt;

/// How bad it is. The worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing: a loop, a conversion.
    Note,
    /// It plays, though perhaps not as meant.
    Warning,
    /// A part of the patch does not play.
    Error,
}

/// What sort of thing is wrong, for programs; people read the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosticKind {
    /// The file was written by a newer version.
    NewerFormat,
    /// Something in the file will not be there when it is saved, such as a comment.
    NotKept,
    /// The id of a module is not well formed.
    BadId,
    /// No module of this kind is in the library.
    UnknownKind,
    /// A cable ends at a module that is not in the patch.
    MissingModule,
    /// A cable ends at a port that its module does not have.
    MissingPort,
    /// A cable ends on a parameter that cables cannot move.
    NotModulatable,
    /// The module has no parameter of this id.
    UnknownParam,
    /// The module has no data of this id.
    UnknownData,
    /// The value is not one that this parameter or data can have.
    UnreadableValue,
    /// The value lies outside of the parameter's range.
    OutOfRange,
    /// The data cannot be understood, or the file that it names cannot be read.
    BadData,
    /// A cycle, and where its delay sits.
    Loop,
    /// Two kinds of signal or numbers of channels meet.
    Conversion,
    /// Nothing of the module reaches an output, so it is not run.
    NotRun,
    /// The patch has no output.
    NoOutput,
    /// More voices or lanes than there can be.
    TooManyVoices,
}

/// One thing that is wrong, or worth knowing, and what to do about it.
///
/// Its `Display` is one line: `error: cable kick.out -> comp.kye: comp (dyn.compressor) has no input or parameter "kye". It has: in, key.`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    pub kind: DiagnosticKind,
    pub module: Option<ModuleId>,
    /// An output, an input, a parameter or a piece of data of `module`.
    pub port: Option<String>,
    pub cable: Option<CableId>,
    /// What is wrong, without its place and without a full stop.
    pub message: String,
    /// What to do next, in whole sentences; may be empty.
    pub help: String,
}

impl Diagnostic {
    /// A diagnostic of the whole patch; narrow it down with the other methods.
    pub fn new(severity: Severity, kind: DiagnosticKind, message: impl Into<String>) -> Self {
        Self { severity, kind, module: None, port: None, cable: None, message: message.into(), help: String::new() }
    }

    pub fn error(kind: DiagnosticKind, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, kind, message)
    }

    pub fn warning(kind: DiagnosticKind, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, kind, message)
    }

    pub fn note(kind: DiagnosticKind, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, kind, message)
    }

    #[must_use]
    pub fn at_module(mut self, module: &ModuleId) -> Self {
        self.module = Some(module.clone());
        self
    }

    #[must_use]
    pub fn at_port(mut self, port: impl Into<String>) -> Self {
        self.port = Some(port.into());
        self
    }

    #[must_use]
    pub fn at_cable(mut self, cable: &CableId) -> Self {
        self.cable = Some(cable.clone());
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.severity)?;
        match (&self.cable, &self.module, &self.port) {
            (Some(cable), _, _) => write!(f, "cable {cable}: ")?,
            (None, Some(module), Some(port)) => write!(f, "{module}.{port}: ")?,
            (None, Some(module), None) => write!(f, "{module}: ")?,
            (None, None, _) => {}
        }
        write!(f, "{}.", self.message)?;
        if !self.help.is_empty() {
            write!(f, " {}", self.help)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, DiagnosticKind, Severity};

    #[test]
    fn a_diagnostic_is_one_line_that_says_where_and_what_to_do() {
        let cable = "kick.out -> comp.kye".parse().expect("a cable");
        let diagnostic = Diagnostic::error(DiagnosticKind::MissingPort, "comp (dyn.compressor) has no input or parameter \"kye\"")
            .at_cable(&cable)
            .at_module(&cable.to.module)
            .at_port("kye")
            .help("It has: in, key.");
        assert_eq!(
            diagnostic.to_string(),
            "error: cable kick.out -> comp.kye: comp (dyn.compressor) has no input or parameter \"kye\". It has: in, key."
        );
        assert_eq!(
            ron::to_string(&diagnostic).expect("serialises"),
            "(severity:error,kind:missing_port,module:Some(\"comp\"),port:Some(\"kye\"),cable:Some(\"kick.out -> comp.kye\"),\
             message:\"comp (dyn.compressor) has no input or parameter \\\"kye\\\"\",help:\"It has: in, key.\")"
        );
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Note);
    }
}
