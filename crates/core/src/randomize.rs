//! Settings by chance that are worth hearing: values stay where music is made, and what would only be louder or slower is left alone.

use crate::spec::{ParamKind, ParamSpec};
use crate::unit::Unit;

/// The range that chance may choose from, or nothing for what it should leave alone: levels, the number of voices, how carefully something is
/// computed, what is switched to silence.
#[must_use]
pub fn musical_range(param: &ParamSpec) -> Option<[f32; 2]> {
    const LEFT_ALONE: [&str; 14] = [
        "level",
        "output",
        "makeup",
        "ceiling",
        "oversampling",
        "quality",
        "mute",
        "solo",
        "channel",
        "voices",
        "dc_block",
        "start",
        "dither",
        "fine",
    ];
    let id = param.id;
    if param.structural || LEFT_ALONE.iter().any(|word| id == *word || id.starts_with(&format!("{word}_"))) {
        return None;
    }
    let within = |low: f32, high: f32| Some([low.max(param.min), high.min(param.max)]).filter(|[low, high]| low < high);
    match (param.kind, param.unit) {
        (ParamKind::Choice(_) | ParamKind::Toggle, _) => Some([param.min, param.max]),
        // Rates of modulation reach far down, pitches and cutoffs are heard.
        (_, Unit::Hz) if param.min < 10.0 && param.max <= 200.0 => within(0.05, 12.0),
        (_, Unit::Hz) => within(40.0, 12_000.0),
        (_, Unit::Secs) => within(0.001, 3.0),
        (_, Unit::Db) => within(-24.0, 24.0),
        (_, Unit::Semitones) => within(-24.0, 24.0),
        (_, Unit::Cents) => within(-30.0, 30.0),
        (_, Unit::Percent) if id == "mix" => within(0.15, 0.85),
        (_, Unit::Percent) if id == "feedback" => within(-0.8, 0.8),
        _ => Some([param.min, param.max]),
    }
}

/// A value by chance, `chance` being a number of 0 to 1 and `amount` how far it may go from what is: 0 stays, 1 is anything in the musical range.
/// What has few values keeps its own in 1 − `amount` of all cases. Semitones fall on octaves, fifths and fourths.
#[must_use]
pub fn randomized(param: &ParamSpec, value: f32, amount: f32, chance: [f32; 2]) -> f32 {
    let Some([low, high]) = musical_range(param) else { return value };
    let amount = amount.clamp(0.0, 1.0);
    match param.kind {
        ParamKind::Choice(_) | ParamKind::Toggle => {
            if chance[1] >= amount {
                return value;
            }
            param.clamp((low + chance[0] * (high - low + 1.0)).floor().min(high))
        }
        ParamKind::Number | ParamKind::Whole => {
            let [from, to] = [low, high].map(|edge| param.travel_from_value(edge));
            let now = param.travel_from_value(value);
            let wanted = from + (to - from) * chance[0];
            let moved = param.value_from_travel(now + (wanted - now) * amount);
            if param.unit == Unit::Semitones && amount > 0.0 { consonant(moved).clamp(param.min, param.max) } else { moved }
        }
    }
}

/// A number of 0 to 1 that looks like chance and is the same for the same seed (G. Steele, D. Lea, C. Flood, *Fast splittable pseudorandom number
/// generators*, 2014).
#[must_use]
pub fn chance_of(seed: u64) -> f32 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
}

/// The nearest interval that sounds well with everything.
fn consonant(semitones: f32) -> f32 {
    let octaves = (semitones / 12.0).floor() * 12.0;
    let over = semitones - octaves;
    let nearest = [0.0_f32, 5.0, 7.0, 12.0].into_iter().min_by(|a, b| (a - over).abs().total_cmp(&(b - over).abs()));
    octaves + nearest.unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::{musical_range, randomized};
    use crate::{choice, db, hz, percent, semitones};

    #[test]
    fn levels_and_care_are_left_alone() {
        for param in [db("level_db", -60.0..=12.0, 0.0), choice("oversampling", &["off", "2x"], 1), db("output_db", -36.0..=12.0, 0.0)] {
            assert_eq!(randomized(&param, param.default, 1.0, [0.9, 0.0]), param.default, "{}", param.id);
        }
    }

    #[test]
    fn no_amount_changes_nothing_and_all_of_it_spans_the_musical_range() {
        let cutoff = hz("cutoff_hz", 20.0..=20_000.0, 1_000.0);
        assert!((randomized(&cutoff, 500.0, 0.0, [0.9, 0.9]) - 500.0).abs() < 0.01);
        let [low, high] = musical_range(&cutoff).expect("a range");
        assert!((randomized(&cutoff, 500.0, 1.0, [0.0, 0.0]) / low - 1.0).abs() < 1e-4);
        assert!((randomized(&cutoff, 500.0, 1.0, [1.0, 0.0]) / high - 1.0).abs() < 1e-4);
        // Half the amount goes half the way of the knob.
        assert!((randomized(&cutoff, 40.0, 0.5, [1.0, 0.0]) / (40.0_f32 * 12_000.0).sqrt() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn choices_stay_or_become_one_of_all_and_pitches_are_consonant() {
        let mode = choice("mode", &["a", "b", "c", "d"], 0);
        assert_eq!(randomized(&mode, 1.0, 0.3, [0.99, 0.4]), 1.0);
        assert_eq!([0.0, 0.3, 0.6, 1.0].map(|chance| randomized(&mode, 1.0, 1.0, [chance, 0.0])), [0.0, 1.0, 2.0, 3.0]);
        let pitch = semitones("pitch_semitones", -60.0..=60.0, 0.0);
        for step in 0..50 {
            let value = randomized(&pitch, 0.0, 1.0, [step as f32 / 49.0, 0.0]);
            assert!([0.0, 5.0, 7.0].contains(&value.rem_euclid(12.0)) && value.abs() <= 24.0, "{value}");
        }
        assert!(randomized(&percent("mix", 0.5), 0.5, 1.0, [1.0, 0.0]) < 0.86);
    }
}
