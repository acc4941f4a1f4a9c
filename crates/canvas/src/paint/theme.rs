//! Colours, in one place: everything that draws asks the [`Theme`].

use bevy::color::{Color, Srgba};
use bevy::prelude::Resource;
use patchlight_core::{Family, SignalKind};

/// A colour with opacity, four bytes of sRGB as in CSS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ink {
    pub r: u8,
    pub g: u8,
    pub b: u8,
    /// Opacity, 255 is opaque.
    pub a: u8,
}

impl Ink {
    pub const NONE: Self = Self { r: 0, g: 0, b: 0, a: 0 };
    pub const BLACK: Self = Self::hex(0x00_0000);
    pub const WHITE: Self = Self::hex(0xff_ffff);

    /// An opaque colour from `0xRRGGBB`.
    #[must_use]
    pub const fn hex(rgb: u32) -> Self {
        Self { r: (rgb >> 16) as u8, g: (rgb >> 8) as u8, b: rgb as u8, a: 255 }
    }

    /// The same colour with its opacity multiplied by 0 to 1.
    #[must_use]
    pub fn alpha(self, opacity: f32) -> Self {
        Self { a: (f32::from(self.a) * opacity.clamp(0.0, 1.0)).round() as u8, ..self }
    }

    /// This colour at 0, `other` at 1.
    #[must_use]
    pub fn mix(self, other: Self, t: f32) -> Self {
        let t = t.clamp(0.0, 1.0);
        let lerp = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * t).round() as u8;
        Self { r: lerp(self.r, other.r), g: lerp(self.g, other.g), b: lerp(self.b, other.b), a: lerp(self.a, other.a) }
    }

    /// Nothing of it would be seen.
    #[must_use]
    pub const fn is_clear(self) -> bool {
        self.a == 0
    }

    /// Four bytes in memory order r, g, b, a, as the shaders unpack them.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        u32::from_le_bytes([self.r, self.g, self.b, self.a])
    }

    /// Perceived brightness 0 to 1, of the encoded (not linear) channels; Rec. 709 weights.
    #[must_use]
    pub fn luma(self) -> f32 {
        (0.2126 * f32::from(self.r) + 0.7152 * f32::from(self.g) + 0.0722 * f32::from(self.b)) / 255.0
    }
}

impl From<Ink> for Color {
    fn from(ink: Ink) -> Self {
        Self::Srgba(Srgba::rgba_u8(ink.r, ink.g, ink.b, ink.a))
    }
}

/// The colours of the canvas. The default is dark and quiet, and only signal is bright.
#[derive(Resource, Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    pub background: Ink,
    pub grid_dot: Ink,
    /// The body of a module.
    pub panel: Ink,
    pub panel_edge: Ink,
    pub panel_edge_selected: Ink,
    /// The well in which a face draws, and the body of labels.
    pub face: Ink,
    pub face_edge: Ink,
    /// Lines of scale inside a face.
    pub face_grid: Ink,
    /// The unlit part of a knob or of a bar.
    pub track: Ink,
    pub track_dark: Ink,
    pub text: Ink,
    pub text_soft: Ink,
    pub dim: Ink,
    /// Bars and side panels around the canvas.
    pub chrome: Ink,
    pub chip: Ink,
    pub audio: Ink,
    pub control: Ink,
    pub pitch: Ink,
    pub gate: Ink,
    /// Moving heads and dots on curves.
    pub playhead: Ink,
    pub good: Ink,
    pub warn: Ink,
    /// Clipping and not-a-number.
    pub clip: Ink,
    /// The dark line under a cable that lifts it off what it crosses.
    pub cable_shade: Ink,
    families: [Ink; Family::ALL.len()],
}

impl Theme {
    /// The colour of a family of modules.
    #[must_use]
    pub const fn family(&self, family: Family) -> Ink {
        self.families[family as usize]
    }

    /// The colour of a kind of signal.
    #[must_use]
    pub const fn signal(&self, kind: SignalKind) -> Ink {
        match kind {
            SignalKind::Audio => self.audio,
            SignalKind::Control => self.control,
            SignalKind::Pitch => self.pitch,
            SignalKind::Gate => self.gate,
        }
    }

    /// For bright rooms: dark ink on a light ground.
    #[must_use]
    pub fn light() -> Self {
        let dark = Self::default();
        let inked = |ink: Ink| ink.mix(Ink::BLACK, 0.48);
        Self {
            background: Ink::hex(0xee_f1f5),
            grid_dot: Ink::hex(0xd5_dbe4),
            panel: Ink::hex(0xfc_fdfe),
            panel_edge: Ink::hex(0xb9_c3d0),
            panel_edge_selected: Ink::hex(0x22_5fd0),
            face: Ink::hex(0xf1_f4f8),
            face_edge: Ink::hex(0xcd_d5df),
            face_grid: Ink::hex(0xdd_e3ea),
            track: Ink::hex(0xcf_d7e1),
            track_dark: Ink::hex(0xc0_cad6),
            text: Ink::hex(0x17_1e29),
            text_soft: Ink::hex(0x36_4252),
            dim: Ink::hex(0x5b_687b),
            chrome: Ink::hex(0xfa_fbfc),
            chip: Ink::hex(0xe6_eaf0),
            audio: inked(dark.audio),
            control: inked(dark.control),
            pitch: inked(dark.pitch),
            gate: inked(dark.gate),
            playhead: Ink::hex(0x10_151d),
            good: Ink::hex(0x15_803d),
            warn: Ink::hex(0xa8_5a00),
            clip: Ink::hex(0xcf_2222),
            cable_shade: Ink::hex(0xff_ffff),
            families: Family::ALL.map(|family| inked(family_ink(family))),
        }
    }

    /// Black and white with strong edges, and the signals as bright as they go.
    #[must_use]
    pub fn high_contrast() -> Self {
        let dark = Self::default();
        let bright = |ink: Ink| ink.mix(Ink::WHITE, 0.2);
        Self {
            background: Ink::BLACK,
            grid_dot: Ink::hex(0x2a_2a2a),
            panel: Ink::hex(0x0c_0c0c),
            panel_edge: Ink::hex(0xc8_c8c8),
            panel_edge_selected: Ink::hex(0xff_e83d),
            face: Ink::BLACK,
            face_edge: Ink::hex(0xa0_a0a0),
            face_grid: Ink::hex(0x3c_3c3c),
            track: Ink::hex(0x58_5858),
            track_dark: Ink::hex(0x46_4646),
            text: Ink::WHITE,
            text_soft: Ink::WHITE,
            dim: Ink::hex(0xd6_d6d6),
            chrome: Ink::BLACK,
            chip: Ink::hex(0x1c_1c1c),
            audio: bright(dark.audio),
            control: bright(dark.control),
            pitch: bright(dark.pitch),
            gate: bright(dark.gate),
            playhead: Ink::WHITE,
            good: Ink::hex(0x5c_ff7a),
            warn: Ink::hex(0xff_c43d),
            clip: Ink::hex(0xff_6b6b),
            cable_shade: Ink::BLACK,
            families: Family::ALL.map(|family| bright(family_ink(family))),
        }
    }

    /// Green, amber or red for a level: amber from −6 dB, red from −0.5 dB of full scale.
    #[must_use]
    pub fn level(&self, level_db: f32) -> Ink {
        match level_db {
            l if l > -0.5 => self.clip,
            l if l > -6.0 => self.warn,
            _ => self.good,
        }
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            background: Ink::hex(0x0d_1015),
            grid_dot: Ink::hex(0x1b_212b),
            panel: Ink::hex(0x16_1b23),
            panel_edge: Ink::hex(0x2a_323f),
            panel_edge_selected: Ink::hex(0x8a_b4ff),
            face: Ink::hex(0x0b_0e13),
            face_edge: Ink::hex(0x1f_2630),
            face_grid: Ink::hex(0x1a_212b),
            track: Ink::hex(0x2b_3340),
            track_dark: Ink::hex(0x22_2a35),
            text: Ink::hex(0xdf_e6ef),
            text_soft: Ink::hex(0xb9_c4d2),
            dim: Ink::hex(0x7d_8a9c),
            chrome: Ink::hex(0x11_151c),
            chip: Ink::hex(0x1b_222c),
            audio: Ink::hex(0x8f_d3ff),
            control: Ink::hex(0x9f_f0a8),
            pitch: Ink::hex(0xf2_d45c),
            gate: Ink::hex(0xff_9d6c),
            playhead: Ink::hex(0xff_ffff),
            good: Ink::hex(0x7e_e787),
            warn: Ink::hex(0xff_b454),
            clip: Ink::hex(0xff_5a5a),
            cable_shade: Ink::hex(0x05_070a),
            families: Family::ALL.map(family_ink),
        }
    }
}

const fn family_ink(family: Family) -> Ink {
    Ink::hex(match family {
        Family::Io => 0x9a_a7b8,
        Family::Osc => 0x5e_c8ff,
        Family::Sample => 0x6b_e0e8,
        Family::Filter => 0xff_b454,
        Family::Shape => 0xff_9466,
        Family::Env => 0xb7_8cff,
        Family::Mod => 0x7e_e787,
        Family::Math => 0xa8_b8cc,
        Family::Logic => 0xc9_b2ff,
        Family::Clock => 0xe6_c27a,
        Family::Seq => 0xf2_d45c,
        Family::Note => 0xd8_e06e,
        Family::Amp => 0xe6_edf3,
        Family::Dyn => 0xff_7b9c,
        Family::Fx => 0x4f_d6c2,
        Family::View => 0x8a_b4ff,
        Family::Play => 0xf5_9ad8,
    })
}

#[cfg(test)]
mod tests {
    use super::{Ink, Theme};
    use patchlight_core::{Family, SignalKind};
    use std::collections::HashSet;

    #[test]
    fn every_family_has_its_own_colour() {
        let theme = Theme::default();
        let inks: HashSet<Ink> = Family::ALL.into_iter().map(|family| theme.family(family)).collect();
        assert_eq!(inks.len(), Family::ALL.len());
        assert_eq!(theme.family(Family::Dyn), Ink::hex(0xff_7b9c));
    }

    #[test]
    fn text_can_be_read_on_what_it_lies_on() {
        for theme in [Theme::default(), Theme::light(), Theme::high_contrast()] {
            for ground in [theme.background, theme.panel, theme.face, theme.chrome] {
                assert!((theme.text.luma() - ground.luma()).abs() > 0.7, "text on {ground:?}");
                assert!((theme.dim.luma() - ground.luma()).abs() > 0.35, "dim text on {ground:?}");
                for kind in [SignalKind::Audio, SignalKind::Control, SignalKind::Pitch, SignalKind::Gate] {
                    assert!((theme.signal(kind).luma() - ground.luma()).abs() > 0.3, "{kind:?} on {ground:?}");
                }
            }
        }
    }

    #[test]
    fn mixing_ends_at_both_colours() {
        let (a, b) = (Ink::hex(0x10_2030), Ink::hex(0xf0_e0d0).alpha(0.5));
        assert_eq!((a.mix(b, 0.0), a.mix(b, 1.0)), (a, b));
        assert_eq!(b.a, 128);
    }
}
