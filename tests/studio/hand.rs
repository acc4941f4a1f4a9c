//! Pointer and keys, through the X server like anybody's.

use crate::world::{Display, tool, wait};
use bevy::math::Vec2;
use std::time::Duration;

pub struct Hand<'a> {
    display: &'a Display,
}

impl<'a> Hand<'a> {
    /// Waits until the window is there and drawn, and gives it the keyboard.
    pub fn take(display: &'a Display) -> Self {
        let hand = Self { display };
        let window = wait("the studio's window", 120, || {
            let found = hand.ask(&["search", "--onlyvisible", "--name", "Patchlight"]);
            found.lines().last().map(str::to_owned).filter(|window| !window.is_empty())
        });
        // An empty window packs into a few thousand bytes.
        wait("the first picture", 120, || (display.picture().len() > 25_000).then_some(()));
        hand.tell(&["windowfocus", &window]);
        std::thread::sleep(Duration::from_secs(1));
        hand
    }

    fn ask(&self, words: &[&str]) -> String {
        let output = tool("xdotool", "xdotool").args(words).env("DISPLAY", &self.display.name).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn tell(&self, words: &[&str]) {
        let status = tool("xdotool", "xdotool").args(words).env("DISPLAY", &self.display.name).status().unwrap();
        assert!(status.success(), "xdotool {words:?} failed");
    }

    pub fn move_to(&self, place: Vec2) {
        self.tell(&["mousemove", &format!("{:.0}", place.x), &format!("{:.0}", place.y)]);
        std::thread::sleep(Duration::from_millis(60));
    }

    /// Takes hold at one place and lets go at another, at the pace of a hand.
    pub fn drag(&self, from: Vec2, to: Vec2) {
        const STEPS: u16 = 12;
        self.move_to(from);
        self.tell(&["mousedown", "1"]);
        std::thread::sleep(Duration::from_millis(150));
        (1..=STEPS).for_each(|step| self.move_to(from.lerp(to, f32::from(step) / f32::from(STEPS))));
        std::thread::sleep(Duration::from_millis(150));
        self.tell(&["mouseup", "1"]);
    }

    pub fn click(&self, place: Vec2) {
        self.move_to(place);
        self.tell(&["mousedown", "1"]);
        std::thread::sleep(Duration::from_millis(100));
        self.tell(&["mouseup", "1"]);
        std::thread::sleep(Duration::from_millis(200));
    }

    /// Types text, a key after the other.
    pub fn text(&self, text: &str) {
        self.tell(&["type", "--delay", "60", text]);
        std::thread::sleep(Duration::from_millis(250));
    }

    /// Such as `ctrl+s`, each key held for as long as fingers do.
    pub fn key(&self, chord: &str) {
        let keys: Vec<&str> = chord.split('+').collect();
        for key in &keys {
            self.tell(&["keydown", key]);
            std::thread::sleep(Duration::from_millis(120));
        }
        for key in keys.iter().rev() {
            self.tell(&["keyup", key]);
            std::thread::sleep(Duration::from_millis(60));
        }
    }
}
