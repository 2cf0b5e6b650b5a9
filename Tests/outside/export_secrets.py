"""What must not be found in a de-identified archive, and the search for it."""
import re
from io import BytesIO

import pydicom
from pydicom.datadict import keyword_for_tag

SAFE_UIDS = "1.2.840.10008."
CLASSES = {"SOPClassUID", "ReferencedSOPClassUID", "CodingSchemeUID", "ContextUID", "MappingResourceUID",
           "MediaStorageSOPClassUID", "TransferSyntaxUID", "ImplementationClassUID"}
IDENTIFIERS = {"PatientID", "OtherPatientIDs", "AccessionNumber", "InstitutionName", "StationName",
               "DeviceSerialNumber", "InstitutionAddress", "RequestedProcedureID", "IssuerOfPatientID"}
# Words that a name or place may have in common with descriptions, and what makers call their test patients.
COMMON = {"anonymous", "patient", "phantom", "test", "none", "unknown", "grevy", "liver", "dicom", "image",
          "images", "simulated", "synthetic", "anonymized", "removed"}


def read(source):
    return pydicom.dcmread(source, force=True)


def secrets(path):
    """What must not be found again: names, identifiers, dates, UIDs."""
    words, uids, dates = set(), set(), set()
    for element in read(path).iterall():
        values = element.value if isinstance(element.value, (list, pydicom.multival.MultiValue)) else [
            element.value]
        for value in values:
            text = str(value)
            if element.VR == "UI":
                known = text.startswith(SAFE_UIDS) or keyword_for_tag(element.tag) in CLASSES
                if text and not known and len(text) > 8:
                    uids.add(text)
            elif element.VR == "DA" and re.fullmatch(r"\d{8}", text):
                dates.add(text)
            elif element.VR == "PN" or element.keyword in IDENTIFIERS:
                for word in re.split(r"[^\w]+", text):
                    long = len(word) >= (4 if re.search("[A-Za-z]", word) else 5)
                    if long and word.lower() not in COMMON:
                        words.add(word)
    return words, uids, dates


# Coding schemes that others than hospitals and makers publish (PS3.16 table 8-1).
SCHEMES = {"DCM", "SCT", "SRT", "SNM3", "UCUM", "LN", "FMA", "UMLS", "NCIt", "RADLEX"}
# What the standard enumerates for reports (PS3.3 C.17.3.2.1).
REPORT_TERMS = {"TEXT", "CODE", "NUM", "PNAME", "DATE", "TIME", "DATETIME", "UIDREF", "COMPOSITE", "IMAGE",
                "WAVEFORM", "SCOORD", "SCOORD3D", "TCOORD", "CONTAINER", "TABLE", "CONTAINS",
                "HAS PROPERTIES", "HAS OBS CONTEXT", "HAS ACQ CONTEXT", "INFERRED FROM", "SELECTED FROM",
                "HAS CONCEPT MOD"}


def without_terms(content):
    """A DICOM file without coded entries of published schemes and values that the standard enumerates:
    their words are the standard's, whoever else is called so."""
    whole = read(BytesIO(content))

    def strip(item):
        if item.get("CodingSchemeDesignator") in SCHEMES and item.get("CodeMeaning"):
            for keyword in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning"):
                if keyword in item:
                    delattr(item, keyword)
        for keyword in ("ValueType", "RelationshipType"):
            if item.get(keyword) in REPORT_TERMS:
                delattr(item, keyword)
        for element in item:
            if element.VR == "SQ":
                for inner in element.value:
                    strip(inner)

    strip(whole)
    rest = BytesIO()
    whole.save_as(rest)
    return rest.getvalue()


def stands(word, content):
    """Whether a word is in there, in others too; of four letters only by itself: "context" is no "text"."""
    if len(word) > 4:
        return word in content
    return re.search(rb"(?<![a-z])" + re.escape(word) + rb"(?![a-z])", content) is not None


def search(archive, words, others):
    """Which words, and which other needles, stand in any file of the archive, in any case of letters."""
    hits = set()
    words, others = [{needle.lower().encode() for needle in needles} for needles in (words, others)]
    for name in archive.namelist():
        if name.startswith("manifest.json") or name == "README.txt":
            continue
        content = archive.read(name)
        lowered = content.lower()
        hits |= {(needle, name) for needle in others if needle in lowered}
        if any(stands(word, lowered) for word in words) and name.startswith("DICOM"):
            lowered = without_terms(content).lower()
        hits |= {(word, name) for word in words if stands(word, lowered)}
    return hits
