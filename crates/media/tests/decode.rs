//! What is decoded is the sound that was stored, in every format; what is cut short is loaded as far as it goes.

use patchlight_media::{AudioClip, MediaError, WavFormat, decode_file, write_wav};
use std::f64::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};

const RATE_HZ: u32 = 44_100;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The tone of the fixtures: 440 Hz at −6 dBFS left, 660 Hz at −12 dBFS right.
fn tone(frames: usize) -> Vec<Vec<f32>> {
    let row = |frequency_hz: f64, level: f64| {
        (0..frames).map(|n| (level * (TAU * frequency_hz * n as f64 / f64::from(RATE_HZ)).sin()) as f32).collect()
    };
    vec![row(440.0, 0.501_187), row(660.0, 0.251_189)]
}

/// Peak of one frequency in a row, by correlation over whole periods near its middle.
fn level_at(row: &[f32], frequency_hz: f64) -> f64 {
    let period = f64::from(RATE_HZ) / 20.0; // both tones have whole periods in a twentieth of a second
    let window = &row[row.len() / 4..row.len() / 4 + (4.0 * period) as usize];
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in window.iter().enumerate() {
        let angle = TAU * frequency_hz * n as f64 / f64::from(RATE_HZ);
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * re.hypot(im) / window.len() as f64
}

fn assert_is_the_tone(clip: &AudioClip) {
    let tolerance = 0.005;
    assert_eq!((clip.sample_rate_hz, clip.channels.len()), (RATE_HZ, 2));
    for (row, frequency_hz, other_hz, level) in [(0, 440.0, 660.0, 0.501_187), (1, 660.0, 440.0, 0.251_189)] {
        let found = level_at(&clip.channels[row], frequency_hz);
        assert!((found - level).abs() < tolerance, "{frequency_hz} Hz: {found}, not {level}");
        let leaked = level_at(&clip.channels[row], other_hz);
        assert!(leaked < tolerance, "{other_hz} Hz leaks: {leaked}");
    }
}

fn largest_error(clip: &AudioClip, right: &[Vec<f32>]) -> f32 {
    assert_eq!(clip.channels.len(), right.len());
    let mut largest = 0.0_f32;
    for (row, right) in clip.channels.iter().zip(right) {
        assert_eq!(row.len(), right.len());
        largest = row.iter().zip(right).map(|(a, b)| (a - b).abs()).fold(largest, f32::max);
    }
    largest
}

#[test]
fn flac_is_exact() {
    let clip = decode_file(fixture("tone.flac")).expect("a fixture");
    assert!(clip.warnings.is_empty(), "{:?}", clip.warnings);
    assert!(largest_error(&clip, &tone(22_050)) <= 1.0 / 32_768.0);
}

#[test]
fn ogg_and_mp3_are_the_same_sound() {
    for (name, frames) in [("tone.ogg", 88_200), ("tone.mp3", 22_050)] {
        let clip = decode_file(fixture(name)).expect("a fixture");
        assert!(clip.warnings.is_empty(), "{name}: {:?}", clip.warnings);
        assert_is_the_tone(&clip);
        assert_eq!(clip.frames(), frames, "{name}: what the encoder added is cut off");
    }
}

#[test]
fn the_name_of_a_file_does_not_matter() {
    let folder = tempfile::tempdir().expect("a folder");
    let misnamed = folder.path().join("tone.wav");
    fs::copy(fixture("tone.ogg"), &misnamed).expect("a copy");
    assert_is_the_tone(&decode_file(misnamed).expect("vorbis"));
}

#[test]
fn wav_of_every_width_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let right = tone(5_000);
    for (format, step) in [(WavFormat::Int16, 1.0 / 32_768.0), (WavFormat::Int24, 1.0 / 8_388_608.0), (WavFormat::Float32, 0.0)] {
        let path = folder.path().join(format!("{}.wav", format.bits()));
        write_wav(&path, RATE_HZ, format, &right).expect("a disk");
        let clip = decode_file(&path).expect("what was written");
        assert!(clip.warnings.is_empty());
        let error = largest_error(&clip, &right);
        assert!(error <= 1.5 * step, "{format:?}: {error}");
    }
}

#[test]
fn wav_of_8_and_32_bit_integers_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for (bits, half) in [(8, 64_i32), (32, 1 << 30)] {
        let path = folder.path().join(format!("{bits}.wav"));
        let spec = hound::WavSpec { channels: 1, sample_rate: 8_000, bits_per_sample: bits, sample_format: hound::SampleFormat::Int };
        let mut writer = hound::WavWriter::create(&path, spec).expect("a disk");
        for sample in [0, half, -half] {
            writer.write_sample(sample).expect("a disk");
        }
        writer.finalize().expect("a disk");
        assert_eq!(decode_file(&path).expect("a WAV").channels, [[0.0, 0.5, -0.5]]);
    }
}

/// 80-bit extended floating point, as AIFF writes its sample rate: the exponent of 44100 is 15.
fn extended(rate_hz: u32) -> [u8; 10] {
    let shift = rate_hz.leading_zeros();
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&((16_383 + 31 - shift) as u16).to_be_bytes());
    bytes[2..6].copy_from_slice(&(rate_hz << shift).to_be_bytes());
    bytes
}

fn aiff(rows: &[Vec<f32>]) -> Vec<u8> {
    let frames = rows[0].len();
    let mut sound = vec![0; 8];
    for frame in 0..frames {
        for row in rows {
            sound.extend(((row[frame] * 32_768.0).round() as i16).to_be_bytes());
        }
    }
    let mut bytes = b"FORM".to_vec();
    bytes.extend((4 + 26 + 8 + sound.len() as u32).to_be_bytes());
    bytes.extend(b"AIFFCOMM\0\0\0\x12");
    bytes.extend((rows.len() as u16).to_be_bytes());
    bytes.extend((frames as u32).to_be_bytes());
    bytes.extend(16_u16.to_be_bytes());
    bytes.extend(extended(RATE_HZ));
    bytes.extend(b"SSND");
    bytes.extend((sound.len() as u32).to_be_bytes());
    bytes.extend(sound);
    bytes
}

#[test]
fn aiff_is_read_and_a_cut_one_as_far_as_it_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tone.aiff");
    let right = tone(5_000);
    let bytes = aiff(&right);
    fs::write(&path, &bytes).expect("a disk");
    let clip = decode_file(&path).expect("an AIFF");
    assert!(clip.warnings.is_empty(), "{:?}", clip.warnings);
    assert!(largest_error(&clip, &right) <= 1.0 / 32_768.0);

    fs::write(&path, &bytes[..bytes.len() / 2]).expect("a disk");
    let clip = decode_file(&path).expect("half an AIFF");
    assert_eq!(clip.frames(), (bytes.len() / 2 - 54) / 4);
    assert_eq!(clip.warnings.len(), 1);
}

#[test]
fn a_cut_wav_gives_every_whole_frame_and_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut.wav");
    let right = tone(5_000);
    write_wav(&path, RATE_HZ, WavFormat::Int16, &right).expect("a disk");
    let bytes = fs::read(&path).expect("a disk");
    fs::write(&path, &bytes[..44 + 1_234 * 4 + 3]).expect("a disk");
    let clip = decode_file(&path).expect("a part of a WAV");
    assert_eq!(clip.frames(), 1_234);
    assert_eq!(clip.warnings, ["the file is cut short: loaded the 25 % that is there"]);
    let head: Vec<Vec<f32>> = right.iter().map(|row| row[..1_234].to_vec()).collect();
    assert!(largest_error(&clip, &head) <= 1.5 / 32_768.0);
}

#[test]
fn cut_compressed_files_give_what_is_there_and_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, frames) in [("tone.flac", 22_050), ("tone.ogg", 88_200), ("tone.mp3", 22_050)] {
        let bytes = fs::read(fixture(name)).expect("a fixture");
        let path = folder.path().join(name);
        fs::write(&path, &bytes[..bytes.len() * 5 / 6]).expect("a disk");
        let clip = decode_file(&path).expect("a part of a file");
        assert!((frames / 4..frames).contains(&clip.frames()), "{name}: {}", clip.frames());
        assert!(clip.warnings.len() == 1, "{name}: {:?}", clip.warnings);
    }
}

#[test]
fn samples_that_are_no_numbers_become_silence() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nan.wav");
    let spec = hound::WavSpec { channels: 1, sample_rate: 8_000, bits_per_sample: 32, sample_format: hound::SampleFormat::Float };
    let mut writer = hound::WavWriter::create(&path, spec).expect("a disk");
    for sample in [0.25, f32::NAN, f32::INFINITY, -0.25] {
        writer.write_sample(sample).expect("a disk");
    }
    writer.finalize().expect("a disk");
    let clip = decode_file(&path).expect("a WAV");
    assert_eq!(clip.channels, [[0.25, 0.0, 0.0, -0.25]]);
    assert_eq!(clip.warnings, ["2 samples are not numbers: they were set to 0"]);
}

#[test]
fn each_wrong_file_gets_its_own_clear_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("a disk");
        path
    };
    let silent = folder.path().join("silent.wav");
    write_wav(&silent, RATE_HZ, WavFormat::Int16, &[Vec::<f32>::new()]).expect("a disk");
    let cases = [
        (folder.path().join("missing.wav"), "does not exist"),
        (folder.path().to_owned(), "is a folder"),
        (put("empty.wav", b""), "is empty (0 bytes)"),
        (put("text.wav", &b"To whom it may concern. ".repeat(100)), "is not an audio file"),
        (put("header.wav", b"RIFF\x10\0\0\0WAVEfmt "), "is a broken WAV file"),
        (put("header.flac", b"fLaC\0\0\0"), "is a broken FLAC file"),
        (put("header.ogg", b"OggS\0\0\0"), "is a broken OGG file"),
        (put("header.mp3", b"ID3\x04\0\0\0\0\0\x10"), "is a broken MP3 file"),
        (silent, "without any sound"),
        (PathBuf::from("/dev/zero"), "is not an ordinary file"),
    ];
    for (path, wanted) in cases {
        let line = decode_file(&path).expect_err("a wrong file").to_string();
        assert!(line.contains(wanted) && line.contains(&path.display().to_string()), "{line}");
        assert!(!line.contains('\n') && line.contains(": "), "one line, and what to do: {line}");
    }
}

/// A row of numbers that is the same on every run (Marsaglia's xorshift).
struct Noise(u64);

impl Noise {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mutant");
    let wav = folder.path().join("tone.wav");
    write_wav(&wav, RATE_HZ, WavFormat::Int24, &tone(3_000)).expect("a disk");
    let mut seeds: Vec<Vec<u8>> = ["tone.flac", "tone.ogg", "tone.mp3"].map(|name| fs::read(fixture(name)).expect("a fixture")).into();
    seeds.push(aiff(&tone(3_000)));
    seeds.push(fs::read(&wav).expect("a disk"));
    let mut noise = Noise(0x1234_5678_9abc_def1);
    let (mut loaded, mut refused) = (0, 0);
    for seed in &seeds {
        for round in 0..400 {
            let mut bytes = seed.clone();
            // Mostly the first bytes, where the headers are.
            let reach = if round % 2 == 0 { bytes.len().min(120) } else { bytes.len() };
            for _ in 0..=noise.below(8) {
                let at = noise.below(reach);
                bytes[at] = [0, 0xff, 0x7f, noise.below(256) as u8][noise.below(4)];
            }
            if round % 5 == 0 {
                bytes.truncate(noise.below(bytes.len()).max(1));
            }
            fs::write(&path, &bytes).expect("a disk");
            match decode_file(&path) {
                Ok(clip) => {
                    loaded += 1;
                    assert!(clip.frames() > 0 && clip.sample_rate_hz > 0);
                    assert!(clip.channels.iter().all(|row| row.len() == clip.frames()));
                    assert!(clip.channels.iter().flatten().all(|sample| sample.is_finite()));
                }
                Err(MediaError::Missing { .. }) => panic!("it is there"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(loaded > 200 && refused > 200, "mutants of both fates: {loaded} loaded, {refused} refused");
}
