"""Makes the pictures of pages in Docs/images from those that the checks in a browser have taken.

Usage: docs_pictures.py FOLDER... with the folders that check_workspace.py and check_administration.py were
given. Pictures keep 256 colours and lose the empty rows at their foot. Says which pages have a picture that
the documentation does not show; exits 1 where one that it shows is missing.
"""
import sys
from pathlib import Path

import numpy as np
from PIL import Image

TARGET = Path(__file__).resolve().parents[2] / "Docs/images"
WIDTH = 1280
COLOURS = 256
# Rows that are left below the last thing on a page.
FOOT = 20
# Images are judged on black; what is read like a form is shown as on paper.
DARK = ["case", "compare", "delivered", "frames", "plan", "plan-preview", "projections", "registration",
        "side-by-side", "vois"]
LIGHT = ["account", "accounts", "bring-in", "case-lesions", "delivery", "entitlements", "exports", "jobs", "new-case", "new-password", "new-plan", "quarantine",
         "recovery-codes", "refused", "second-factor", "set-up", "setting", "settings", "sign-in", "sign-in-provider", "signed",
         "signing", "tokens", "treatment-sheet", "unlock", "upload", "worklist", "worklist-empty"]
# Of these the first screen says enough.
FIRST_SCREEN = {"plan": 900, "plan-preview": 900, "signed": 900, "signing": 900, "upload": 900}


def without_foot(image):
    pixels = np.asarray(image)
    used = np.nonzero((pixels != pixels[-1, -1]).any(axis=(1, 2)))[0]
    return image.crop((0, 0, image.width, min(image.height, int(used[-1]) + 1 + FOOT)))


def main():
    folders = [Path(f) for f in sys.argv[1:]]
    ending = f"-light-{WIDTH}.png"
    taken = {f.name.removesuffix(ending) for folder in folders for f in folder.glob(f"*{ending}")}
    missing = []
    for name, theme in [(n, "dark") for n in DARK] + [(n, "light") for n in LIGHT]:
        found = [f for f in (folder / f"{name}-{theme}-{WIDTH}.png" for folder in folders) if f.exists()]
        if not found:
            missing.append(name)
            continue
        image = Image.open(found[-1]).convert("RGB")
        image = image.crop((0, 0, image.width, min(image.height, FIRST_SCREEN.get(name, image.height))))
        without_foot(image).quantize(COLOURS, dither=Image.Dither.NONE).save(TARGET / f"page-{name}.png", optimize=True)
    print(f"{len(DARK) + len(LIGHT) - len(missing)} pictures", f"missing: {', '.join(missing)}" if missing else "")
    print("not shown:", ", ".join(sorted(taken - set(DARK) - set(LIGHT))) or "none")
    sys.exit(1 if missing else 0)


main()
