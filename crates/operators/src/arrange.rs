//! Where modules lie.

use crate::action::Action;
use crate::operator::{On, Operator, ask, say};
use crate::scene::{GRID, Scene, snapped};
use patchlight_core::ModuleId;
use std::collections::HashMap;

/// Room between columns and between modules of a tidy patch, canvas units.
const GAP: [f32; 2] = [70.0, 30.0];

macro_rules! nudge {
    ($id:literal, $label:literal, $keys:expr, $step:expr) => {
        Operator::new($id, $label, $keys, On::Modules, |scene| nudge(scene, $step)).about("Moves what is selected").repeating()
    };
}

pub(crate) const OPERATORS: &[Operator] = &[
    nudge!("arrange.left", "Move left", &["Ctrl+Left"], [-GRID, 0.0]),
    nudge!("arrange.right", "Move right", &["Ctrl+Right"], [GRID, 0.0]),
    nudge!("arrange.up", "Move up", &["Ctrl+Up"], [0.0, -GRID]),
    nudge!("arrange.down", "Move down", &["Ctrl+Down"], [0.0, GRID]),
    Operator::new("arrange.align_left", "Align left", &["Ctrl+Alt+Left"], On::Modules, |scene| align(scene, 0, 0.0))
        .about("All left edges in a line"),
    Operator::new("arrange.align_right", "Align right", &["Ctrl+Alt+Right"], On::Modules, |scene| align(scene, 0, 1.0))
        .about("All right edges in a line"),
    Operator::new("arrange.align_top", "Align top", &["Ctrl+Alt+Up"], On::Modules, |scene| align(scene, 1, 0.0))
        .about("All upper edges in a line"),
    Operator::new("arrange.align_bottom", "Align bottom", &["Ctrl+Alt+Down"], On::Modules, |scene| align(scene, 1, 1.0))
        .about("All lower edges in a line"),
    Operator::new("arrange.spread_across", "Spread across", &["Ctrl+Alt+H"], On::Modules, |scene| spread(scene, 0))
        .about("The same room between them from left to right"),
    Operator::new("arrange.spread_down", "Spread down", &["Ctrl+Alt+V"], On::Modules, |scene| spread(scene, 1))
        .about("The same room between them from top to bottom"),
    Operator::new("arrange.tidy", "Tidy up", &["T"], On::Canvas, tidy)
        .about("Lays the selected modules, or all, out from left to right as the signal flows"),
];

fn nudge(scene: &Scene<'_>, step: [f32; 2]) -> Vec<Action> {
    let ids = scene.chosen();
    let places: Vec<_> = ids.iter().map(|id| (id.clone(), [scene.at(id)[0] + step[0], scene.at(id)[1] + step[1]])).collect();
    ask(format!("Move {}", scene.count_text(&ids)), scene.patch.move_to(&places))
}

/// Brings the edges at `share` of the way along an axis into a line: that of the outermost.
fn align(scene: &Scene<'_>, axis: usize, share: f32) -> Vec<Action> {
    let ids = scene.chosen();
    if ids.len() < 2 {
        return say("Select two modules or more to align them.");
    }
    let edge = |id: &ModuleId| scene.at(id)[axis] + (scene.size_of)(id)[axis] * share;
    let edges = ids.iter().map(edge);
    let goal = if share < 0.5 { edges.fold(f32::INFINITY, f32::min) } else { edges.fold(f32::NEG_INFINITY, f32::max) };
    let place = |id: &ModuleId| {
        let mut at = scene.at(id);
        at[axis] += goal - edge(id);
        (id.clone(), at)
    };
    let places: Vec<_> = ids.iter().map(place).collect();
    ask(format!("Align {}", scene.count_text(&ids)), scene.patch.move_to(&places))
}

fn spread(scene: &Scene<'_>, axis: usize) -> Vec<Action> {
    let mut ids = scene.chosen();
    if ids.len() < 3 {
        return say("Select three modules or more to spread them.");
    }
    ids.sort_by(|a, b| scene.at(a)[axis].total_cmp(&scene.at(b)[axis]));
    let (first, last) = (&ids[0], &ids[ids.len() - 1]);
    let room = scene.at(last)[axis] - scene.at(first)[axis] - ids[..ids.len() - 1].iter().map(|id| (scene.size_of)(id)[axis]).sum::<f32>();
    let gap = room / (ids.len() - 1) as f32;
    let mut next = scene.at(first)[axis];
    let mut places = Vec::new();
    for id in &ids {
        let mut at = scene.at(id);
        at[axis] = next.round();
        next += (scene.size_of)(id)[axis] + gap;
        places.push((id.clone(), at));
    }
    ask(format!("Spread {}", scene.count_text(&ids)), scene.patch.move_to(&places))
}

/// In columns by how far the signal has come, each column in the order of what it hears (Sugiyama, Tagawa, Toda 1981, the barycentre
/// step once from left to right).
fn tidy(scene: &Scene<'_>) -> Vec<Action> {
    let ids = match scene.chosen() {
        chosen if chosen.len() > 1 => chosen,
        _ => scene.seen(),
    };
    if ids.is_empty() {
        return Vec::new();
    }
    let wires = wires(scene, &ids);
    let columns = columns(ids.len(), &wires);
    let corner = ids.iter().map(|id| scene.at(id)).fold([f32::INFINITY; 2], |a, b| [a[0].min(b[0]), a[1].min(b[1])]);
    let corner = snapped(corner);
    let mut places: Vec<[f32; 2]> = ids.iter().map(|id| scene.at(id)).collect();
    let mut x = corner[0];
    for column in 0..=columns.iter().copied().max().unwrap_or(0) {
        let mut members: Vec<usize> = (0..ids.len()).filter(|index| columns[*index] == column).collect();
        // Those that nothing leads to keep their order from top to bottom.
        let height = |index: &usize| {
            let before: Vec<f32> =
                wires.iter().filter(|(from, to)| to == index && columns[*from] < column).map(|(from, _)| places[*from][1]).collect();
            if before.is_empty() { places[*index][1] } else { before.iter().sum::<f32>() / before.len() as f32 }
        };
        let heights: HashMap<usize, f32> = members.iter().map(|index| (*index, height(index))).collect();
        members.sort_by(|a, b| heights[a].total_cmp(&heights[b]));
        let (mut y, mut width) = (corner[1], 0.0_f32);
        for index in members {
            let size = (scene.size_of)(&ids[index]);
            places[index] = snapped([x, y]);
            y += size[1] + GAP[1];
            width = width.max(size[0]);
        }
        x += width + GAP[0];
    }
    let places: Vec<_> = ids.iter().cloned().zip(places).collect();
    ask(format!("Tidy up {}", scene.count_text(&ids)), scene.patch.move_to(&places))
}

/// Which of them leads to which, by their places in the list.
fn wires(scene: &Scene<'_>, ids: &[ModuleId]) -> Vec<(usize, usize)> {
    let places: HashMap<&ModuleId, usize> = ids.iter().enumerate().map(|(place, id)| (id, place)).collect();
    let place = |module: &ModuleId| places.get(&scene.patch.box_at(module, scene.level)?).copied();
    let wire = |id: &patchlight_patch::CableId| Some((place(&id.from.module)?, place(&id.to.module)?)).filter(|(from, to)| from != to);
    scene.patch.cables.keys().filter_map(wire).collect()
}

/// The longest way to each from where nothing leads to, cables that close a loop left out.
fn columns(count: usize, wires: &[(usize, usize)]) -> Vec<usize> {
    let mut state = vec![0_u8; count];
    let mut order = Vec::with_capacity(count);
    let mut back = Vec::new();
    for root in 0..count {
        // Depth first, without recursion: a patch may be a thousand modules deep.
        let mut stack = vec![(root, 0)];
        while let Some((node, skip)) = stack.pop() {
            if skip == 0 && state[node] != 0 {
                continue;
            }
            state[node] = 1;
            let next = wires.iter().enumerate().filter(|(_, (from, _))| *from == node).nth(skip);
            match next {
                Some((wire, (_, to))) => {
                    stack.push((node, skip + 1));
                    match state[*to] {
                        0 => stack.push((*to, 0)),
                        1 => back.push(wire),
                        _ => {}
                    }
                }
                None => {
                    state[node] = 2;
                    order.push(node);
                }
            }
        }
    }
    let mut columns = vec![0; count];
    for node in order.into_iter().rev() {
        for (_, (_, to)) in wires.iter().enumerate().filter(|(wire, (from, _))| *from == node && !back.contains(wire)) {
            columns[*to] = columns[*to].max(columns[node] + 1);
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_follow_the_longest_way_and_bear_loops() {
        assert_eq!(columns(4, &[(0, 1), (1, 2), (0, 2), (2, 3)]), [0, 1, 2, 3]);
        assert_eq!(columns(3, &[(0, 1), (1, 2), (2, 0)]), [0, 1, 2]);
        assert_eq!(columns(2, &[]), [0, 0]);
    }
}
