//! Denormal numbers are flushed to zero while the engine renders: a fading reverb must not cost more than a loud one.

/// Flushes denormals until dropped, then restores what was.
pub struct FlushDenormals {
    #[cfg(target_arch = "x86_64")]
    before: u32,
    #[cfg(target_arch = "aarch64")]
    before: u64,
}

impl FlushDenormals {
    #[must_use]
    #[inline]
    pub fn new() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let mut before = 0_u32;
            // SAFETY: reads and writes the SSE control register of this thread only; FTZ (bit 15) and DAZ (bit 6) exist
            // on every x86-64 that AVX2 code runs on, and FTZ and DAZ on all x86-64 since 2004.
            unsafe {
                std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut before, options(nostack));
                let flushing = before | 0x8040;
                std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const flushing, options(nostack));
            }
            Self { before }
        }
        #[cfg(target_arch = "aarch64")]
        {
            let before: u64;
            // SAFETY: reads and writes the floating-point control register of this thread only; bit 24 is flush-to-zero.
            unsafe {
                std::arch::asm!("mrs {}, fpcr", out(reg) before, options(nostack, nomem));
                std::arch::asm!("msr fpcr, {}", in(reg) before | (1 << 24), options(nostack, nomem));
            }
            Self { before }
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Self {}
    }
}

impl Default for FlushDenormals {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for FlushDenormals {
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: restores the value read in `new` on the same thread.
        unsafe {
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const self.before, options(nostack));
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: restores the value read in `new` on the same thread.
        unsafe {
            std::arch::asm!("msr fpcr, {}", in(reg) self.before, options(nostack, nomem));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FlushDenormals;
    use std::hint::black_box;

    #[test]
    fn denormals_vanish_only_while_the_guard_lives() {
        let tiny = black_box(f32::MIN_POSITIVE);
        {
            let _guard = FlushDenormals::new();
            assert_eq!(black_box(tiny * black_box(0.5)), 0.0);
        }
        assert!(black_box(tiny * black_box(0.5)) > 0.0);
    }
}
