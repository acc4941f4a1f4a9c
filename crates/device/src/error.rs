//! What can go wrong with devices, and what to do.

/// Why a device could not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("no sound device called \"{name}\": run `patchlight devices` for those that there are ({available})")]
    Unknown { name: String, available: String },
    #[error("no sound device was found; plug one in, or start a sound server")]
    NoDevice,
    #[error("{name} cannot be opened: {why}")]
    Open { name: String, why: String },
    #[error("{name} does not run at {sample_rate_hz} Hz, the rate of this session; choose it and start again")]
    Rate { name: String, sample_rate_hz: u32 },
}
