//! What runs on the audio thread: units, programs, the renderer and its controller.
