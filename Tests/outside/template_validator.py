"""Holds reports and selections against the templates of PS3.16 by PixelMed's validator (Debian: libpixelmed-java)."""
import subprocess

# Without these the XPath library of a Java of 2022 or later ends the program with JAXP0801003.
JAVA = ["java", "-Djdk.xml.xpathTotalOpLimit=0", "-Djdk.xml.xpathExprOpLimit=0",
        "-Djdk.xml.xpathExprGrpLimit=0", "-cp", "/usr/share/java/pixelmed.jar",
        "com.pixelmed.validate.DicomSRValidator"]


def template_faults(path, template):
    """What is wrong with an object whose root template has this number; [] when nothing is."""
    said = subprocess.run([*JAVA, path], capture_output=True, text=True, check=False)
    lines = (said.stdout + said.stderr).splitlines()
    faults = [line for line in lines if line.startswith(("Error", "Warning"))]
    for needed in (f"Found Root Template TID_{template} ", "Root Template Validation Complete"):
        if not any(line.startswith(needed) for line in lines):
            faults.append(f"the validator does not say '{needed.strip()}': {lines[-3:]}")
    return faults
