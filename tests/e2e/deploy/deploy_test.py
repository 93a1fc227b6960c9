"""Goal: what deploy/ ships works where it is put. Method: systemd's own verdict on the unit, the
binary's on the configuration, and what the image and the compose file say of the binary."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

BINARY = os.environ["SEGMENTD_BINARY"]
ROOT = pathlib.Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
EXPOSURE_MAX = 2.0


def run(*args, **kwargs):
    return subprocess.run(
        [*map(str, args)], capture_output=True, text=True, timeout=60, check=False, **kwargs
    )


def instructions(text):
    """The Containerfile's instructions, continued lines joined."""
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [line.split(None, 1) for line in lines if line.strip() and not line.startswith("#")]


class DeployTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="segmentd-deploy-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def unit(self, text=None):
        """The unit, its binary where this machine has it."""
        path = self.dir / "segmentd.service"
        text = text or (DEPLOY / "segmentd.service").read_text()
        path.write_text(text.replace("/usr/bin/segmentd", BINARY))
        return path

    def test_systemd_accepts_the_unit(self):
        done = run("systemd-analyze", "verify", self.unit())
        self.assertEqual((done.returncode, done.stderr.strip()), (0, ""))
        broken = (DEPLOY / "segmentd.service").read_text().replace("Restart=", "Restrat=")
        self.assertIn("Restrat", run("systemd-analyze", "verify", self.unit(broken)).stderr)

    def test_the_unit_exposes_little(self):
        limit = f"--threshold={int(EXPOSURE_MAX * 10)}"
        done = run("systemd-analyze", "security", "--offline=yes", limit, self.unit())
        self.assertEqual(done.returncode, 0, done.stdout[-300:])
        bare = self.unit("[Service]\nExecStart=/usr/bin/segmentd\n")
        done = run("systemd-analyze", "security", "--offline=yes", limit, bare)
        self.assertNotEqual(done.returncode, 0)

    def test_the_example_configuration_has_no_mistakes_and_says_the_defaults(self):
        example = DEPLOY / "segmentd.yaml"
        done = run(BINARY, "check-config", "-c", example)
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = run(BINARY, "check-config", "-c", example, "--print").stdout
        defaults = run(BINARY, "init").stdout
        changed = [
            line for line, default in zip(printed.splitlines(), defaults.splitlines(), strict=True)
            if line != default
        ]
        self.assertEqual(changed, ["  dir: /var/lib/segmentd", "  format: json"])

    def test_the_image_runs_unprivileged_and_asks_the_binary_for_its_health(self):
        steps = instructions((DEPLOY / "Containerfile").read_text())
        by_name = dict(steps)
        self.assertGreaterEqual([name for name, _ in steps].count("FROM"), 2)
        self.assertRegex(by_name["USER"], r"^\d+:\d+$")
        health = json.loads(by_name["HEALTHCHECK"].split("CMD", 1)[1])
        environment = dict(pair.split("=", 1) for pair in by_name["ENV"].split())
        self.assertEqual(by_name["EXPOSE"], environment["SEGMENTD_HTTP__LISTEN"].rsplit(":", 1)[1])
        # Without a daemon the probe says so with 1; a mistaken command line would be 2.
        environment["SEGMENTD_HTTP__LISTEN"] = "127.0.0.1:1"
        done = run(BINARY, *health[1:], env={**os.environ, **environment})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("127.0.0.1:1", done.stderr)
        command = json.loads(by_name["ENTRYPOINT"])[1:] + json.loads(by_name["CMD"])
        self.assertEqual(command, ["run", "-c", "/etc/segmentd/segmentd.yaml"])

    def test_the_image_has_every_library_that_the_binary_needs(self):
        found = dict(re.findall(r"(\S+) => (\S+)", run("ldd", BINARY).stdout))
        needed = re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", BINARY).stdout)
        self.assertIn("librdkafka.so.1", needed)
        image = (DEPLOY / "Containerfile").read_text().split()
        for name in needed:
            if re.match(r"(ld-linux|lib(c|m|gcc_s|stdc\+\+|asan|ubsan)\.so)", name):
                continue  # of every Debian image, or of tests alone
            path = os.path.realpath(found[name])
            owner = run("dpkg", "-S", path).stdout or run("dpkg", "-S", path[len("/usr") :]).stdout
            self.assertIn(owner.split(":")[0], image, name)

    def test_compose_names_fields_that_exist(self):
        text = (DEPLOY / "compose.yaml").read_text()
        fields = dict(re.findall(r"^\s+(SEGMENTD_[A-Z_]+): (\S+)$", text, re.MULTILINE))
        self.assertIn("SEGMENTD_KAFKA__BROKERS", fields)
        done = run(
            BINARY, "check-config", "-c", DEPLOY / "segmentd.yaml", env={**os.environ, **fields}
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        for mounted in re.findall(r"^\s+- (\./\S+?):", text, re.MULTILINE):
            self.assertTrue((DEPLOY / mounted).is_file(), mounted)


if __name__ == "__main__":
    unittest.main()
