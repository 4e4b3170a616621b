"""A machine of its own: a minimal Debian in a directory, without network, PostgreSQL and time zones.

It is made with mmdebstrap from packages alone. Commands in it have their own network, processes, mounts and shared
memory; another architecture's run in qemu-user, which is registered for them alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

UID = 1001
_KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "virada-images")
_PACKAGES = "python3,dash,coreutils,sed,grep,libc-bin,util-linux,diffutils"
_MIRROR = "http://deb.debian.org/debian"
_QEMU = "/usr/bin/qemu-aarch64-static"
# The magic number of its programs, and which of the bits count.
_MAGIC = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
_MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
_INSIDE = """
set -e
root=$1; uid=$2; qemu=$3; extra=$4; shift 4
read -r _
if [ -n "$qemu" ]; then
  mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
  printf '%s' "$qemu" > /proc/sys/fs/binfmt_misc/register
fi
mount --bind "$root" "$root"
mount -t proc none "$root/proc"; mount -t tmpfs none "$root/dev"; mount -t tmpfs -o mode=1777 none "$root/tmp"
for device in null zero random urandom tty; do
  : > "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm"; mount -t tmpfs -o mode=1777 none "$root/dev/shm"
cd "$root"
eval "$extra"
exec chroot --userspec="$uid:$uid" "$root" env -i "$@"
"""


class NoMachine(Exception):
    """It cannot be made here; the text says why."""


class Ended(NamedTuple):
    """How a command in it ended."""

    code: int
    out: str
    err: str


class Machine:
    """`architecture` as Debian calls it. What a command writes stays for the next one, in /tmp apart."""

    def __init__(self, root: Path, architecture: str = "amd64") -> None:
        self.root = root
        self.architecture = architecture

    @classmethod
    def made(cls, root: Path, suite: str, architecture: str = "amd64") -> Machine:
        """Unpacked into `root` from an image that is made once and kept. Raises NoMachine."""
        image = _KEPT / f"{suite}-{architecture}.tar"
        if not image.exists():
            _make(image, suite, architecture)
        root.mkdir(parents=True)
        subprocess.run(["tar", "-xf", image, "-C", root, "--exclude=./dev/*"], check=True)
        machine = cls(root, architecture)
        machine._furnish()
        if architecture != "amd64" and not any((root / "usr/lib").glob("python3.*/__pycache__")):
            # No script of a package has run. Each start would compile the standard library, in an emulator.
            machine.run("python3 -m compileall -q /usr/lib/python3*", uid=0, timeout=1200)
            subprocess.run(["tar", "-cf", image, "-C", root, "."], check=True)
        return machine

    def _furnish(self) -> None:
        for name in ("bin", "sbin", "lib", "lib64"):
            # A link that leads nowhere, as lib64 on some machines, is there as well.
            if not os.path.lexists(self.root / name) and (self.root / "usr").is_dir():
                (self.root / name).symlink_to(f"usr/{name}")
        for name in ("proc", "dev", "tmp", "root", "opt", "home/ana", "home/eva", "var/tmp"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "var/tmp").chmod(0o1777)
        # As on a host that nobody has installed anything on.
        shutil.rmtree(self.root / "usr/share/zoneinfo", ignore_errors=True)
        (self.root / "etc/passwd").write_text(
            "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
            f"ana:x:{UID}:{UID}::/home/ana:/bin/sh\neva:x:{UID + 1}:{UID + 1}::/home/eva:/bin/sh\n"
        )
        (self.root / "etc/group").write_text(f"root:x:0:\nnogroup:x:65534:\nana:x:{UID}:\neva:x:{UID + 1}:\n")
        os.chown(self.root / "home/ana", UID, UID)
        os.chown(self.root / "home/eva", UID + 1, UID + 1)

    def run(
        self, command: str, *, uid: int = UID, home: str = "/home/ana", extra: str = "", timeout: float = 300.0,
        environ: Mapping[str, str] | None = None,
    ) -> Ended:  # fmt: skip
        """A line of sh in it. `extra`: sh before that, as root outside, with the machine as working directory."""
        variables = {"HOME": home, "PATH": "/opt/virada:/usr/bin:/bin", "TERM": "xterm", "LANG": "C.UTF-8"}
        variables |= {"USER": "ana", "LOGNAME": "ana", **(environ or {})}
        foreign = self.architecture == "arm64"
        qemu = f":qemu-aarch64:M::{_MAGIC}:{_MASK}:{_QEMU}:F" if foreign else ""
        if foreign and not Path(_QEMU).exists():
            raise NoMachine("qemu-user-static is not installed")
        own = ["--user"] if foreign else []
        words = [
            "unshare", *own, "--net", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "sh", "-c", _INSIDE, "-",
            str(self.root), str(uid), qemu, extra, *(f"{name}={value}" for name, value in variables.items()),
            "sh", "-c", command,
        ]  # fmt: skip
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with subprocess.Popen(words, text=True, **pipes) as process:  # type: ignore[call-overload]
            if foreign:
                _map(process.pid)
            try:
                out, err = process.communicate("\n", timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Ended(process.returncode, out, err)

    def close(self) -> None:
        """Remove it."""
        shutil.rmtree(self.root, ignore_errors=True)


def _map(process: int) -> None:
    """In the new user namespace every account is what it is outside."""
    here = Path("/proc/self/ns/user").readlink()
    while Path(f"/proc/{process}/ns/user").readlink() == here:
        os.sched_yield()
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{process}/{name}").write_text("0 0 65536\n")


def _make(image: Path, suite: str, architecture: str) -> None:
    if shutil.which("mmdebstrap") is None:
        raise NoMachine("mmdebstrap is not installed")
    image.parent.mkdir(parents=True, exist_ok=True)
    native = architecture == "amd64"
    command = [
        "mmdebstrap", "--mode=root", f"--variant={'essential' if native else 'extract'}",
        f"--include={'python3' if native else _PACKAGES}", f"--architectures={architecture}",
        # A mirror that is a snapshot is not expected to be of today.
        '--aptopt=Acquire::Check-Valid-Until "false"', suite, f"{image}.new.tar", _MIRROR,
    ]  # fmt: skip
    done: subprocess.CompletedProcess[str] = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise NoMachine(f"mmdebstrap made no {suite} for {architecture}: {done.stderr.strip().splitlines()[-1:]}")
    Path(f"{image}.new.tar").replace(image)


def needs() -> Sequence[str]:
    """What is lacking here to make one."""
    found = [] if os.geteuid() == 0 else ["root"]
    return found + [name for name in ("mmdebstrap", "unshare") if shutil.which(name) is None]
