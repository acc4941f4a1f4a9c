//! Pictures of samples and wavetables for the faces, and those of reference pages, made once for each.

use crate::cli::{pages, picture};
use patchlight_canvas::Picture;
use patchlight_engine::{Data, Sample, Wavetable};
use patchlight_panels::PageView;
use std::cell::RefCell;
use std::sync::Arc;

/// Stretches of a file.
const STRETCHES: usize = 256;

/// Pictures, and what they are of: held, so that no other data can have its place in memory.
#[derive(Default)]
pub struct Pictures(Vec<(Data, Picture)>);

impl Pictures {
    /// The picture of the first field that has one.
    pub fn of(&mut self, fields: &[Data]) -> Option<Picture> {
        let data = fields.iter().find(|data| data.sample().is_some() || data.wavetable().is_some())?;
        if let Some((_, picture)) = self.0.iter().find(|(known, _)| is_same(known, data)) {
            return Some(picture.clone());
        }
        let picture = match data {
            Data::Sample(sample) => Picture::File(peaks(sample)),
            Data::Wavetable(table) => Picture::Cycles(cycles(table)),
            _ => return None,
        };
        self.0.push((data.clone(), picture.clone()));
        Some(picture)
    }

    /// Forgets what is of none of these.
    pub fn keep<'a>(&mut self, data: impl Iterator<Item = &'a Data>) {
        let data: Vec<&Data> = data.collect();
        self.0.retain(|(known, _)| data.iter().any(|data| is_same(known, data)));
    }
}

/// The reference page that is shown: rendering its picture takes a moment, so it is kept.
#[derive(Default)]
pub struct Pages(RefCell<Option<(String, PageView)>>);

impl Pages {
    /// What the page of a kind shows.
    pub fn of(&self, kind: &str) -> Option<PageView> {
        let mut kept = self.0.borrow_mut();
        if kept.as_ref().is_none_or(|(known, _)| known != kind) {
            let entry = patchlight_modules::find(kind)?;
            let picture = picture::of(entry);
            let caption = picture.as_ref().map_or("", |picture| picture.caption);
            let lines = picture.map_or_else(Vec::new, |picture| picture.lines);
            *kept = Some((kind.to_owned(), PageView { caption, lines, figures: pages::figures(kind) }));
        }
        kept.as_ref().map(|(_, page)| page.clone())
    }
}

fn is_same(one: &Data, other: &Data) -> bool {
    match (one, other) {
        (Data::Sample(one), Data::Sample(other)) => Arc::ptr_eq(one, other),
        (Data::Wavetable(one), Data::Wavetable(other)) => Arc::ptr_eq(one, other),
        _ => false,
    }
}

fn peaks(sample: &Sample) -> Arc<[f32]> {
    let frames = sample.frames();
    let stretch =
        |index: usize| index * frames / STRETCHES..((index + 1) * frames / STRETCHES).max(index * frames / STRETCHES + 1).min(frames);
    let peak = |index: usize| sample.channels.iter().flat_map(|row| &row[stretch(index)]).fold(0.0_f32, |peak, x| peak.max(x.abs()));
    (0..STRETCHES).map(peak).collect()
}

fn cycles(table: &Wavetable) -> Arc<[f32]> {
    (0..table.cycles()).flat_map(|cycle| table.picture(cycle, Picture::POINTS)).collect()
}

#[cfg(test)]
mod tests {
    use super::Pictures;
    use patchlight_canvas::Picture;
    use patchlight_engine::{Data, Sample};
    use std::sync::Arc;

    #[test]
    fn a_file_is_its_peaks_and_is_forgotten_with_its_data() {
        let ramp = |frames: usize| (0..frames).map(|n| n as f32 / frames as f32).collect::<Vec<f32>>();
        for frames in [0, 3, 10_000] {
            let data = [Data::None, Data::Sample(Arc::new(Sample { sample_rate_hz: 48_000.0, channels: vec![ramp(frames)] }))];
            let mut pictures = Pictures::default();
            let Some(Picture::File(peaks)) = pictures.of(&data) else { panic!("a file") };
            assert!(peaks.windows(2).all(|pair| pair[0] <= pair[1]) && peaks.iter().all(|peak| (0.0..=1.0).contains(peak)));
            pictures.keep(data.iter());
            assert_eq!(pictures.0.len(), 1);
            pictures.keep(std::iter::empty());
            assert!(pictures.0.is_empty());
        }
    }
}
