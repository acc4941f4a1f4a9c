//! What to give up when the processor cannot keep up: first what is only looked at, then quality, then the oldest voices. Never the sound.

/// What is given up, in this order, each with all before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strain {
    /// There is time enough.
    #[default]
    None,
    /// Meters, faces and scopes stand still.
    Views,
    /// Units that have a cheaper way take it.
    Quality,
    /// The oldest voices end, one after the other, for as long as it lasts.
    Voices,
}

/// Rendering takes so much of the time that the next hiccup will be heard.
const TOO_MUCH: f32 = 0.9;
/// So little that what was given up can come back.
const ENOUGH: f32 = 0.6;
/// How long it must have been so.
const WORSE_AFTER_SECS: f32 = 0.1;
const BETTER_AFTER_SECS: f32 = 2.0;

/// Follows the load, and decides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StrainGauge {
    strain: Strain,
    heavy_secs: f32,
    light_secs: f32,
    /// Voices that are to end, counted up.
    shed: u32,
}

impl StrainGauge {
    pub(crate) fn strain(&self) -> Strain {
        self.strain
    }

    pub(crate) fn shed(&self) -> u32 {
        self.shed
    }

    /// Takes the share of the time that rendering took, and how long that was measured over.
    pub(crate) fn report(&mut self, load: f32, secs: f32) {
        self.heavy_secs = if load > TOO_MUCH { self.heavy_secs + secs } else { 0.0 };
        self.light_secs = if load < ENOUGH { self.light_secs + secs } else { 0.0 };
        if self.heavy_secs >= WORSE_AFTER_SECS {
            self.heavy_secs = 0.0;
            self.shed += u32::from(self.strain == Strain::Voices);
            self.strain = match self.strain {
                Strain::None => Strain::Views,
                Strain::Views => Strain::Quality,
                Strain::Quality | Strain::Voices => Strain::Voices,
            };
        }
        if self.light_secs >= BETTER_AFTER_SECS {
            self.light_secs = 0.0;
            self.strain = match self.strain {
                Strain::Voices => Strain::Quality,
                Strain::Quality => Strain::Views,
                Strain::Views | Strain::None => Strain::None,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Strain, StrainGauge};

    #[test]
    fn views_go_first_then_quality_then_voices_and_all_come_back() {
        let mut gauge = StrainGauge::default();
        let report = |gauge: &mut StrainGauge, load: f32, secs: f32| {
            for _ in 0..(secs / 0.005) as usize {
                gauge.report(load, 0.005);
            }
            (gauge.strain(), gauge.shed())
        };
        assert_eq!(report(&mut gauge, 0.85, 10.0), (Strain::None, 0), "a full load is no overload");
        assert_eq!(report(&mut gauge, 1.2, 0.12), (Strain::Views, 0));
        assert_eq!(report(&mut gauge, 1.2, 0.1), (Strain::Quality, 0));
        assert_eq!(report(&mut gauge, 1.2, 0.1), (Strain::Voices, 0));
        assert_eq!(report(&mut gauge, 1.2, 0.3).0, Strain::Voices);
        assert!(gauge.shed() >= 2, "voices go one after the other");
        assert_eq!(report(&mut gauge, 0.7, 10.0).0, Strain::Voices, "while it is tight nothing comes back");
        assert_eq!(report(&mut gauge, 0.3, 6.5).0, Strain::None);
    }
}
