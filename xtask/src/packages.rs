//! The system packages that building, showing a window and testing need, and their installation.

use anyhow::{Context, Result, bail};
use std::io::{IsTerminal, Write};
use std::process::Command;

/// Packages that serve one purpose.
pub struct Group {
    /// Completes "needed to …".
    pub purpose: &'static str,
    /// Their names in Debian and Ubuntu.
    pub debian: &'static [&'static str],
    /// What other systems may call them.
    pub elsewhere: &'static str,
}

pub const BUILD: Group = Group {
    purpose: "build",
    debian: &["pkg-config", "libasound2-dev", "libudev-dev", "libwayland-dev", "libxkbcommon-dev", "libx11-dev"],
    elsewhere: "pkg-config and the development files of ALSA, udev, Wayland, xkbcommon and X11",
};

pub const WINDOW: Group = Group {
    purpose: "draw",
    debian: &["libxkbcommon-x11-0", "libxcursor1", "libxi6", "libxrandr2", "libvulkan1", "mesa-vulkan-drivers"],
    elsewhere: "xkbcommon-x11, Xcursor, Xi, Xrandr, the Vulkan loader and a Vulkan driver (Mesa)",
};

pub const TESTS: Group = Group {
    purpose: "test",
    debian: &["xvfb", "xdotool", "x11-apps", "imagemagick", "pulseaudio", "pulseaudio-utils", "libasound2-plugins"],
    elsewhere: "Xvfb, xdotool, xwd, ImageMagick, PulseAudio with its command-line tools, and ALSA's PulseAudio plugin",
};

/// What installing asks of the machine; the tests have a machine of their own.
pub trait System {
    /// Whether packages can be looked up and installed by apt.
    fn has_apt(&self) -> bool;
    /// Those of `packages` that are not installed.
    fn missing(&self, packages: &[&'static str]) -> Result<Vec<&'static str>>;
    fn is_root(&self) -> bool;
    fn has_sudo(&self) -> bool;
    /// Whether somebody is there to answer a question.
    fn can_ask(&self) -> bool;
    fn confirm(&mut self, question: &str) -> Result<bool>;
    /// Runs a command; whether it succeeded.
    fn run(&mut self, words: &[&str]) -> Result<bool>;
}

/// Installs what is missing of `groups`; asks before, unless `without_asking`.
///
/// # Errors
/// When something is missing and may not or cannot be installed; the message says what to type.
pub fn ensure(groups: &[&Group], without_asking: bool, again: &str, system: &mut dyn System) -> Result<()> {
    if !system.has_apt() {
        println!("This system has no apt, so nothing is checked. If a step below fails, look for:");
        for group in groups {
            println!("  to {}: {}", group.purpose, group.elsewhere);
        }
        return Ok(());
    }
    let mut missing = Vec::new();
    for group in groups {
        let lacking = system.missing(group.debian)?;
        if !lacking.is_empty() {
            println!("Needed to {} and not installed: {}", group.purpose, lacking.join(" "));
        }
        missing.extend(lacking);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let sudo = if system.is_root() { "" } else { "sudo " };
    let by_hand = format!("{sudo}apt-get update && {sudo}apt-get install -y {}", missing.join(" "));
    if !without_asking {
        if !system.can_ask() {
            bail!("packages are missing and nobody is there to be asked: run `{by_hand}`, or `{again} --yes`");
        }
        if !system.confirm("Install them now?")? {
            bail!("packages are missing: run `{by_hand}`, then `{again}`");
        }
    }
    install(&missing, &by_hand, system)?;
    let still = system.missing(&missing)?;
    if !still.is_empty() {
        bail!("apt-get said it succeeded, and these are still missing: {}", still.join(" "));
    }
    Ok(())
}

fn install(packages: &[&str], by_hand: &str, system: &mut dyn System) -> Result<()> {
    let as_root: &[&str] = match (system.is_root(), system.has_sudo()) {
        (true, _) => &[],
        (false, true) => &["sudo"],
        (false, false) => bail!("installing needs root, and there is no sudo: as root, run `{}`", by_hand.replace("sudo ", "")),
    };
    let apt = |words: &[&'static str]| -> Vec<&str> { [as_root, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], words].concat() };
    if !system.run(&apt(&["update", "-q"]))? {
        // Without a network the lists of yesterday may do.
        println!("apt-get update failed: trying with the package lists that are there");
    }
    let mut words = apt(&["install", "-y", "-q"]);
    words.extend(packages);
    if !system.run(&words)? {
        bail!("apt-get could not install the packages: run `{by_hand}` and read what it says");
    }
    Ok(())
}

/// The machine this program runs on.
pub struct Host;

impl System for Host {
    fn has_apt(&self) -> bool {
        crate::workspace::is_there("dpkg-query", &["--version"]) && crate::workspace::is_there("apt-get", &["--version"])
    }

    fn missing(&self, packages: &[&'static str]) -> Result<Vec<&'static str>> {
        let output = Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Abbrev} ${Package}\n"]).args(packages).output();
        let output = output.context("cannot start `dpkg-query`")?;
        // It fails where a package is unknown, and still lists the others.
        Ok(not_installed(packages, &String::from_utf8_lossy(&output.stdout)))
    }

    fn is_root(&self) -> bool {
        Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
    }

    fn has_sudo(&self) -> bool {
        crate::workspace::is_there("sudo", &["--version"])
    }

    fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }

    fn confirm(&mut self, question: &str) -> Result<bool> {
        print!("{question} [Y/n] ");
        std::io::stdout().flush()?;
        let mut answer = String::new();
        let length = std::io::stdin().read_line(&mut answer)?;
        Ok(length > 0 && matches!(answer.trim().to_ascii_lowercase().as_str(), "" | "y" | "yes"))
    }

    fn run(&mut self, words: &[&str]) -> Result<bool> {
        println!("$ {}", words.join(" "));
        let (program, arguments) = words.split_first().context("a command has a first word")?;
        let status = Command::new(program).args(arguments).status().with_context(|| format!("cannot start `{program}`"))?;
        Ok(status.success())
    }
}

/// Those of `packages` that dpkg-query does not list as installed (`ii`, or `hi` where a version is held).
fn not_installed(packages: &[&'static str], listed: &str) -> Vec<&'static str> {
    let installed: Vec<&str> = listed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(status, _)| matches!(*status, "ii" | "hi"))
        .map(|(_, name)| name.trim())
        .collect();
    packages.iter().copied().filter(|package| !installed.contains(package)).collect()
}

#[cfg(test)]
mod tests {
    use super::{BUILD, Group, System, TESTS, WINDOW, ensure, not_installed};
    use anyhow::Result;

    /// A machine that does what it is told and remembers it.
    struct Fake {
        apt: bool,
        root: bool,
        sudo: bool,
        /// What the person says; `None` is nobody there.
        answer: Option<bool>,
        missing: Vec<&'static str>,
        update_works: bool,
        install_works: bool,
        ran: Vec<String>,
    }

    impl Fake {
        fn lacking(missing: &[&'static str]) -> Self {
            let missing = missing.to_vec();
            Self { apt: true, root: true, sudo: true, answer: None, missing, update_works: true, install_works: true, ran: Vec::new() }
        }
    }

    impl System for Fake {
        fn has_apt(&self) -> bool {
            self.apt
        }
        fn missing(&self, packages: &[&'static str]) -> Result<Vec<&'static str>> {
            Ok(packages.iter().copied().filter(|package| self.missing.contains(package)).collect())
        }
        fn is_root(&self) -> bool {
            self.root
        }
        fn has_sudo(&self) -> bool {
            self.sudo
        }
        fn can_ask(&self) -> bool {
            self.answer.is_some()
        }
        fn confirm(&mut self, _question: &str) -> Result<bool> {
            Ok(self.answer == Some(true))
        }
        fn run(&mut self, words: &[&str]) -> Result<bool> {
            self.ran.push(words.join(" "));
            let installs = words.contains(&"install");
            if installs && self.install_works {
                self.missing.retain(|package| !words.contains(package));
            }
            Ok(if installs { self.install_works } else { self.update_works })
        }
    }

    const GROUPS: [&Group; 2] = [&BUILD, &WINDOW];
    const AGAIN: &str = "cargo xtask run";

    #[test]
    fn nothing_missing_runs_nothing_and_asks_nothing() {
        let mut system = Fake::lacking(&[]);
        ensure(&GROUPS, false, AGAIN, &mut system).expect("all is there");
        assert!(system.ran.is_empty());
    }

    #[test]
    fn with_yes_just_what_is_missing_is_installed() {
        let mut system = Fake::lacking(&["libudev-dev", "libvulkan1", "xvfb"]);
        ensure(&GROUPS, true, AGAIN, &mut system).expect("it installs");
        assert_eq!(
            system.ran,
            [
                "env DEBIAN_FRONTEND=noninteractive apt-get update -q",
                "env DEBIAN_FRONTEND=noninteractive apt-get install -y -q libudev-dev libvulkan1"
            ]
        );
    }

    #[test]
    fn who_is_not_root_uses_sudo_or_is_told_what_to_type() {
        let mut system = Fake { root: false, ..Fake::lacking(&["libudev-dev"]) };
        ensure(&GROUPS, true, AGAIN, &mut system).expect("it installs");
        assert!(system.ran.iter().all(|line| line.starts_with("sudo env DEBIAN_FRONTEND=noninteractive apt-get")));

        let mut system = Fake { root: false, sudo: false, ..Fake::lacking(&["libudev-dev"]) };
        let error = ensure(&GROUPS, true, AGAIN, &mut system).expect_err("nobody may install").to_string();
        assert!(error.contains("as root, run `apt-get update && apt-get install -y libudev-dev`"), "{error}");
        assert!(system.ran.is_empty());
    }

    #[test]
    fn with_nobody_to_ask_the_exact_command_is_named() {
        let mut system = Fake { root: false, ..Fake::lacking(&["libudev-dev"]) };
        let error = ensure(&GROUPS, false, AGAIN, &mut system).expect_err("nobody is there").to_string();
        assert!(error.contains("`sudo apt-get update && sudo apt-get install -y libudev-dev`"), "{error}");
        let as_root = ensure(&GROUPS, false, AGAIN, &mut Fake::lacking(&["libudev-dev"])).expect_err("nobody is there").to_string();
        assert!(as_root.contains("run `apt-get update && apt-get install -y libudev-dev`"), "{as_root}");
        assert!(error.contains("`cargo xtask run --yes`"), "{error}");
        assert!(system.ran.is_empty());
    }

    #[test]
    fn a_no_is_a_no_and_a_yes_a_yes() {
        let mut system = Fake { answer: Some(false), ..Fake::lacking(&["libudev-dev"]) };
        assert!(ensure(&GROUPS, false, AGAIN, &mut system).is_err());
        assert!(system.ran.is_empty());
        let mut system = Fake { answer: Some(true), ..Fake::lacking(&["libudev-dev"]) };
        assert!(ensure(&GROUPS, false, AGAIN, &mut system).is_ok());
        assert_eq!(system.ran.len(), 2);
    }

    #[test]
    fn a_failed_update_is_survived_and_a_failed_install_is_not() {
        let mut system = Fake { update_works: false, ..Fake::lacking(&["libudev-dev"]) };
        assert!(ensure(&GROUPS, true, AGAIN, &mut system).is_ok());
        let mut system = Fake { install_works: false, ..Fake::lacking(&["libudev-dev"]) };
        assert!(ensure(&GROUPS, true, AGAIN, &mut system).is_err());
    }

    #[test]
    fn a_system_without_apt_goes_on() {
        let mut system = Fake { apt: false, ..Fake::lacking(&["libudev-dev"]) };
        assert!(ensure(&[&BUILD, &WINDOW, &TESTS], false, AGAIN, &mut system).is_ok());
        assert!(system.ran.is_empty());
    }

    #[test]
    fn what_dpkg_lists_is_read() {
        let listed = "ii  pkg-config\nrc  libudev-dev\nhi  libx11-dev\nun  libwayland-dev\n";
        let packages = ["pkg-config", "libudev-dev", "libx11-dev", "libwayland-dev", "libasound2-dev"];
        assert_eq!(not_installed(&packages, listed), ["libudev-dev", "libwayland-dev", "libasound2-dev"]);
    }
}
