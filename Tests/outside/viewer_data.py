"""Synthetic volumes and scenes for the viewer's browser test, made with nibabel and numpy."""
import json

import nibabel
import numpy as np

SHAPE, SPACING = (64, 56, 40), (4.0, 4.0, 5.0)
FRAME = "1.2.826.0.1.3680043.10.1.1"
# A block of bone on the patient's right, in front and high: RAS mm, lower and upper corner.
MARKER = np.array([[50.0, 30.0, 40.0], [90.0, 70.0, 75.0]])
SPHERE_CENTRE, SPHERE_SCALE = np.array([6.0, -9.0, 3.0]), 30.0
# The box whose outline is compared with the picture of it: voxels, lower and upper, inclusive.
BOX = np.array([[20, 18, 12], [43, 37, 27]])


def rotation(x_degrees, z_degrees):
    a, b = np.radians([x_degrees, z_degrees])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    return about_z @ about_x


def centred(directions, shape=SHAPE, spacing=SPACING):
    """The affine with those axis directions whose grid is centred on the origin."""
    affine = np.eye(4)
    affine[:3, :3] = directions * np.array(spacing)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine


AFFINES = {
    "identity": centred(np.eye(3)),
    # As DICOM is stored: columns to the left, rows to the back.
    "flipped": centred(np.diag([-1.0, -1.0, 1.0])),
    # Feet first: the slices run the other way.
    "feet first": centred(np.diag([1.0, -1.0, -1.0])),
    "oblique": centred(rotation(14, 9)),
    "oblique, flipped": centred(rotation(-11, -7) @ np.diag([-1.0, -1.0, 1.0])),
}


def positions(affine, shape):
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), -1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def save(folder, name, voxels, affine, slope=None, intercept=None):
    image = nibabel.Nifti1Image(voxels, affine)
    image.set_sform(affine, code=1)
    if slope is not None:
        image.header.set_slope_inter(slope, intercept)
    nibabel.save(image, folder / f"{name}.nii.gz")
    return f"/data/{name}.nii.gz"


def body(affine, marker=True):
    mm = positions(affine, SHAPE)
    hu = np.where((np.abs(mm) < [110, 95, 85]).all(-1), 0, -1000).astype(np.int16)
    if marker:
        hu[((mm > MARKER[0]) & (mm < MARKER[1])).all(-1)] = 1500
    return hu


def layer(identifier, role, url, unit, low, high, **more):
    return {
        "id": identifier, "role": role, "label": more.pop("label", identifier),
        "modality": {"ct": "CT", "activity": "PT"}.get(role, "RTDOSE"), "date": "2026-03-02",
        "unit": unit, "url": url, "frameOfReferenceUID": FRAME, "windowLow": low,
        "windowHigh": high, **more,
    }


def scene(folder, name, layers, structures=(), levels=(), **more):
    (folder / f"{name}.json").write_text(json.dumps({
        "patient": {"name": "Synthetic^Marker", "birthDate": "1950-01-01", "patientID": "SYN-1",
                    "issuer": "Test"},
        "frameOfReferenceUID": FRAME, "layers": list(layers), "structures": list(structures),
        "isodoseLevelsGy": list(levels), **more}))
    return f"/Tests/viewer.html?scene=/data/{name}.json"


def marker_page(folder, name):
    affine = AFFINES[name]
    url = save(folder, f"marker-{name}".replace(" ", "").replace(",", "-"), body(affine), affine)
    key = url.split("/")[-1].split(".")[0]
    return scene(folder, key, [layer("ct", "ct", url, "HU", -1000, 1500)])


def box_page(folder, name):
    """A CT whose bright box is also a mask, on the same grid."""
    affine = AFFINES[name]
    hu = np.full(SHAPE, -1000, np.int16)
    inside = tuple(slice(a, b + 1) for a, b in BOX.T)
    hu[inside] = 1000
    mask = np.zeros(SHAPE, np.uint8)
    mask[inside] = 255
    key = f"box-{name}".replace(" ", "").replace(",", "-")
    ct = save(folder, key, hu, affine)
    outline = save(folder, f"{key}-mask", mask, affine)
    return scene(
        folder, key, [layer("ct", "ct", ct, "HU", -1000, 1000)],
        [{"name": "Box", "role": "tumour", "colour": "#00ff00", "dash": [], "url": outline}])


def fused_page(folder):
    """CT, PET with slope and intercept on a grid of its own, two doses, two structures."""
    affine = AFFINES["flipped"]
    rng = np.random.default_rng(7)
    hu = body(affine) + rng.integers(-40, 40, SHAPE).astype(np.int16)
    pet_affine = centred(rotation(5, -4) @ np.diag([-1.0, 1.0, 1.0]), (48, 48, 44), (5, 5, 5))
    pet = rng.integers(0, 30000, (48, 48, 44)).astype(np.int16)
    dose_affine = centred(np.diag([-1.0, -1.0, 1.0]), (50, 46, 42), (4, 4, 4))
    distance = np.linalg.norm(positions(dose_affine, (50, 46, 42)) - SPHERE_CENTRE, axis=-1)
    dose = (100 * np.exp(-distance / SPHERE_SCALE)).astype(np.float32)
    liver = (np.linalg.norm((positions(affine, SHAPE) - [30, 0, 0]) / [60, 50, 45], axis=-1) < 1)
    tumour = np.linalg.norm(positions(affine, SHAPE) - SPHERE_CENTRE, axis=-1) < 18
    volumes = {
        "ct": (save(folder, "ct", hu, affine), "HU", -160, 240),
        "pet": (save(folder, "pet", pet, pet_affine, 0.0123, -4.5), "kBq/mL", 0, 300),
        "dose": (save(folder, "dose", dose, dose_affine), "Gy", 20, 100),
        "delivered": (save(folder, "delivered", dose * np.float32(0.9), dose_affine), "Gy", 20, 100),
    }
    roles = {"ct": "ct", "pet": "activity", "dose": "dose", "delivered": "delivered"}
    layers = [layer(k, roles[k], url, unit, low, high, label=f"Series {k}")
              for k, (url, unit, low, high) in volumes.items()]
    stray = layer("mr", "mr", volumes["ct"][0], "1", 0, 100, label="MR liver",
                  frameOfReferenceUID="1.2.3.4")
    waiting = layer("fdg", "activity", volumes["pet"][0], "kBq/mL", 0, 100, label="FDG PET",
                    frameOfReferenceUID="1.2.3.5")
    masks = [("Liver", "normal", "#ffd166", liver), ("Tumour 1", "tumour", "#ff5c8a", tumour)]
    structures = [
        {"name": name, "role": role, "colour": colour, "dash": [],
         "url": save(folder, f"mask{n}", (mask * 255).astype(np.uint8), affine)}
        for n, (name, role, colour, mask) in enumerate(masks)]
    registrations = [{"id": "r1", "from": "1.2.3.5", "to": FRAME, "accepted": False,
                      "matrixLPS": np.eye(4).ravel().tolist()}]
    return scene(folder, "fused", [*layers, stray, waiting], structures, [20, 50, 80],
                 registrations=registrations)


def large_page(folder):
    """512 x 512 x 300 CT, a dose and 20 structures, as in the speed promise."""
    shape, spacing = (512, 512, 300), (0.8, 0.8, 1.5)
    affine = centred(np.diag([-1.0, -1.0, 1.0]), shape, spacing)
    rng = np.random.default_rng(3)
    hu = rng.integers(-200, 200, shape, np.int16)
    ct = save(folder, "large-ct", hu, affine)
    dose_shape = (128, 128, 110)
    dose_affine = centred(np.diag([-1.0, -1.0, 1.0]), dose_shape, (3, 3, 4))
    distance = np.linalg.norm(positions(dose_affine, dose_shape), axis=-1)
    dose = save(folder, "large-dose", (150 * np.exp(-distance / 60)).astype(np.float32), dose_affine)
    structures = []
    for n in range(20):
        size = 40 + 6 * n
        axes = np.linspace(-1, 1, size)
        ball = (axes[:, None, None] ** 2 + axes[None, :, None] ** 2 + axes[None, None, :] ** 2) < 0.9
        structures.append({
            "name": f"VOI {n + 1}", "role": "tumour", "colour": f"#{60 + 9 * n:02x}ff{250 - 9 * n:02x}",
            "dash": [], "url": save(
                folder, f"large-{n}", (ball * 255).astype(np.uint8),
                centred(np.diag([-1.0, -1.0, 1.0]), ball.shape, spacing))})
    return scene(folder, "large", [
        layer("ct", "ct", ct, "HU", -160, 240), layer("dose", "dose", dose, "Gy", 20, 150),
    ], structures, [20, 50, 80, 120])
