//! Curves as text: points with a bend to the next, `0,0 0.3,1~0.5 1,0`.

use std::fmt;
use std::str::FromStr;

/// A point, and how the way to the next is bent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    pub x: f32,
    pub y: f32,
    /// −1 to 1: below 0 slow first and fast at the end, above 0 the other way round, 0 straight.
    pub bend: f32,
}

/// Two to [`DrawnCurve::MAX`] points from left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct DrawnCurve(Vec<CurvePoint>);

impl Default for DrawnCurve {
    /// A straight line from −1, −1 to 1, 1.
    fn default() -> Self {
        let corner = |at: f32| CurvePoint { x: at, y: at, bend: 0.0 };
        Self(vec![corner(-1.0), corner(1.0)])
    }
}

/// The `index`th word (from 1) is no point that could follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurveError {
    pub index: usize,
    pub why: String,
}

impl fmt::Display for CurveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "point {}: {}; write points from left to right, `0,0 0.3,1~0.5 1,0`, with ~ for a bend from −1 to 1",
            self.index, self.why
        )
    }
}

impl std::error::Error for CurveError {}

impl DrawnCurve {
    /// The most points.
    pub const MAX: usize = 64;

    #[must_use]
    pub fn points(&self) -> &[CurvePoint] {
        &self.0
    }

    /// The height at a place; before the first point and behind the last it stays.
    #[must_use]
    pub fn at(&self, x: f32) -> f32 {
        let points = &self.0;
        let next = points.partition_point(|point| point.x <= x);
        if next == 0 {
            return points[0].y;
        }
        let from = points[next - 1];
        let Some(to) = points.get(next) else { return from.y };
        let t = (x - from.x) / (to.x - from.x).max(1e-9);
        from.y + (to.y - from.y) * bent(t, from.bend)
    }
}

/// Drawing: each gives the curve as it is afterwards.
impl DrawnCurve {
    /// The lowest and the highest that the hand draws: 0 (or −1, of a curve that begins left of 0) to 1, and as far as points lie.
    #[must_use]
    pub fn heights(&self) -> [f32; 2] {
        let usual = [if self.0[0].x < 0.0 { -1.0 } else { 0.0 }, 1.0];
        self.0.iter().fold(usual, |[low, high], point| [low.min(point.y), high.max(point.y)])
    }

    /// From the first point to the last.
    #[must_use]
    pub fn span(&self) -> [f32; 2] {
        [self.0[0].x, self.0[self.0.len() - 1].x]
    }

    /// With a point moved, as far as its neighbours; the first and the last only go up and down.
    #[must_use]
    pub fn with_moved(&self, index: usize, x: f32, y: f32) -> Self {
        let mut points = self.0.clone();
        let [low, high] = self.heights();
        if index > 0 && index + 1 < points.len() {
            points[index].x = rounded(x).clamp(points[index - 1].x, points[index + 1].x);
        }
        if let Some(point) = points.get_mut(index) {
            point.y = rounded(y).clamp(low, high);
        }
        Self(points)
    }

    /// With one more point, and its index; `None` outside of the curve, or where it has [`DrawnCurve::MAX`] already. Both halves of the
    /// segment keep its bend.
    #[must_use]
    pub fn with_point(&self, x: f32, y: f32) -> Option<(Self, usize)> {
        let [first, last] = self.span();
        if self.0.len() >= Self::MAX || !(first..=last).contains(&x) {
            return None;
        }
        let [low, high] = self.heights();
        let index = self.0.partition_point(|point| point.x <= x).clamp(1, self.0.len() - 1);
        let mut points = self.0.clone();
        points.insert(
            index,
            CurvePoint { x: rounded(x).clamp(points[index - 1].x, points[index].x), y: rounded(y).clamp(low, high), ..points[index - 1] },
        );
        Some((Self(points), index))
    }

    /// Without a point; `None` for the first and the last, which stay.
    #[must_use]
    pub fn without(&self, index: usize) -> Option<Self> {
        if index == 0 || index + 1 >= self.0.len() {
            return None;
        }
        let mut points = self.0.clone();
        points.remove(index);
        Some(Self(points))
    }

    /// With the way from a point to the next bent, −1 to 1.
    #[must_use]
    pub fn with_bend(&self, index: usize, bend: f32) -> Self {
        let mut points = self.0.clone();
        if let Some(point) = points.get_mut(index) {
            point.bend = rounded(bend).clamp(-1.0, 1.0);
        }
        Self(points)
    }
}

/// What the hand draws is written with three decimals.
fn rounded(value: f32) -> f32 {
    (value * 1_000.0).round() / 1_000.0
}

/// From 0 to 1 along an exponential: (1 − e^(−c·t))/(1 − e^(−c)), c up to 8 either way.
fn bent(t: f32, bend: f32) -> f32 {
    let steepness = 8.0 * bend;
    if steepness.abs() < 1e-3 { t } else { (1.0 - (-steepness * t).exp()) / (1.0 - (-steepness).exp()) }
}

impl FromStr for DrawnCurve {
    type Err = CurveError;

    fn from_str(text: &str) -> Result<Self, CurveError> {
        let mut points: Vec<CurvePoint> = Vec::new();
        for (number, word) in text.split_whitespace().enumerate() {
            let wrong = |why: String| CurveError { index: number + 1, why };
            let point = parse_point(word).ok_or_else(|| wrong(format!("`{word}` is not two numbers and perhaps a bend")))?;
            if points.last().is_some_and(|last| point.x < last.x) {
                return Err(wrong(format!("`{word}` lies left of the point before")));
            }
            if points.len() == Self::MAX {
                return Err(wrong(format!("there are more than {}", Self::MAX)));
            }
            points.push(point);
        }
        if points.len() < 2 {
            return Err(CurveError { index: points.len() + 1, why: "a curve has two points or more".to_owned() });
        }
        Ok(Self(points))
    }
}

fn parse_point(word: &str) -> Option<CurvePoint> {
    let (place, bend) = word.split_once('~').unwrap_or((word, "0"));
    let (x, y) = place.split_once(',')?;
    let number = |text: &str| text.parse::<f32>().ok().filter(|value| value.is_finite() && value.abs() <= 1e3);
    Some(CurvePoint { x: number(x)?, y: number(y)?, bend: number(bend)?.clamp(-1.0, 1.0) })
}

impl fmt::Display for DrawnCurve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, point) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{},{}", point.x, point.y)?;
            if point.bend != 0.0 {
                write!(f, "~{}", point.bend)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::DrawnCurve;

    #[test]
    fn curves_round_trip_and_pass_their_points() {
        let text = "0,0 0.25,1~0.5 1,-0.5";
        let curve: DrawnCurve = text.parse().expect("a curve");
        assert_eq!(curve.to_string(), text);
        assert_eq!([-1.0, 0.0, 0.125, 0.25, 1.0, 2.0].map(|x| curve.at(x)), [0.0, 0.0, 0.5, 1.0, -0.5, -0.5]);
        assert!(curve.at(0.5) < 0.5, "a bend above 0 is fast first");
    }

    #[test]
    fn a_jump_is_two_points_at_one_place() {
        let step: DrawnCurve = "0,0 0.5,0 0.5,1 1,1".parse().expect("a curve");
        assert_eq!([0.499, 0.5, 0.6].map(|x| step.at(x)), [0.0, 1.0, 1.0]);
    }

    #[test]
    fn points_are_moved_between_their_neighbours() {
        let curve: DrawnCurve = "0,0 0.5,1~0.5 1,0".parse().expect("a curve");
        assert_eq!(curve.with_moved(1, 0.250_4, 0.7).to_string(), "0,0 0.25,0.7~0.5 1,0");
        assert_eq!(curve.with_moved(1, 7.0, -3.0).to_string(), "0,0 1,0~0.5 1,0");
        assert_eq!(curve.with_moved(0, 0.3, 0.5).to_string(), "0,0.5 0.5,1~0.5 1,0", "an end stays at its place");
        assert_eq!(curve.with_moved(9, 0.3, 0.5), curve);
        assert_eq!(curve.with_bend(0, -4.0).to_string(), "0,0~-1 0.5,1~0.5 1,0");
    }

    #[test]
    fn points_come_and_go_and_the_ends_stay() {
        let curve: DrawnCurve = "-1,-1 1,1~0.5".parse().expect("a curve");
        let (more, index) = curve.with_point(0.2, -2.0).expect("there is room");
        assert_eq!((more.to_string().as_str(), index), ("-1,-1 0.2,-1 1,1~0.5", 1));
        assert_eq!(more.without(index), Some(curve.clone()));
        assert_eq!([curve.without(0), curve.without(1), curve.without(5)], [None, None, None]);
        assert!(curve.with_point(1.5, 0.0).is_none());
        assert_eq!(curve.with_point(1.0, 0.0).map(|(_, index)| index), Some(1), "before the end");
        let mut full = curve;
        while let Some((more, _)) = full.with_point(0.0, 0.0) {
            full = more;
        }
        assert_eq!(full.points().len(), DrawnCurve::MAX);
        assert!(full.to_string().parse::<DrawnCurve>().is_ok());
    }

    #[test]
    fn what_is_no_curve_is_named() {
        for (text, index) in [("", 1), ("0,0", 2), ("0,0 1", 2), ("0,0 1,1 0.5,0", 3), ("0,0 1,NaN", 2)] {
            assert_eq!(text.parse::<DrawnCurve>().expect_err(text).index, index, "{text}");
        }
    }
}
