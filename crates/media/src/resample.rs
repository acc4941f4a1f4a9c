//! Resampling of whole clips with rubato's synchronous resampler: a windowed sinc, applied by FFT.
//!
//! The ratio is kept as a fraction, so no error of interpolation and no drift exist, and the delay is a whole number of frames at
//! both rates, so that what comes out lies exactly where it lay.

use crate::clip::AudioClip;
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

/// The shortest filter, in frames of the lower of the two rates. The pass band then reaches to 98.7 % of its Nyquist frequency.
const MIN_FILTER_FRAMES: usize = 1024;

/// The clip at another sample rate: `ceil(frames × to_hz / from_hz)` frames, in time with the original to the sample.
///
/// A clip that is already at `to_hz`, is empty, or has no rate, comes back as it is, as does any clip for a `to_hz` of 0.
#[must_use]
pub fn resample(clip: &AudioClip, to_hz: u32) -> AudioClip {
    let from_hz = clip.sample_rate_hz;
    let frames = clip.frames();
    if from_hz == to_hz || from_hz == 0 || to_hz == 0 || frames == 0 {
        return clip.clone();
    }
    let frames_out = (frames as u64 * u64::from(to_hz)).div_ceil(u64::from(from_hz)) as usize;
    // One channel at a time: half the memory for stereo, and the same work.
    let channels = clip.channels.iter().map(|row| resample_row(row, from_hz as usize, to_hz as usize, frames_out)).collect();
    AudioClip { sample_rate_hz: to_hz, channels, cycle_frames: None, warnings: clip.warnings.clone() }
}

fn resample_row(row: &[f32], from_hz: usize, to_hz: usize, frames_out: usize) -> Vec<f32> {
    let divisor = greatest_common_divisor(from_hz, to_hz);
    let (step_in, step_out) = (from_hz / divisor, to_hz / divisor);
    // An even number of steps, so that half of it, the delay, is whole at both rates.
    let steps = MIN_FILTER_FRAMES.div_ceil(step_in.min(step_out)).next_multiple_of(2);
    let mut resampler = Fft::<f32>::new_custom(from_hz, to_hz, steps * step_in, 1, 1, WindowFunction::BlackmanHarris2, FixedSync::Both)
        .expect("both rates and the chunk are above zero");
    let rows = [row.to_vec()];
    let input = SequentialSliceOfVecs::new(&rows, 1, row.len()).expect("the row is as long as it says");
    let output = resampler.process_all(&input, row.len(), None).expect("the buffers fit the resampler that made them");
    let mut samples = output.take_data();
    samples.resize(frames_out, 0.0);
    samples
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::resample;
    use crate::clip::AudioClip;
    use std::f64::consts::TAU;

    fn sine(rate_hz: u32, frames: usize, frequency_hz: f64) -> AudioClip {
        let row = (0..frames).map(|n| (0.5 * (TAU * frequency_hz * n as f64 / f64::from(rate_hz)).sin()) as f32).collect();
        AudioClip::new(rate_hz, vec![row])
    }

    /// Signal over error in dB against the sine that should have come out, without the edges.
    fn snr_db(clip: &AudioClip, frequency_hz: f64) -> f64 {
        let rate_hz = f64::from(clip.sample_rate_hz);
        let (mut signal, mut error) = (0.0, 1e-30);
        let edge = clip.frames() / 4;
        for n in edge..clip.frames() - edge {
            let right = 0.5 * (TAU * frequency_hz * n as f64 / rate_hz).sin();
            signal += right * right;
            error += (f64::from(clip.channels[0][n]) - right).powi(2);
        }
        10.0 * (signal / error).log10()
    }

    #[test]
    fn sines_come_out_where_they_should_be() {
        for (from_hz, to_hz) in [(44_100, 48_000), (48_000, 44_100), (96_000, 44_100), (22_050, 48_000), (44_100, 44_101), (8_000, 192_000)]
        {
            for frequency_hz in [100.0, 997.0, 3_500.0] {
                let clip = resample(&sine(from_hz, from_hz as usize, frequency_hz), to_hz);
                let db = snr_db(&clip, frequency_hz);
                assert!(db > 100.0, "{from_hz} → {to_hz} Hz, {frequency_hz} Hz: {db:.1} dB");
            }
        }
        let db = snr_db(&resample(&sine(44_100, 44_100, 20_000.0), 48_000), 20_000.0);
        assert!(db > 100.0, "the top of what can be heard: {db:.1} dB");
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_gone() {
        let clip = resample(&sine(96_000, 96_000, 30_000.0), 44_100);
        let middle = &clip.channels[0][11_025..33_075];
        let rms = (middle.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / middle.len() as f64).sqrt();
        assert!(20.0 * rms.log10() < -110.0, "alias at {:.1} dB", 20.0 * rms.log10());
    }

    #[test]
    fn lengths_are_right_and_a_click_stays_in_its_place() {
        for (from_hz, to_hz, frames) in [(44_100, 48_000, 44_100), (48_000, 44_100, 480), (44_100, 48_000, 1), (11_025, 48_000, 50)] {
            let clip = resample(&sine(from_hz, frames, 50.0), to_hz);
            let right = (frames * to_hz as usize).div_ceil(from_hz as usize);
            assert_eq!((clip.frames(), clip.sample_rate_hz), (right, to_hz));
        }
        let mut click = AudioClip::new(48_000, vec![vec![0.0; 9600]; 2]);
        click.channels[1][4800] = 1.0;
        let clip = resample(&click, 96_000);
        let loudest = (0..clip.frames()).max_by(|a, b| clip.channels[1][*a].total_cmp(&clip.channels[1][*b]));
        assert_eq!(loudest, Some(9600));
        assert!(clip.channels[0].iter().all(|s| *s == 0.0), "channels do not mix");
    }

    #[test]
    fn nothing_to_do_changes_nothing() {
        let clip = sine(48_000, 100, 1_000.0);
        assert_eq!(resample(&clip, 48_000), clip);
        assert_eq!(resample(&clip, 0), clip);
        assert_eq!(resample(&AudioClip::default(), 48_000), AudioClip::default());
    }
}
