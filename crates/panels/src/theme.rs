//! How the panels look: the same colours as the canvas, quiet, so that only signal is bright.

use egui::epaint::{CornerRadius, Margin, Shadow};
use egui::style::{NumericColorSpace, WidgetVisuals};
use egui::{Color32, Context, FontData, FontDefinitions, FontFamily, FontId, Stroke, Style, TextStyle, Vec2, Visuals};
use patchlight_core::{Family, SignalKind};
use std::sync::Arc;

pub const BACKGROUND: Color32 = hex(0x0d_1015);
/// Bars and side panels.
pub const CHROME: Color32 = hex(0x11_151c);
pub const EDGE: Color32 = hex(0x2a_323f);
/// Wells: text boxes, meters, faces.
pub const WELL: Color32 = hex(0x0b_0e13);
pub const WELL_EDGE: Color32 = hex(0x1f_2630);
/// Buttons.
pub const CHIP: Color32 = hex(0x1b_222c);
/// The unlit part of a bar.
pub const TRACK: Color32 = hex(0x24_2c37);
pub const TEXT: Color32 = hex(0xdf_e6ef);
pub const TEXT_SOFT: Color32 = hex(0xb9_c4d2);
pub const DIM: Color32 = hex(0x7d_8a9c);
pub const ACCENT: Color32 = hex(0x8a_b4ff);
pub const GOOD: Color32 = hex(0x7e_e787);
pub const WARN: Color32 = hex(0xff_b454);
pub const CLIP: Color32 = hex(0xff_5a5a);

const ROUND: CornerRadius = CornerRadius::same(7);

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// The colour of a family of modules.
#[must_use]
pub const fn family(family: Family) -> Color32 {
    hex(match family {
        Family::Io => 0x9a_a7b8,
        Family::Osc => 0x5e_c8ff,
        Family::Sample => 0x6b_e0e8,
        Family::Filter => 0xff_b454,
        Family::Shape => 0xff_9466,
        Family::Env => 0xb7_8cff,
        Family::Mod => 0x7e_e787,
        Family::Math => 0xa8_b8cc,
        Family::Logic => 0xc9_b2ff,
        Family::Clock => 0xe6_c27a,
        Family::Seq => 0xf2_d45c,
        Family::Note => 0xd8_e06e,
        Family::Amp => 0xe6_edf3,
        Family::Dyn => 0xff_7b9c,
        Family::Fx => 0x4f_d6c2,
        Family::View => 0x8a_b4ff,
        Family::Play => 0xf5_9ad8,
    })
}

/// The colour of a kind of signal.
#[must_use]
pub const fn signal(kind: SignalKind) -> Color32 {
    hex(match kind {
        SignalKind::Audio => 0x8f_d3ff,
        SignalKind::Control => 0x9f_f0a8,
        SignalKind::Pitch => 0xf2_d45c,
        SignalKind::Gate => 0xff_9d6c,
    })
}

/// The mark of a kind of signal, so that nobody needs to see its colour.
#[must_use]
pub const fn signal_mark(kind: SignalKind) -> &'static str {
    use egui_phosphor::regular::{CIRCLE, DIAMOND, SQUARE, TRIANGLE};
    match kind {
        SignalKind::Audio => CIRCLE,
        SignalKind::Control => DIAMOND,
        SignalKind::Pitch => TRIANGLE,
        SignalKind::Gate => SQUARE,
    }
}

/// Green, amber or red for a level: amber from −6 dB, red from −0.5 dB of full scale.
#[must_use]
pub const fn level(level_db: f32) -> Color32 {
    match level_db {
        l if l > -0.5 => CLIP,
        l if l > -6.0 => WARN,
        _ => GOOD,
    }
}

/// Inter at a size; for running text.
#[must_use]
pub const fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Inter Medium; for what can be pressed, and names.
#[must_use]
pub fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("medium".into()))
}

/// Inter SemiBold; for headings.
#[must_use]
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name("semibold".into()))
}

/// JetBrains Mono; for numbers and ids.
#[must_use]
pub const fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// Gives a context the fonts and the style. Call it once. Fonts count from the next frame on, and text in a font that is not there
/// panics: draw no panel in the frame that calls this, unless it was called before that frame began.
pub fn apply(ctx: &Context) {
    ctx.set_fonts(fonts());
    ctx.set_theme(egui::Theme::Dark);
    ctx.all_styles_mut(restyle);
}

/// Inter and JetBrains Mono, with the icons behind them.
#[must_use]
pub fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let mut add = |name: &str, bytes: &'static [u8]| {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    };
    add("inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf"));
    add("inter-medium", include_bytes!("../../../assets/fonts/Inter-Medium.otf"));
    add("inter-semibold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"));
    add("jetbrains-mono", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"));
    add("phosphor", egui_phosphor::Variant::Regular.font_bytes());
    let mut family = |family: FontFamily, first: &str| {
        let names = [first, "inter", "phosphor"].map(str::to_owned).to_vec();
        fonts.families.insert(family, names);
    };
    family(FontFamily::Proportional, "inter");
    family(FontFamily::Monospace, "jetbrains-mono");
    family(FontFamily::Name("medium".into()), "inter-medium");
    family(FontFamily::Name("semibold".into()), "inter-semibold");
    fonts
}

fn restyle(style: &mut Style) {
    style.text_styles = [
        (TextStyle::Heading, semibold(15.0)),
        (TextStyle::Body, regular(12.0)),
        (TextStyle::Button, medium(12.0)),
        (TextStyle::Small, regular(10.5)),
        (TextStyle::Monospace, mono(11.0)),
    ]
    .into();
    style.drag_value_text_style = TextStyle::Monospace;
    style.visuals = visuals();
    style.animation_time = 0.1;
    style.explanation_tooltips = false;
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(8.0, 6.0);
    spacing.button_padding = Vec2::new(8.0, 5.0);
    spacing.menu_margin = Margin::same(8);
    spacing.window_margin = Margin::same(16);
    spacing.interact_size = Vec2::new(26.0, 24.0);
    spacing.combo_width = 120.0;
    spacing.tooltip_width = 320.0;
    spacing.icon_width = 13.0;
    spacing.scroll.floating = true;
    spacing.scroll.bar_width = 6.0;
}

fn visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    let widget = |fill: Color32, edge: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: ROUND,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(CHROME, EDGE, TEXT);
    visuals.widgets.inactive = widget(CHIP, EDGE, TEXT);
    visuals.widgets.hovered = widget(hex(0x22_2b37), hex(0x3b_4657), Color32::WHITE);
    visuals.widgets.active = widget(hex(0x2b_3645), ACCENT, Color32::WHITE);
    visuals.widgets.open = widget(hex(0x22_2b37), hex(0x3b_4657), TEXT);
    visuals.selection.bg_fill = ACCENT.gamma_multiply(0.3);
    visuals.selection.stroke = Stroke::new(1.0, ACCENT);
    visuals.hyperlink_color = ACCENT;
    visuals.panel_fill = CHROME;
    visuals.window_fill = hex(0x16_1b23);
    visuals.window_stroke = Stroke::new(1.0, EDGE);
    visuals.window_corner_radius = CornerRadius::same(9);
    visuals.menu_corner_radius = ROUND;
    visuals.extreme_bg_color = WELL;
    visuals.text_edit_bg_color = Some(WELL);
    visuals.faint_bg_color = hex(0x14_1920);
    visuals.code_bg_color = WELL;
    visuals.warn_fg_color = WARN;
    visuals.error_fg_color = CLIP;
    visuals.weak_text_color = Some(DIM);
    visuals.window_shadow = Shadow { offset: [0, 12], blur: 32, spread: 0, color: Color32::from_black_alpha(140) };
    visuals.popup_shadow = Shadow { offset: [0, 6], blur: 18, spread: 0, color: Color32::from_black_alpha(120) };
    visuals.indent_has_left_vline = false;
    visuals.numeric_color_space = NumericColorSpace::GammaByte;
    // A blinking cursor would draw the window anew while nothing happens.
    visuals.text_cursor.blink = false;
    visuals
}
