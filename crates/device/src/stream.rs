//! cpal streams.

use crate::error::DeviceError;
use crate::feed::{Feed, Lease, stereo_frame};
use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{BufferSize, Device, Error, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig};
use crossbeam_channel::Sender;
use patchlight_engine::{Renderer, Telemetry};
use ringbuf::traits::{Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use std::sync::Arc;

/// A stream that plays, and what it runs at.
pub(crate) struct OpenStream {
    pub(crate) _stream: Stream,
    pub(crate) buffer_frames: u32,
    pub(crate) channels: u16,
}

/// What is told of a stream that fails.
pub(crate) struct StreamFailure(pub(crate) String);

/// Formats in the order of preference.
const FORMATS: [SampleFormat; 5] = [SampleFormat::F32, SampleFormat::I32, SampleFormat::I16, SampleFormat::F64, SampleFormat::U16];

/// A configuration of the device at this rate: two channels and floats if it can, else the nearest.
fn choose(device: &Device, name: &str, sample_rate_hz: u32) -> Result<(StreamConfig, SampleFormat), DeviceError> {
    let open = |error: Error| DeviceError::Open { name: name.to_owned(), why: error.to_string() };
    let ranges: Vec<_> = device.supported_output_configs().map_err(open)?.collect();
    let fits = ranges.iter().filter(|range| (range.min_sample_rate()..=range.max_sample_rate()).contains(&sample_rate_hz));
    let rank = |format: SampleFormat| FORMATS.iter().position(|known| *known == format);
    let best = fits
        .filter_map(|range| Some((rank(range.sample_format())?, range)))
        .min_by_key(|(rank, range)| (range.channels().abs_diff(2), *rank));
    let (_, range) = best.ok_or_else(|| DeviceError::Rate { name: name.to_owned(), sample_rate_hz })?;
    Ok((StreamConfig { channels: range.channels(), sample_rate: sample_rate_hz, buffer_size: BufferSize::Default }, range.sample_format()))
}

/// Opens and starts an output. The renderer comes back through `back` when the stream is dropped or cannot be opened.
pub(crate) fn open_output(
    device: &Device,
    name: &str,
    buffer_frames: u32,
    renderer: Renderer,
    input: Option<HeapCons<[f32; 2]>>,
    back: Sender<Renderer>,
    failed: Sender<StreamFailure>,
) -> Result<OpenStream, DeviceError> {
    let sample_rate_hz = renderer.sample_rate_hz() as u32;
    let telemetry = Arc::clone(renderer.telemetry());
    let lease = Lease::new(renderer, back);
    let (mut config, format) = choose(device, name, sample_rate_hz)?;
    // A fixed buffer: left to themselves some sound servers take two seconds ahead.
    config.buffer_size = BufferSize::Fixed(buffer_frames);
    let feed = Feed::new(lease, usize::from(config.channels), input);
    let stream = match format {
        SampleFormat::F32 => build::<f32>(device, config, feed, telemetry, failed),
        SampleFormat::I32 => build::<i32>(device, config, feed, telemetry, failed),
        SampleFormat::I16 => build::<i16>(device, config, feed, telemetry, failed),
        SampleFormat::F64 => build::<f64>(device, config, feed, telemetry, failed),
        _ => build::<u16>(device, config, feed, telemetry, failed),
    };
    let open = |error: Error| DeviceError::Open { name: name.to_owned(), why: error.to_string() };
    let stream = stream.map_err(open)?;
    stream.play().map_err(open)?;
    let buffer_frames = stream.buffer_size().unwrap_or(buffer_frames);
    Ok(OpenStream { _stream: stream, buffer_frames, channels: config.channels })
}

fn build<T: SizedSample + FromSample<f32>>(
    device: &Device,
    config: StreamConfig,
    mut feed: Feed,
    telemetry: Arc<Telemetry>,
    failed: Sender<StreamFailure>,
) -> Result<Stream, Error> {
    let on_error = move |error: Error| report(&error, &telemetry, &failed);
    device.build_output_stream(config, move |data: &mut [T], _| feed.fill(data), on_error, None)
}

/// Counts what passes; tells the supervisor of what does not.
fn report(error: &Error, telemetry: &Telemetry, failed: &Sender<StreamFailure>) {
    match error.kind() {
        ErrorKind::Xrun => telemetry.count_xrun(),
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        // A full queue means that the supervisor already knows.
        _ => drop(failed.try_send(StreamFailure(error.to_string()))),
    }
}

/// Opens and starts an input of the same rate; its frames go into a ring of half a second.
pub(crate) fn open_input(
    device: &Device,
    name: &str,
    sample_rate_hz: u32,
    failed: Sender<StreamFailure>,
) -> Result<(Stream, HeapCons<[f32; 2]>), DeviceError> {
    let open = |error: Error| DeviceError::Open { name: name.to_owned(), why: error.to_string() };
    let default = device.default_input_config().map_err(open)?;
    let config = StreamConfig { channels: default.channels(), sample_rate: sample_rate_hz, buffer_size: BufferSize::Default };
    let (producer, consumer) = HeapRb::new(sample_rate_hz as usize / 2).split();
    let stream = match default.sample_format() {
        SampleFormat::I16 => build_input::<i16>(device, config, producer, failed),
        SampleFormat::I32 => build_input::<i32>(device, config, producer, failed),
        _ => build_input::<f32>(device, config, producer, failed),
    };
    let stream = stream.map_err(open)?;
    stream.play().map_err(open)?;
    Ok((stream, consumer))
}

fn build_input<T: SizedSample>(
    device: &Device,
    config: StreamConfig,
    mut producer: HeapProd<[f32; 2]>,
    failed: Sender<StreamFailure>,
) -> Result<Stream, Error>
where
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels).max(1);
    let on_error = move |error: Error| {
        if !matches!(error.kind(), ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied) {
            drop(failed.try_send(StreamFailure(error.to_string())));
        }
    };
    let take = move |data: &[T], _: &_| {
        for frame in data.chunks_exact(channels) {
            // A full ring drops the newest: the output has stopped taking, and will skip to now when it goes on.
            if producer.try_push(stereo_frame(frame)).is_err() {
                break;
            }
        }
    };
    device.build_input_stream(config, take, on_error, None)
}
