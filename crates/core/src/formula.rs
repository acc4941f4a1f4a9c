//! Formulas as text: `a * sin(2 * pi * b) + p`, checked as they are typed and worked out without memory of their own.
//!
//! Numbers, the names below, `+ - * / % ^`, comparisons (1 or 0), brackets and functions. `%` is what is left over, never below 0.

use std::fmt;
use std::str::FromStr;

/// What a formula may speak of, in the order of the values it is given.
pub const NAMES: [&str; 9] = ["a", "b", "c", "d", "p", "q", "t", "f", "rate"];

const MOST_STEPS: usize = 128;
const MOST_DEPTH: usize = 24;

/// A function with its name and number of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Sin,
    Cos,
    Tan,
    Tanh,
    Exp,
    Exp2,
    Log2,
    Sqrt,
    Abs,
    Floor,
    Ceil,
    Round,
    Sign,
    Fract,
    Min,
    Max,
    Pow,
    Clamp,
    Mix,
    If,
}

const FUNCTIONS: [(&str, Function, usize); 20] = [
    ("sin", Function::Sin, 1),
    ("cos", Function::Cos, 1),
    ("tan", Function::Tan, 1),
    ("tanh", Function::Tanh, 1),
    ("exp", Function::Exp, 1),
    ("exp2", Function::Exp2, 1),
    ("log2", Function::Log2, 1),
    ("sqrt", Function::Sqrt, 1),
    ("abs", Function::Abs, 1),
    ("floor", Function::Floor, 1),
    ("ceil", Function::Ceil, 1),
    ("round", Function::Round, 1),
    ("sign", Function::Sign, 1),
    ("fract", Function::Fract, 1),
    ("min", Function::Min, 2),
    ("max", Function::Max, 2),
    ("pow", Function::Pow, 2),
    ("clamp", Function::Clamp, 3),
    ("mix", Function::Mix, 3),
    ("if", Function::If, 3),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Number(f32),
    Name(u8),
    Negate,
    /// `+ - * / % ^ < > ≤ ≥ =`, as the character.
    Infix(char),
    Call(Function),
}

/// A formula that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    steps: Vec<Step>,
}

impl Default for Formula {
    /// `a`.
    fn default() -> Self {
        Self { steps: vec![Step::Name(0)] }
    }
}

/// What was typed is no formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormulaError {
    /// The character at which it cannot go on, from 1.
    pub at: usize,
    pub why: String,
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: {}; write something like `a * sin(b) + p`, with {}", self.at, self.why, NAMES.join(", "))
    }
}

impl std::error::Error for FormulaError {}

impl Formula {
    /// Its value; what is no number is 0, and nothing is larger than 1,000.
    #[must_use]
    pub fn value(&self, names: &[f32; NAMES.len()]) -> f32 {
        let mut stack = [0.0_f32; MOST_DEPTH];
        let mut top = 0;
        for step in &self.steps {
            match *step {
                Step::Number(number) => {
                    stack[top] = number;
                    top += 1;
                }
                Step::Name(name) => {
                    stack[top] = names[usize::from(name)];
                    top += 1;
                }
                Step::Negate => stack[top - 1] = -stack[top - 1],
                Step::Infix(operator) => {
                    top -= 1;
                    stack[top - 1] = infix(operator, stack[top - 1], stack[top]);
                }
                Step::Call(function) => {
                    let count = FUNCTIONS[function as usize].2;
                    top -= count - 1;
                    stack[top - 1] = call(function, [stack[top - 1], stack[top.min(MOST_DEPTH - 1)], stack[(top + 1).min(MOST_DEPTH - 1)]]);
                }
            }
        }
        let value = stack[0];
        if value.is_nan() { 0.0 } else { value.clamp(-1_000.0, 1_000.0) }
    }
}

fn infix(operator: char, a: f32, b: f32) -> f32 {
    let truth = |is: bool| if is { 1.0 } else { 0.0 };
    match operator {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        '%' => a.rem_euclid(b),
        '^' => a.powf(b),
        '<' => truth(a < b),
        '>' => truth(a > b),
        '≤' => truth(a <= b),
        '≥' => truth(a >= b),
        _ => truth(a == b),
    }
}

fn call(function: Function, [a, b, c]: [f32; 3]) -> f32 {
    match function {
        Function::Sin => a.sin(),
        Function::Cos => a.cos(),
        Function::Tan => a.tan(),
        Function::Tanh => a.tanh(),
        Function::Exp => a.exp(),
        Function::Exp2 => a.exp2(),
        Function::Log2 => a.log2(),
        Function::Sqrt => a.sqrt(),
        Function::Abs => a.abs(),
        Function::Floor => a.floor(),
        Function::Ceil => a.ceil(),
        Function::Round => a.round(),
        Function::Sign => {
            if a == 0.0 {
                0.0
            } else {
                a.signum()
            }
        }
        Function::Fract => a - a.floor(),
        Function::Min => a.min(b),
        Function::Max => a.max(b),
        Function::Pow => a.powf(b),
        // Not `clamp`: that would not bear ends that are turned about.
        Function::Clamp => a.max(b).min(c),
        Function::Mix => a + (b - a) * c,
        Function::If => {
            if a > 0.0 {
                b
            } else {
                c
            }
        }
    }
}

impl FromStr for Formula {
    type Err = FormulaError;

    fn from_str(text: &str) -> Result<Self, FormulaError> {
        let text = text.replace("<=", "≤").replace(">=", "≥").replace("==", "=").replace('−', "-").replace('·', "*");
        let mut parser = Parser { text: text.chars().collect(), at: 0, steps: Vec::new(), depth: 0 };
        parser.compare()?;
        parser.skip_spaces();
        if parser.at < parser.text.len() {
            return Err(parser.error("this does not belong here"));
        }
        Ok(Self { steps: parser.steps })
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
    steps: Vec<Step>,
    /// Values that stand on the stack behind the steps so far.
    depth: usize,
}

impl Parser {
    fn error(&self, why: &str) -> FormulaError {
        FormulaError { at: self.at + 1, why: why.to_owned() }
    }

    fn skip_spaces(&mut self) {
        while self.text.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_spaces();
        self.text.get(self.at).copied()
    }

    /// Takes one of these characters, if it is next.
    fn take(&mut self, wanted: &[char]) -> Option<char> {
        let found = self.peek().filter(|c| wanted.contains(c))?;
        self.at += 1;
        Some(found)
    }

    fn push(&mut self, step: Step) -> Result<(), FormulaError> {
        self.depth = match step {
            Step::Number(_) | Step::Name(_) => self.depth + 1,
            Step::Negate => self.depth,
            Step::Infix(_) => self.depth - 1,
            Step::Call(function) => self.depth + 1 - FUNCTIONS[function as usize].2,
        };
        if self.depth >= MOST_DEPTH || self.steps.len() >= MOST_STEPS {
            return Err(self.error("it is too long; split it over two modules"));
        }
        self.steps.push(step);
        Ok(())
    }

    fn row(&mut self, operators: &[char], next: fn(&mut Self) -> Result<(), FormulaError>) -> Result<(), FormulaError> {
        next(self)?;
        while let Some(operator) = self.take(operators) {
            next(self)?;
            self.push(Step::Infix(operator))?;
        }
        Ok(())
    }

    fn compare(&mut self) -> Result<(), FormulaError> {
        // Brackets within brackets go as deep as the text is long: so that is bounded too.
        if self.at > 4 * MOST_STEPS {
            return Err(self.error("it is too long; split it over two modules"));
        }
        self.row(&['<', '>', '≤', '≥', '='], Self::sum)
    }

    fn sum(&mut self) -> Result<(), FormulaError> {
        self.row(&['+', '-'], Self::product)
    }

    fn product(&mut self) -> Result<(), FormulaError> {
        self.row(&['*', '/', '%'], Self::sign)
    }

    fn sign(&mut self) -> Result<(), FormulaError> {
        let mut is_negative = false;
        while let Some(sign) = self.take(&['-', '+']) {
            is_negative ^= sign == '-';
        }
        self.value()?;
        // Powers bind tighter than the sign, and from the right.
        if self.take(&['^']).is_some() {
            self.sign()?;
            self.push(Step::Infix('^'))?;
        }
        if is_negative { self.push(Step::Negate) } else { Ok(()) }
    }

    fn value(&mut self) -> Result<(), FormulaError> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                self.compare()?;
                self.close()
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() => self.word(),
            Some(c) => Err(self.error(&format!("`{c}` is neither a number, a name nor a bracket"))),
            None => Err(self.error("something is missing")),
        }
    }

    fn close(&mut self) -> Result<(), FormulaError> {
        self.take(&[')']).map(drop).ok_or_else(|| self.error("a bracket is not closed"))
    }

    fn number(&mut self) -> Result<(), FormulaError> {
        let begin = self.at;
        while self.text.get(self.at).is_some_and(|c| c.is_ascii_digit() || *c == '.') {
            self.at += 1;
        }
        let typed: String = self.text[begin..self.at].iter().collect();
        match typed.parse::<f32>() {
            Ok(number) if number.is_finite() => self.push(Step::Number(number)),
            _ => {
                self.at = begin;
                Err(self.error(&format!("`{typed}` is no number")))
            }
        }
    }

    fn word(&mut self) -> Result<(), FormulaError> {
        let begin = self.at;
        while self.text.get(self.at).is_some_and(|c| c.is_alphanumeric()) {
            self.at += 1;
        }
        let word: String = self.text[begin..self.at].iter().collect();
        if word == "pi" {
            return self.push(Step::Number(std::f32::consts::PI));
        }
        if let Some(name) = NAMES.iter().position(|name| *name == word) {
            return self.push(Step::Name(name as u8));
        }
        let Some((_, function, count)) = FUNCTIONS.iter().find(|(name, ..)| *name == word).copied() else {
            self.at = begin;
            return Err(self.error(&format!("`{word}` is neither a name nor a function")));
        };
        self.take(&['(']).ok_or_else(|| self.error(&format!("`{word}` wants its arguments in brackets")))?;
        for argument in 0..count {
            if argument > 0 {
                self.take(&[',']).ok_or_else(|| self.error(&format!("`{word}` wants {count} arguments")))?;
            }
            self.compare()?;
        }
        self.close()?;
        self.push(Step::Call(function))
    }
}

#[cfg(test)]
mod tests {
    use super::{Formula, FormulaError};

    fn value(text: &str) -> f32 {
        let names = [1.0, 2.0, 3.0, 4.0, 0.5, 0.25, 10.0, 100.0, 48_000.0];
        text.parse::<Formula>().unwrap_or_else(|error| panic!("{text}: {error}")).value(&names)
    }

    #[test]
    fn formulas_mean_what_schoolbooks_say() {
        for (text, expected) in [
            ("a + b * c", 7.0),
            ("(a + b) * c", 9.0),
            ("-b^2", -4.0),
            ("2^3^2", 512.0),
            ("7 % 4 + -1 % 4", 6.0),
            ("c - b - a", 0.0),
            ("min(d, c) + max(a, b)", 5.0),
            ("if(a < b, 10, 20)", 10.0),
            ("clamp(5, 0, 1) + mix(a, c, p)", 3.0),
            ("sin(pi / 2) + 0.5", 1.5),
            ("(a >= 1) + (b == 2) + (c <= 2)", 2.0),
            ("1 / 0 - 1 / 0", 0.0),
            ("10 ^ 9", 1_000.0),
        ] {
            assert!((value(text) - expected).abs() < 1e-5, "{text} is {}", value(text));
        }
    }

    #[test]
    fn what_is_wrong_is_shown_where_it_is() {
        for (text, at) in [("a +", 4), ("a ) b", 3), ("foo(a)", 1), ("min(a)", 6), ("1.2.3", 1), ("(a", 3), ("", 1), ("sin a", 5)] {
            let FormulaError { at: found, .. } = text.parse::<Formula>().expect_err(text);
            assert_eq!(found, at, "{text}");
        }
        let deep = format!("{}a{}", "(".repeat(5_000), ")".repeat(5_000));
        assert!(deep.parse::<Formula>().is_err(), "no text overflows the stack");
        assert!("sin(".repeat(5_000).parse::<Formula>().is_err());
        let long = vec!["a"; 400].join(" + ");
        assert!(long.parse::<Formula>().is_err());
    }
}
