//! The amount of a cable, said and typed in the unit of where it ends: octaves at a cutoff, decibels at an audio input.

use patchlight_core::{Library, ModMap, ParamKind, ParamSpec, PortRef, SignalKind, Unit};
use patchlight_patch::Patch;

/// What a cable's amount means where it ends.
enum End {
    Param(&'static ParamSpec),
    Audio,
    /// A factor: at control, pitch and gate inputs, and at what does not exist.
    Factor,
}

fn end(patch: &Patch, library: &Library, to: &PortRef) -> End {
    let spec = patch.module(to.module.as_str()).and_then(|module| library.get(&module.kind));
    let param = spec.and_then(|spec| spec.param(&to.port)).map(|(_, param)| param);
    let input = spec.and_then(|spec| spec.input(&to.port)).map(|(_, port)| port.kind);
    match (param, input) {
        (Some(param), _) => End::Param(param),
        (None, Some(SignalKind::Audio)) => End::Audio,
        _ => End::Factor,
    }
}

/// What an amount does at `to`: `+0.80 oct`, `−6.0 dB`, `× 0.50`.
#[must_use]
pub fn amount_text(patch: &Patch, library: &Library, to: &PortRef, amount: f32) -> String {
    match end(patch, library, to) {
        End::Param(param) => match (param.kind, param.mod_map()) {
            (ParamKind::Number, _) | (_, ModMap::Octaves) => param.unit.format_amount(amount),
            (_, ModMap::Linear { scale }) => format!("{:+.1}", amount * scale).replace('-', "−"),
        },
        End::Audio if amount == 0.0 => "−∞ dB".to_owned(),
        End::Audio if amount < 0.0 => format!("inverted {}", Unit::Db.format(20.0 * (-amount).log10())),
        End::Audio => Unit::Db.format(20.0 * amount.log10()),
        End::Factor => format!("× {amount:.2}").replace('-', "−"),
    }
}

/// The amount that was typed for a cable that ends at `to`: in the unit of [`amount_text`], or as a factor (`x0.5`).
///
/// # Errors
/// When the text is no such number: a sentence that says what would be understood.
pub fn amount_from_text(patch: &Patch, library: &Library, to: &PortRef, typed: &str) -> Result<f32, String> {
    let end = end(patch, library, to);
    let text = typed.trim().replace('−', "-").to_lowercase();
    let parsed = match text.strip_prefix(['×', 'x']) {
        Some(factor) => factor.trim().parse().ok(),
        None => amount_in_unit(&end, &text),
    };
    parsed.filter(|amount: &f32| amount.is_finite()).ok_or_else(|| {
        let example = match end {
            End::Param(param) => amount_text_of(param),
            End::Audio => "-6 dB, or x0.5".to_owned(),
            End::Factor => "x0.5, or 50 %".to_owned(),
        };
        format!("`{typed}` is not an amount here: type something like {example}")
    })
}

fn amount_text_of(param: &ParamSpec) -> String {
    match param.kind {
        ParamKind::Number => format!("{}, or x0.5", param.unit.format_amount(0.5)),
        _ => "+1, or x0.5".to_owned(),
    }
}

fn amount_in_unit(end: &End, text: &str) -> Option<f32> {
    let (inverted, text) = text.strip_prefix("inverted").map_or((false, text), |rest| (true, rest.trim()));
    let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let suffix = suffix.trim();
    if matches!(end, End::Audio) && matches!(text, "-∞ db" | "-inf db" | "-inf" | "-∞" | "off") {
        return Some(0.0);
    }
    let number: f32 = number.parse().ok()?;
    let amount = match (end, suffix) {
        (End::Audio, "" | "db") => 10_f32.powf(number / 20.0),
        (End::Audio | End::Factor, "%") => number / 100.0,
        (End::Factor, "") => number,
        (End::Param(param), _) => match (param.mod_map(), suffix) {
            (ModMap::Octaves, "" | "oct") => number,
            (ModMap::Octaves, "st") => number / 12.0,
            (ModMap::Linear { scale }, "%") => number / 100.0 / scale,
            (ModMap::Linear { scale }, "") if param.unit == Unit::Percent => number / 100.0 / scale,
            (ModMap::Linear { scale }, suffix) if suffix.is_empty() || suffix == param.unit.symbol().trim().to_lowercase() => {
                number / scale
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(if inverted { -amount } else { amount })
}

/// How far the slider of an amount reaches, both ways.
pub(crate) fn amount_reach(patch: &Patch, library: &Library, to: &PortRef) -> f32 {
    match end(patch, library, to) {
        End::Param(param) if param.mod_map() == ModMap::Octaves => 4.0,
        End::Audio => 2.0,
        End::Param(_) | End::Factor => 1.0,
    }
}
