//! How the panels look: the same colours as the canvas, quiet, so that only signal is bright.

use egui::epaint::{CornerRadius, Margin, Shadow};
use egui::style::{NumericColorSpace, WidgetVisuals};
use egui::{Color32, Context, FontData, FontDefinitions, FontFamily, FontId, Stroke, Style, TextStyle, Vec2, Visuals};
use patchlight_core::{Family, SignalKind};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::sync::Arc;

/// How everything looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Look {
    /// Quiet, so that only signal is bright.
    #[default]
    Dark,
    /// For bright rooms.
    Light,
    /// Black and white, with strong edges.
    HighContrast,
}

impl Look {
    /// All, in the order in which a key goes through them.
    pub const ALL: [Self; 3] = [Self::Dark, Self::Light, Self::HighContrast];

    #[must_use]
    pub fn next(self) -> Self {
        let place = Self::ALL.iter().position(|look| *look == self).unwrap_or(0);
        Self::ALL[(place + 1) % Self::ALL.len()]
    }

    /// `dark`, `light` or `high-contrast`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().zip(["dark", "light", "high-contrast"]).find(|(_, own)| *own == name).map(|(look, _)| look)
    }
}

struct Colors {
    background: u32,
    chrome: u32,
    edge: u32,
    well: u32,
    well_edge: u32,
    chip: u32,
    track: u32,
    text: u32,
    text_soft: u32,
    dim: u32,
    accent: u32,
    good: u32,
    warn: u32,
    clip: u32,
    /// Windows, rows of tables, buttons under the pointer with their edge, and pressed ones.
    window: u32,
    faint: u32,
    hovered: u32,
    hovered_edge: u32,
    active: u32,
    strong: u32,
}

const DARK: Colors = Colors {
    background: 0x0d_1015,
    chrome: 0x11_151c,
    edge: 0x2a_323f,
    well: 0x0b_0e13,
    well_edge: 0x1f_2630,
    chip: 0x1b_222c,
    track: 0x24_2c37,
    text: 0xdf_e6ef,
    text_soft: 0xb9_c4d2,
    dim: 0x7d_8a9c,
    accent: 0x8a_b4ff,
    good: 0x7e_e787,
    warn: 0xff_b454,
    clip: 0xff_5a5a,
    window: 0x16_1b23,
    faint: 0x14_1920,
    hovered: 0x22_2b37,
    hovered_edge: 0x3b_4657,
    active: 0x2b_3645,
    strong: 0xff_ffff,
};

const LIGHT: Colors = Colors {
    background: 0xee_f1f5,
    chrome: 0xfa_fbfc,
    edge: 0xc3_ccd8,
    well: 0xff_ffff,
    well_edge: 0xd0_d7e0,
    chip: 0xe6_eaf0,
    track: 0xd3_dae3,
    text: 0x17_1e29,
    text_soft: 0x36_4252,
    dim: 0x5b_687b,
    accent: 0x22_5fd0,
    good: 0x15_803d,
    warn: 0xa8_5a00,
    clip: 0xcf_2222,
    window: 0xff_ffff,
    faint: 0xf1_f4f7,
    hovered: 0xdb_e2ea,
    hovered_edge: 0x9a_a7b8,
    active: 0xcc_d8ea,
    strong: 0x00_0000,
};

const HIGH_CONTRAST: Colors = Colors {
    background: 0x00_0000,
    chrome: 0x00_0000,
    edge: 0xc8_c8c8,
    well: 0x00_0000,
    well_edge: 0xa0_a0a0,
    chip: 0x1c_1c1c,
    track: 0x4a_4a4a,
    text: 0xff_ffff,
    text_soft: 0xff_ffff,
    dim: 0xd6_d6d6,
    accent: 0xff_e83d,
    good: 0x5c_ff7a,
    warn: 0xff_c43d,
    clip: 0xff_6b6b,
    window: 0x0a_0a0a,
    faint: 0x14_1414,
    hovered: 0x33_3333,
    hovered_edge: 0xff_ffff,
    active: 0x4d_4d00,
    strong: 0xff_ffff,
};

thread_local! {
    /// The look of the context that was given one last. Panels are drawn by one thread, and tests by one each.
    static LOOK: Cell<Look> = const { Cell::new(Look::Dark) };
}

fn colors() -> &'static Colors {
    match LOOK.get() {
        Look::Dark => &DARK,
        Look::Light => &LIGHT,
        Look::HighContrast => &HIGH_CONTRAST,
    }
}

macro_rules! color {
    ($($(#[$about:meta])* $name:ident)*) => {
        $($(#[$about])* #[must_use] pub fn $name() -> Color32 { hex(colors().$name) })*
    };
}

color! {
    background
    /// Bars and side panels.
    chrome
    edge
    /// Wells: text boxes, meters, faces.
    well
    well_edge
    /// Buttons.
    chip
    /// The unlit part of a bar.
    track
    text
    text_soft
    dim
    accent
    good
    warn
    clip
}

/// A colour made for the dark, on the ground that there is.
fn on_ground(color: Color32) -> Color32 {
    match LOOK.get() {
        Look::Dark => color,
        Look::Light => color.lerp_to_gamma(Color32::BLACK, 0.48),
        Look::HighContrast => color.lerp_to_gamma(Color32::WHITE, 0.2),
    }
}

const ROUND: CornerRadius = CornerRadius::same(7);

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// The colour of a family of modules.
#[must_use]
pub fn family(family: Family) -> Color32 {
    on_ground(hex(match family {
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
    }))
}

/// The colour of a kind of signal.
#[must_use]
pub fn signal(kind: SignalKind) -> Color32 {
    on_ground(hex(match kind {
        SignalKind::Audio => 0x8f_d3ff,
        SignalKind::Control => 0x9f_f0a8,
        SignalKind::Pitch => 0xf2_d45c,
        SignalKind::Gate => 0xff_9d6c,
    }))
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
pub fn level(level_db: f32) -> Color32 {
    match level_db {
        l if l > -0.5 => clip(),
        l if l > -6.0 => warn(),
        _ => good(),
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

/// Gives a context the fonts and the style of a look; call it again for another. Fonts count from the next frame on, and text in a font that is not there
/// panics: draw no panel in the frame that calls this, unless it was called before that frame began.
pub fn apply(ctx: &Context, look: Look) {
    LOOK.set(look);
    ctx.set_fonts(fonts());
    ctx.set_theme(if look == Look::Light { egui::Theme::Light } else { egui::Theme::Dark });
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
    let colors = colors();
    let mut visuals = if LOOK.get() == Look::Light { Visuals::light() } else { Visuals::dark() };
    let widget = |fill: Color32, edge: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: ROUND,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(chrome(), edge(), text());
    visuals.widgets.inactive = widget(chip(), edge(), text());
    visuals.widgets.hovered = widget(hex(colors.hovered), hex(colors.hovered_edge), hex(colors.strong));
    visuals.widgets.active = widget(hex(colors.active), accent(), hex(colors.strong));
    visuals.widgets.open = widget(hex(colors.hovered), hex(colors.hovered_edge), text());
    visuals.selection.bg_fill = accent().gamma_multiply(0.3);
    visuals.selection.stroke = Stroke::new(1.0, accent());
    visuals.hyperlink_color = accent();
    visuals.panel_fill = chrome();
    visuals.window_fill = hex(colors.window);
    visuals.window_stroke = Stroke::new(1.0, edge());
    visuals.window_corner_radius = CornerRadius::same(9);
    visuals.menu_corner_radius = ROUND;
    visuals.extreme_bg_color = well();
    visuals.text_edit_bg_color = Some(well());
    visuals.faint_bg_color = hex(colors.faint);
    visuals.code_bg_color = well();
    visuals.warn_fg_color = warn();
    visuals.error_fg_color = clip();
    visuals.weak_text_color = Some(dim());
    visuals.window_shadow = Shadow { offset: [0, 12], blur: 32, spread: 0, color: Color32::from_black_alpha(140) };
    visuals.popup_shadow = Shadow { offset: [0, 6], blur: 18, spread: 0, color: Color32::from_black_alpha(120) };
    visuals.indent_has_left_vline = false;
    visuals.numeric_color_space = NumericColorSpace::GammaByte;
    // A blinking cursor would draw the window anew while nothing happens.
    visuals.text_cursor.blink = false;
    visuals
}
