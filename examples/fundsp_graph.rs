//! A patch as a unit in a fundsp graph: the starter patch runs into a reverb and a limiter of fundsp's.
//!
//! `cargo run --example fundsp_graph -- [PATCH] [OUT.wav]`

use fundsp::prelude32::{AudioUnit, U2, limiter_stereo, reverb_stereo, unit};
use patchlight::SampleLibrary;
use patchlight_compile::{Compiler, StreamSpec};
use patchlight_engine::{EngineConfig, PatchNode, Renderer, engine};
use patchlight_media::{WavFormat, WavWriter};
use patchlight_modules::LIBRARY;
use patchlight_patch::{Patch, open_patch};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const RATE_HZ: u32 = 48_000;
const SECS: usize = 10;
/// What fundsp processes at a time.
const BLOCK: usize = 64;

/// An engine that plays a patch. What is wrong with the patch is told; the rest of it sounds.
fn play(patch: &Patch, path: &Path, rate_hz: f32) -> Renderer {
    let config = EngineConfig::new(rate_hz);
    let (mut controller, renderer) = engine(config);
    let update = Compiler::new(StreamSpec::offline(rate_hz), config).update(patch, &SampleLibrary::beside(path, rate_hz as u32));
    update.diagnostics.iter().for_each(|diagnostic| eprintln!("{}: {diagnostic}", path.display()));
    update.messages.into_iter().for_each(|message| controller.send(message));
    renderer
}

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1).map(PathBuf::from);
    let path = words.next().unwrap_or_else(|| "patches/first_light.ron".into());
    let out = words.next().unwrap_or_else(|| "fundsp_graph.wav".into());
    let (patch, _) = open_patch(&path, &LIBRARY)?;

    let from = path.clone();
    let node = PatchNode::new(Arc::new(move |rate_hz| play(&patch, &from, rate_hz)));
    let mut graph = unit::<U2, U2>(Box::new(node)) >> (reverb_stereo(20.0, 3.0, 0.5) * 0.3) >> limiter_stereo(0.005, 0.1);
    graph.set_sample_rate(f64::from(RATE_HZ));
    graph.allocate();

    let mut writer = WavWriter::create(&out, RATE_HZ, WavFormat::Float32, 2)?;
    for _ in 0..SECS * RATE_HZ as usize / BLOCK {
        let frames: [(f32, f32); BLOCK] = std::array::from_fn(|_| graph.filter_stereo(0.0, 0.0));
        let (left, right): (Vec<f32>, Vec<f32>) = frames.into_iter().unzip();
        writer.write(&[left, right])?;
    }
    writer.finish()?;
    println!("{}", out.display());
    Ok(())
}
