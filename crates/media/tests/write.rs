//! Files appear whole or not at all, and equal sound gives equal bytes.

use patchlight_media::{PartFile, WavFormat, WavWriter, decode_file, write_wav};
use std::fs;
use std::io::Write;
use std::path::Path;

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn ramp(frames: usize) -> Vec<Vec<f32>> {
    vec![(0..frames).map(|n| n as f32 / frames as f32 - 0.5).collect(), vec![0.25; frames]]
}

#[test]
fn blocks_add_up_to_the_same_file_as_one_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = ramp(1_000);
    for format in [WavFormat::Int16, WavFormat::Int24, WavFormat::Float32] {
        let (whole, blocks) = (folder.path().join("whole.wav"), folder.path().join("blocks.wav"));
        write_wav(&whole, 48_000, format, &rows).expect("a disk");
        let mut writer = WavWriter::create(&blocks, 48_000, format, 2).expect("a disk");
        for start in (0..1_000).step_by(64) {
            let end = (start + 64).min(1_000);
            writer.write(&[&rows[0][start..end], &rows[1][start..end]]).expect("a disk");
        }
        writer.finish().expect("a disk");
        assert_eq!(fs::read(&whole).expect("a file"), fs::read(&blocks).expect("a file"), "{format:?}");
    }
}

#[test]
fn the_target_is_untouched_until_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("song.wav");
    fs::write(&path, b"what was there").expect("a disk");

    let mut writer = WavWriter::create(&path, 48_000, WavFormat::Int16, 2).expect("a disk");
    writer.write(&ramp(100_000)).expect("a disk");
    assert_eq!(fs::read(&path).expect("a file"), b"what was there");
    assert_eq!(names_in(folder.path()).len(), 2, "a part lies beside it");
    drop(writer);
    assert_eq!(names_in(folder.path()), ["song.wav"], "given up: the part is gone");
    assert_eq!(fs::read(&path).expect("a file"), b"what was there");

    write_wav(&path, 48_000, WavFormat::Int16, &ramp(100)).expect("a disk");
    assert_eq!(decode_file(&path).expect("a WAV").frames(), 100);
    assert_eq!(names_in(folder.path()), ["song.wav"]);
}

#[test]
fn another_reader_finds_what_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("song.wav");
    for channels in [1, 2, 3] {
        // An odd number of bytes at 24 bits in one channel: the file is padded.
        let rows: Vec<Vec<f32>> =
            (0..channels).map(|channel| (0..4_999).map(|n| ((n * (channel + 1)) as f32 * 0.01).sin()).collect()).collect();
        for format in [WavFormat::Int16, WavFormat::Int24, WavFormat::Float32] {
            write_wav(&path, 44_100, format, &rows).expect("a disk");
            let bytes = fs::read(&path).expect("a file");
            let riff_bytes = u32::from_le_bytes(bytes[4..8].try_into().expect("four bytes"));
            assert_eq!((riff_bytes as usize + 8, bytes.len() % 2), (bytes.len(), 0), "{channels} channels, {format:?}");
            let mut reader = hound::WavReader::open(&path).expect("a WAV");
            let spec = reader.spec();
            assert_eq!((usize::from(spec.channels), spec.sample_rate, spec.bits_per_sample), (channels, 44_100, format.bits()));
            let full_scale = 2.0_f32.powi(i32::from(format.bits()) - 1);
            let samples: Vec<f32> = match spec.sample_format {
                hound::SampleFormat::Float => reader.samples::<f32>().map(|sample| sample.expect("a sample")).collect(),
                hound::SampleFormat::Int => reader.samples::<i32>().map(|sample| sample.expect("a sample") as f32 / full_scale).collect(),
            };
            assert_eq!(samples.len(), 4_999 * channels);
            for (index, sample) in samples.iter().enumerate() {
                let expected = rows[index % channels][index / channels];
                let allowed = if format == WavFormat::Float32 { 0.0 } else { 1.51 / full_scale };
                assert!((sample - expected).abs() <= allowed, "{format:?}, sample {index}: {sample} for {expected}");
            }
        }
    }
}

#[test]
fn what_is_no_number_is_written_as_silence() {
    let folder = tempfile::tempdir().expect("a folder");
    for format in [WavFormat::Int16, WavFormat::Int24, WavFormat::Float32] {
        let path = folder.path().join("nan.wav");
        write_wav(&path, 48_000, format, &[[0.5, f32::NAN, f32::NEG_INFINITY]]).expect("a disk");
        let clip = decode_file(&path).expect("a WAV");
        assert!(clip.warnings.is_empty());
        assert_eq!(clip.channels[0][1..], [0.0, 0.0], "{format:?}");
    }
}

#[test]
fn wrong_targets_and_wrong_blocks_are_refused_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let song = folder.path().join("song.wav");
    let create = |path: &Path, rate_hz, channels| WavWriter::create(path, rate_hz, WavFormat::Int16, channels).map(drop);
    let cases = [
        (create(folder.path(), 48_000, 2), "is a folder"),
        (create(&folder.path().join("none/song.wav"), 48_000, 2), "does not exist: create it"),
        (create(Path::new("/dev/null"), 48_000, 2), "is not an ordinary file"),
        (create(&song, 0, 2), "a sample rate of 0 Hz"),
        (create(&song, 48_000, 0), "0 channels"),
        (write_wav(&song, 48_000, WavFormat::Int16, &[vec![0.0; 3], vec![0.0; 4]]), "equally long"),
    ];
    for (result, wanted) in cases {
        let line = result.expect_err("a wrong target").to_string();
        assert!(line.contains(wanted), "{line}");
    }
    assert!(names_in(folder.path()).is_empty(), "nothing is left behind");
}

#[test]
fn a_wav_that_would_pass_its_own_lengths_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("endless.wav");
    // 1024 rows that share one buffer: 64 MB of samples stand for 4 GiB, which are refused before a byte is written.
    let silence = vec![0.0_f32; 1 << 20];
    let rows: Vec<&[f32]> = vec![&silence; 1024];
    let mut writer = WavWriter::create(&path, 48_000, WavFormat::Float32, 1024).expect("a disk");
    let line = writer.write(&rows).expect_err("4 GiB").to_string();
    assert!(line.contains("ends at 4 GiB"), "{line}");
    drop(writer);
    assert!(names_in(folder.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let (real, link) = (folder.path().join("real.txt"), folder.path().join("link.txt"));
    fs::write(&real, b"old").expect("a disk");
    std::os::unix::fs::symlink(&real, &link).expect("a link");
    let mut file = PartFile::create(&link).expect("a disk");
    file.write_all(b"new").expect("a disk");
    file.finish().expect("a disk");
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(fs::read(&real).expect("a file"), b"new");
}
