//! Modules that glide to where they are put by another than the hand: tidied, aligned, spread, undone.

use crate::project::{ModuleNode, Projection};
use crate::state::{Comfort, Document};
use bevy::math::Vec2;
use bevy::prelude::{MessageWriter, Query, Real, Res, ResMut, Resource, Time};
use bevy::window::RequestRedraw;
use patchlight_core::ModuleId;
use std::collections::HashMap;

/// How long the way takes, however far.
const WAY_SECS: f32 = 0.22;

/// Where modules come from while they are on their way.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub struct Glide {
    from: HashMap<ModuleId, Vec2>,
    /// The share of the way that is behind them.
    done: f32,
    /// The [`Document::glides`] that was seen last.
    seen: u64,
}

impl Glide {
    /// Where a module is shown that is to be at `goal`.
    #[must_use]
    pub fn at(&self, id: &ModuleId, goal: Vec2) -> Vec2 {
        // Quick at first, gentle at the end.
        let left = (1.0 - self.done).powi(3);
        self.from.get(id).map_or(goal, |from| goal + (*from - goal) * left)
    }
}

/// Where the document has a module or group.
fn goal_of(document: &Document, id: &ModuleId) -> Option<Vec2> {
    let group = || document.patch.groups.get(id).map(|group| group.at);
    document.patch.module(id.as_str()).map(|module| module.at).or_else(group).map(Vec2::from)
}

/// Takes up what the document asks for, and moves on what is on its way.
pub(crate) fn advance(
    document: Res<Document>,
    (time, comfort): (Res<Time<Real>>, Res<Comfort>),
    nodes: Query<&ModuleNode>,
    mut glide: ResMut<Glide>,
    mut projection: ResMut<Projection>,
    mut redraws: MessageWriter<RequestRedraw>,
) {
    if glide.seen != document.glides {
        let moves = |node: &&ModuleNode| !comfort.less_motion && goal_of(&document, &node.id).is_some_and(|goal| goal != node.at);
        let from = nodes.iter().filter(moves).map(|node| (node.id.clone(), node.at)).collect();
        *glide = Glide { from, done: 0.0, seen: document.glides };
    } else if !glide.from.is_empty() {
        glide.done += time.delta_secs() / WAY_SECS;
        if glide.done >= 1.0 {
            glide.from.clear();
        }
        projection.look_again();
    }
    if !glide.from.is_empty() {
        redraws.write(RequestRedraw);
    }
}

#[cfg(test)]
mod tests {
    use super::Glide;
    use bevy::math::Vec2;
    use patchlight_core::ModuleId;

    #[test]
    fn it_begins_where_it_was_and_ends_where_it_is_put() {
        let (id, goal) = (ModuleId::from("osc"), Vec2::new(100.0, 40.0));
        let glide = |done: f32| Glide { from: [(id.clone(), Vec2::ZERO)].into(), done, seen: 0 };
        assert_eq!((glide(0.0).at(&id, goal), glide(1.0).at(&id, goal)), (Vec2::ZERO, goal));
        let half = glide(0.5).at(&id, goal);
        assert!(half.x > 50.0 && half.x < 100.0, "{half}");
        assert_eq!(glide(0.5).at(&ModuleId::from("new"), goal), goal);
    }
}
