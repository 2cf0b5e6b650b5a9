"""Holds reports and selections against the templates of PS3.16 by PixelMed's validator (Debian: libpixelmed-java)."""
import subprocess

# Without these the XPath library of a Java of 2022 or later ends the program with JAXP0801003.
JAVA = ["java", "-Djdk.xml.xpathTotalOpLimit=0", "-Djdk.xml.xpathExprOpLimit=0",
        "-Djdk.xml.xpathExprGrpLimit=0", "-cp", "/usr/share/java/pixelmed.jar",
        "com.pixelmed.validate.DicomSRValidator"]
# Debian's version has TID 1501 from before it held qualitative evaluations (rows 11 and 12).
YOUNGER = '(112048,DCM,"Current Response"): Content Item not in template'
# TID 310 row 5 has the ranges of uncertainty as properties of a number; the validator takes every number within a
# number for rows 13 and 14 of TID 1419 too, which are inferred from.
RANGES = ("371885007,SCT", "371886008,SCT")
PROPERTIES = "Incorrect relationship - expected INFERRED FROM - found HAS PROPERTIES"


def template_faults(path, template):
    """What is wrong with an object whose root template has this number; [] when nothing is."""
    said = subprocess.run([*JAVA, path], capture_output=True, text=True, check=False)
    lines = (said.stdout + said.stderr).splitlines()
    faults = [line for line in lines if line.startswith(("Error", "Warning")) and not line.endswith(YOUNGER)
              and not (line.endswith(PROPERTIES) and any(code in line for code in RANGES))]
    for needed in (f"Found Root Template TID_{template} ", "Root Template Validation Complete"):
        if not any(line.startswith(needed) for line in lines):
            faults.append(f"the validator does not say '{needed.strip()}': {lines[-3:]}")
    return faults
