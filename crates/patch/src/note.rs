//! What lies on the canvas and makes no sound: comments, frames with a title, and places to come back to.

use crate::group::GroupId;
use crate::patch::{CableColor, RonText};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A comment, or a frame around modules.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Note {
    /// The comment, or the title of the frame.
    pub text: String,
    /// The upper left corner, canvas units. Always finite.
    pub at: [f32; 2],
    /// Width and height, canvas units. Always finite.
    pub size: [f32; 2],
    pub color: Option<CableColor>,
    /// Drawn around modules, and moved together with those inside.
    pub is_frame: bool,
    /// The group that it lies in.
    pub group: Option<GroupId>,
    /// Fields that this version does not know.
    pub extra: IndexMap<String, RonText>,
}

impl Note {
    /// Whether a point lies in it.
    #[must_use]
    pub fn contains(&self, [x, y]: [f32; 2]) -> bool {
        (self.at[0]..=self.at[0] + self.size[0]).contains(&x) && (self.at[1]..=self.at[1] + self.size[1]).contains(&y)
    }
}

/// A place to come back to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bookmark {
    /// What is in the middle of the view, canvas units.
    pub center: [f32; 2],
    /// Logical pixels for a canvas unit.
    pub zoom: f32,
    /// The group that one looks into.
    pub group: Option<GroupId>,
}
