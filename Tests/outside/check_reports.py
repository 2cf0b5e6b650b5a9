"""Reads measurement reports and key object selections of Grevy with highdicom.

Run: .venv-peers/bin/python check_reports.py FOLDER EXPECTED.json
EXPECTED holds `values` (tracking identifier -> list of [concept code, derivation code or null, value, unit]),
`sources` (tracking identifier -> SOP Instance UIDs of diameters), `segments` (tracking identifier -> segment numbers)
and `selected` (SOP Instance UIDs in order); FOLDER holds *.dcm.
"""
import json
import sys
from pathlib import Path

import highdicom as hd
import pydicom

from objects import Checks

DERIVATION = "121401"


def values_of(content):
    """Concept, derivation, value and unit of each number of a measurement group."""
    found = []
    for item in content:
        if item.ValueType != "NUM":
            continue
        measured = item.MeasuredValueSequence[0]
        modifiers = [
            part.ConceptCodeSequence[0].CodeValue
            for part in item.get("ContentSequence", [])
            if part.ValueType == "CODE"
            and part.ConceptNameCodeSequence[0].CodeValue == DERIVATION]
        found.append((
            item.ConceptNameCodeSequence[0].CodeValue, modifiers[0] if modifiers else None,
            float(measured.FloatingPointValue), measured.MeasurementUnitsCodeSequence[0].CodeValue))
    return found


def read(path, checks, values, sources, segments, selected):
    data = pydicom.dcmread(path)
    if data.Modality == "KO":
        # Says itself when the template or the evidence is not as the standard has them.
        document = hd.ko.KeyObjectSelectionDocument.from_dataset(data)
        checks.that("template of the selection", data.ContentTemplateSequence[0]
                    .TemplateIdentifier == "2010")
        found = [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
                 for item in document.content.get_references()]
        selected += found
        for uid in found:
            checks.that("evidence of a selected image", document.resolve_reference(uid)[2] == uid)
        return
    report = hd.sr.MeasurementReport.from_sequence([data])
    kind = (hd.sr.Comprehensive3DSR if data.SOPClassUID.endswith(".88.34")
            else hd.sr.ComprehensiveSR)
    checks.that("document class", kind.from_dataset(data) is not None)
    groups = (report.get_planar_roi_measurement_groups()
              + report.get_volumetric_roi_measurement_groups() + report.get_image_measurement_groups())
    for group in groups:
        content = group[0].ContentSequence
        name = next(item.TextValue for item in content
                    if item.ConceptNameCodeSequence[0].CodeValue == "112039")
        values.setdefault(name, []).extend(values_of(content))
        if isinstance(group, hd.sr.VolumetricROIMeasurementsAndQualitativeEvaluations):
            numbers = group.referenced_segment[0].ReferencedSOPSequence[0].ReferencedSegmentNumber
            segments[name] = [numbers] if isinstance(numbers, int) else list(numbers)
        # Regions name theirs elsewhere.
        images = [image.referenced_sop_instance_uid for image in getattr(group, "source_images", [])]
        if images:
            sources[name] = images


def main(folder, expected):
    checks = Checks()
    expected = json.loads(Path(expected).read_text())
    values, sources, segments, selected = {}, {}, {}, []
    for path in sorted(Path(folder).glob("*.dcm")):
        read(path, checks, values, sources, segments, selected)
    checks.that("the groups are those written", set(values) == set(expected["values"]),
                f"({sorted(values)})")
    for name, wanted in expected["values"].items():
        found = values.get(name, [])
        checks.that(f"values of {name}", [(v[0], v[1], v[3]) for v in found]
                    == [(w[0], w[1], w[3]) for w in wanted], f"({found})")
        for number, (one, other) in enumerate(zip(found, wanted)):
            checks.near(f"{name} {number}", one[2], other[2], 1e-9)
    checks.that("the images of diameters", sources == expected["sources"], f"({sources})")
    checks.that("the segments of volumes", segments == expected["segments"], f"({segments})")
    checks.that("the selection", selected == expected["selected"], f"({selected})")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
