//! Threads that render beside the audio thread.

use audio_thread_priority::promote_current_thread_to_real_time;
use patchlight_engine::Renderer;

/// More do not help: patches seldom fall into more parts that weigh the same.
const MOST_THREADS: usize = 4;

/// How many threads may render at the same time on this machine, the audio thread among them.
#[must_use]
pub fn render_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(MOST_THREADS))
}

/// Gives the renderer's helpers threads with the audio thread's priority. Where the system does not grant it they do not help: a helper that
/// is kept waiting by others would hold up the sound. The renderer then does all of it by itself.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(renderer: &mut Renderer, buffer_frames: u32) -> std::io::Result<()> {
    let rate_hz = renderer.sample_rate_hz() as u32;
    for (number, helper) in renderer.take_helpers().into_iter().enumerate() {
        std::thread::Builder::new().name(format!("audio helper {}", number + 1)).spawn(
            move || match promote_current_thread_to_real_time(buffer_frames, rate_hz) {
                Ok(_priority) => helper.run(),
                Err(why) => log::info!("one audio thread only, no real-time priority for more: {why}"),
            },
        )?;
    }
    Ok(())
}
