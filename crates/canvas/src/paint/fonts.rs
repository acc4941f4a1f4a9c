//! The two typefaces, what their glyphs measure, and the atlas that the shader draws them from.
//!
//! Inter is for words, JetBrains Mono for numbers. All text is one line: faces and ports need no more.

use super::sdf::{EM_TEXELS, GlyphField, SPREAD_TEXELS, glyph_field};
use bevy::math::Vec2;
use bevy::prelude::Resource;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use thiserror::Error;
use ttf_parser::gpos::{PairAdjustment, PositioningSubtable};
use ttf_parser::{Face, GlyphId, Tag};

/// A typeface and weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Font {
    /// Inter: names of ports and knobs.
    Regular,
    Medium,
    /// Titles.
    SemiBold,
    /// JetBrains Mono: values.
    Mono,
    MonoMedium,
}

impl Font {
    pub const ALL: [Self; 5] = [Self::Regular, Self::Medium, Self::SemiBold, Self::Mono, Self::MonoMedium];

    const fn file(self) -> (&'static str, &'static [u8]) {
        match self {
            Self::Regular => ("Inter-Regular.otf", include_bytes!("../../../../assets/fonts/Inter-Regular.otf")),
            Self::Medium => ("Inter-Medium.otf", include_bytes!("../../../../assets/fonts/Inter-Medium.otf")),
            Self::SemiBold => ("Inter-SemiBold.otf", include_bytes!("../../../../assets/fonts/Inter-SemiBold.otf")),
            Self::Mono => ("JetBrainsMono-Regular.ttf", include_bytes!("../../../../assets/fonts/JetBrainsMono-Regular.ttf")),
            Self::MonoMedium => ("JetBrainsMono-Medium.ttf", include_bytes!("../../../../assets/fonts/JetBrainsMono-Medium.ttf")),
        }
    }

    /// Where a character is looked for that this face lacks.
    const fn stand_in(self) -> Self {
        match self {
            Self::Mono => Self::Regular,
            Self::MonoMedium => Self::Medium,
            Self::Regular | Self::Medium | Self::SemiBold => Self::Mono,
        }
    }
}

/// Beyond ASCII and Latin-1, what the canvas writes.
const EXTRA: &str = "−–—…×∞→←↑↓♯♭‹›‘’“”•≈≤≥√πΩ∆";

/// A font file that cannot be read; the files are part of the program, so this is a broken build.
#[derive(Debug, Error)]
#[error("the built-in font {file} cannot be read: {source}; restore assets/fonts and build again")]
pub struct FontError {
    file: &'static str,
    source: ttf_parser::FaceParsingError,
}

/// One glyph: lengths in em, y down from the baseline; atlas places in texels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Glyph {
    pub(super) advance: f32,
    pub(super) offset: Vec2,
    pub(super) size: Vec2,
    pub(super) atlas_min: [u16; 2],
    pub(super) atlas_size: [u16; 2],
}

#[derive(Debug)]
struct FaceGlyphs {
    glyphs: HashMap<char, Glyph>,
    /// Pairs that stand closer or wider than their advances say, in em.
    kerning: HashMap<(char, char), f32>,
    cap_height: f32,
}

/// The distance field atlas: one byte a texel.
#[derive(Debug)]
pub(super) struct Atlas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) texels: Vec<u8>,
}

/// All that is known of the typefaces. Cheap to clone.
#[derive(Resource, Clone, Debug)]
pub struct Fonts {
    faces: Arc<[FaceGlyphs]>,
    atlas: Arc<Atlas>,
}

impl Fonts {
    /// Reads the built-in files and draws the atlas, one thread a face.
    ///
    /// # Errors
    /// When a built-in file is no font.
    pub fn load() -> Result<Self, FontError> {
        let drawn: Result<Vec<DrawnFace>, FontError> = std::thread::scope(|scope| {
            let threads: Vec<_> = Font::ALL.into_iter().map(|font| scope.spawn(move || DrawnFace::draw(font))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        let mut drawn = drawn?;
        let atlas = pack(&mut drawn);
        let faces = drawn.into_iter().map(DrawnFace::finish).collect();
        Ok(Self { faces, atlas: Arc::new(atlas) })
    }

    pub(super) fn atlas(&self) -> &Atlas {
        &self.atlas
    }

    /// The glyph of a character: of this face, else of its stand-in, else a question mark.
    pub(super) fn glyph(&self, font: Font, character: char) -> &Glyph {
        let of = |font: Font, character| self.faces[font as usize].glyphs.get(&character);
        of(font, character)
            .or_else(|| of(font.stand_in(), character))
            .or_else(|| of(font, '?'))
            .expect("every built-in face has a question mark, which a test holds")
    }

    /// Whether a character can be drawn.
    #[must_use]
    pub fn has(&self, font: Font, character: char) -> bool {
        [font, font.stand_in()].iter().any(|&font| self.faces[font as usize].glyphs.contains_key(&character))
    }

    /// How much closer (below 0) or wider two characters stand, in em.
    pub(super) fn kerning(&self, font: Font, pair: (char, char)) -> f32 {
        self.faces[font as usize].kerning.get(&pair).copied().unwrap_or(0.0)
    }

    /// The width of a line of text, in units of `size`.
    #[must_use]
    pub fn width(&self, font: Font, size: f32, text: &str) -> f32 {
        self.pens(font, text).last().map_or(0.0, |(pen, character)| (pen + self.glyph(font, character).advance) * size)
    }

    /// Each character with its pen position from the start of the line, in em.
    pub(super) fn pens<'a>(&'a self, font: Font, text: &'a str) -> impl Iterator<Item = (f32, char)> + 'a {
        let mut pen = 0.0;
        let mut previous: Option<char> = None;
        text.chars().map(move |character| {
            if let Some(previous) = previous {
                pen += self.glyph(font, previous).advance + self.kerning(font, (previous, character));
            }
            previous = Some(character);
            (pen, character)
        })
    }

    /// The text, or as much of it as fits into `max_width` with an ellipsis after it.
    #[must_use]
    pub fn fit<'a>(&self, font: Font, size: f32, text: &'a str, max_width: f32) -> Cow<'a, str> {
        if self.width(font, size, text) <= max_width {
            return Cow::Borrowed(text);
        }
        let ellipsis = self.glyph(font, '…').advance;
        let mut end = 0;
        for ((pen, character), (start, _)) in self.pens(font, text).zip(text.char_indices()) {
            if (pen + self.glyph(font, character).advance + ellipsis) * size > max_width {
                break;
            }
            end = start + character.len_utf8();
        }
        Cow::Owned(format!("{}…", text[..end].trim_end()))
    }

    /// The height of capitals and figures.
    #[must_use]
    pub fn cap_height(&self, font: Font, size: f32) -> f32 {
        self.faces[font as usize].cap_height * size
    }
}

/// A face with its fields drawn and not yet packed.
struct DrawnFace {
    glyphs: Vec<(char, Glyph, GlyphField)>,
    kerning: HashMap<(char, char), f32>,
    cap_height: f32,
}

impl DrawnFace {
    fn draw(font: Font) -> Result<Self, FontError> {
        let (file, bytes) = font.file();
        let face = Face::parse(bytes, 0).map_err(|source| FontError { file, source })?;
        let em_per_unit = f32::from(face.units_per_em()).recip();
        let characters = (' '..='~').chain('\u{a0}'..='ÿ').chain(EXTRA.chars());
        let glyphs = characters
            .filter_map(|character| {
                let id = face.glyph_index(character)?;
                let advance = f32::from(face.glyph_hor_advance(id).unwrap_or(0)) * em_per_unit;
                let field = glyph_field(&face, id);
                let size = Vec2::new(field.size[0] as f32, field.size[1] as f32) / EM_TEXELS;
                Some((character, Glyph { advance, offset: field.origin / EM_TEXELS, size, ..Glyph::default() }, field))
            })
            .collect();
        let cap_height = f32::from(face.capital_height().unwrap_or(0)) * em_per_unit;
        Ok(Self { glyphs, kerning: kerning(&face, em_per_unit), cap_height })
    }

    fn finish(self) -> FaceGlyphs {
        let glyphs = self.glyphs.into_iter().map(|(character, glyph, _)| (character, glyph)).collect();
        FaceGlyphs { glyphs, kerning: self.kerning, cap_height: self.cap_height }
    }
}

/// The kerning of ASCII pairs, from the `kern` feature of the GPOS table.
fn kerning(face: &Face<'_>, em_per_unit: f32) -> HashMap<(char, char), f32> {
    let mut pairs = HashMap::new();
    let Some(gpos) = face.tables().gpos else { return pairs };
    let characters: Vec<(char, GlyphId)> = ('!'..='~').filter_map(|c| face.glyph_index(c).map(|id| (c, id))).collect();
    let mut lookups: Vec<u16> =
        gpos.features.into_iter().filter(|f| f.tag == Tag::from_bytes(b"kern")).flat_map(|f| f.lookup_indices).collect();
    lookups.sort_unstable();
    lookups.dedup();
    for lookup in lookups.into_iter().filter_map(|index| gpos.lookups.get(index)) {
        for &(left, left_id) in &characters {
            let adjustments: Vec<PairAdjustment<'_>> = lookup
                .subtables
                .into_iter::<PositioningSubtable<'_>>()
                .filter_map(|table| match table {
                    PositioningSubtable::Pair(pair) if pair.coverage().get(left_id).is_some() => Some(pair),
                    _ => None,
                })
                .collect();
            for &(right, right_id) in &characters {
                if let Some(units) = adjustments.iter().find_map(|pair| pair_advance(pair, left_id, right_id))
                    && units != 0
                {
                    pairs.entry((left, right)).or_insert(f32::from(units) * em_per_unit);
                }
            }
        }
    }
    pairs
}

/// What a subtable adds to the advance of the first of two glyphs, or `None` when it does not speak of them.
fn pair_advance(pair: &PairAdjustment<'_>, left: GlyphId, right: GlyphId) -> Option<i16> {
    match pair {
        PairAdjustment::Format1 { coverage, sets } => Some(sets.get(coverage.get(left)?)?.get(right)?.0.x_advance),
        PairAdjustment::Format2 { classes, matrix, .. } => Some(matrix.get((classes.0.get(left), classes.1.get(right)))?.0.x_advance),
    }
}

/// Puts all fields onto shelves, tallest first, and tells every glyph its place.
fn pack(faces: &mut [DrawnFace]) -> Atlas {
    const WIDTH: usize = 2048;
    const GAP: usize = 1;
    let mut order: Vec<(usize, usize)> = (0..faces.len()).flat_map(|f| (0..faces[f].glyphs.len()).map(move |g| (f, g))).collect();
    order.sort_by_key(|&(f, g)| std::cmp::Reverse(faces[f].glyphs[g].2.size[1]));
    let (mut x, mut y, mut shelf) = (0, 0, 0);
    for &(f, g) in &order {
        let (_, glyph, field) = &mut faces[f].glyphs[g];
        let [columns, rows] = field.size;
        if x + columns > WIDTH {
            (x, y, shelf) = (0, y + shelf + GAP, 0);
        }
        shelf = shelf.max(rows);
        glyph.atlas_min = [x as u16, y as u16];
        glyph.atlas_size = [columns as u16, rows as u16];
        x += columns + GAP;
    }
    let height = (y + shelf).next_multiple_of(16).max(16);
    let mut texels = vec![0; WIDTH * height];
    for (_, glyph, field) in faces.iter().flat_map(|face| &face.glyphs) {
        let [columns, rows] = field.size;
        let [left, top] = glyph.atlas_min.map(usize::from);
        for row in 0..rows {
            let to = (top + row) * WIDTH + left;
            texels[to..to + columns].copy_from_slice(&field.texels[row * columns..(row + 1) * columns]);
        }
    }
    Atlas { width: WIDTH, height, texels }
}

/// Distance in em that the texture's 0 to 1 spans.
pub(super) const DISTANCE_RANGE_EM: f32 = 2.0 * SPREAD_TEXELS / EM_TEXELS;

#[cfg(test)]
mod tests {
    use super::{EXTRA, Font, Fonts};
    use std::sync::LazyLock;

    static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts::load().expect("the built-in fonts"));

    #[test]
    fn everything_that_the_canvas_writes_has_a_glyph() {
        for font in Font::ALL {
            for character in (' '..='~').chain("°±µ·«»äöüÄÖÜßéèñç".chars()).chain(EXTRA.chars()) {
                assert!(FONTS.has(font, character), "{font:?} lacks {character}");
            }
            assert!(!FONTS.has(font, '漢'));
        }
    }

    #[test]
    fn widths_add_up_and_scale() {
        let one = FONTS.width(Font::Mono, 10.0, "8");
        assert!((FONTS.width(Font::Mono, 10.0, "1.24 kHz") - 8.0 * one).abs() < 1e-3, "a monospaced face");
        assert!((FONTS.width(Font::Mono, 20.0, "8") - 2.0 * one).abs() < 1e-4);
        assert!((one - 6.0).abs() < 0.01, "JetBrains Mono is 0.6 em wide, not {one}");
        assert_eq!(FONTS.width(Font::Regular, 10.0, ""), 0.0);
        assert!(FONTS.width(Font::SemiBold, 12.0, "Compressor") > FONTS.width(Font::Regular, 12.0, "Compressor"));
    }

    #[test]
    fn letters_that_lean_together_are_kerned() {
        let apart = FONTS.width(Font::Regular, 100.0, "A") + FONTS.width(Font::Regular, 100.0, "V");
        let together = FONTS.width(Font::Regular, 100.0, "AV");
        assert!(together < apart - 1.0, "AV {together} against {apart}");
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis_and_fits() {
        let whole = "Sidechain Compressor";
        assert_eq!(FONTS.fit(Font::Medium, 12.0, whole, 500.0), whole);
        for max_width in [20.0, 60.0, 90.0] {
            let cut = FONTS.fit(Font::Medium, 12.0, whole, max_width);
            assert!(cut.ends_with('…') && whole.starts_with(cut.trim_end_matches('…')));
            assert!(FONTS.width(Font::Medium, 12.0, &cut) <= max_width, "{cut}");
        }
    }

    /// The atlas must say inside in the stem of an `l` and outside left of it, in the right place.
    #[test]
    fn the_atlas_holds_the_shapes() {
        let glyph = FONTS.glyph(Font::Regular, 'l');
        let atlas = FONTS.atlas();
        let [left, top] = glyph.atlas_min.map(usize::from);
        let [columns, rows] = glyph.atlas_size.map(usize::from);
        let row = &atlas.texels[(top + rows / 2) * atlas.width + left..][..columns];
        let inside = row.iter().filter(|&&t| t > 128).count() as f32;
        let stem_em = inside / super::EM_TEXELS;
        assert!((0.07..0.14).contains(&stem_em), "the stem of l is {stem_em} em wide");
        assert!(row[0] < 30 && row[columns - 1] < 30);
    }

    #[test]
    fn no_two_glyphs_share_texels() {
        let mut owner = vec![false; FONTS.atlas().width * FONTS.atlas().height];
        for face in FONTS.faces.iter() {
            for glyph in face.glyphs.values() {
                let [left, top] = glyph.atlas_min.map(usize::from);
                let [columns, rows] = glyph.atlas_size.map(usize::from);
                for row in top..top + rows {
                    let line = &mut owner[row * FONTS.atlas().width + left..][..columns];
                    assert!(line.iter().all(|&taken| !taken));
                    line.fill(true);
                }
            }
        }
    }
}
