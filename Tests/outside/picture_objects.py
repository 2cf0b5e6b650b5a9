"""Ultrasound and secondary captures as devices write them, one series each, with the colours that pydicom and
Pillow find in them."""
import io

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut, convert_color_space
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless, generate_uid

FRAMES, ROWS, COLUMNS = 5, 48, 64
US, US_MULTI, SC, SC_COLOUR = "1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.3.1", \
    "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.7.4"
PATIENT = {"PatientName": "Sonata^Vera", "PatientID": "US-1", "PatientBirthDate": "19610101", "PatientSex": "F"}
STUDY = generate_uid()
# Physical deltas of the calibrated region, in cm: 0.5 mm across, 0.25 mm down.
REGION = {"x0": 8, "y0": 4, "x1": 55, "y1": 43, "dx": 0.05, "dy": 0.025}


def blank(modality, sop_class, words, number):
    one = Dataset()
    for name, value in PATIENT.items():
        setattr(one, name, value)
    one.StudyInstanceUID, one.StudyDate, one.StudyTime = STUDY, "20260302", "101500"
    one.StudyID, one.AccessionNumber = "1", "U-1"
    one.SOPClassUID, one.SOPInstanceUID, one.SeriesInstanceUID = sop_class, generate_uid(), generate_uid()
    one.Modality, one.SeriesDescription, one.SeriesNumber, one.InstanceNumber = modality, words, number, 1
    one.Rows, one.Columns, one.BurnedInAnnotation = ROWS, COLUMNS, "NO"
    one.ConversionType = "WSD"
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 8, 8, 7, 0
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return one


def colours(frames):
    """Smooth colours, other ones in each frame: (frames, rows, columns, 3)."""
    row, column = np.mgrid[0:ROWS, 0:COLUMNS]
    return np.stack([np.stack([
        (4 * column + 20 * n) % 256, 5 * row, 255 - 2 * (row + column // 2)], axis=-1) for n in range(frames)]).astype(np.uint8)


def greys(frames):
    row, column = np.mgrid[0:ROWS, 0:COLUMNS]
    return np.stack([(3 * row + 2 * column + 11 * n) % 256 for n in range(frames)]).astype(np.uint8)


def cine(one, frames):
    one.NumberOfFrames = frames
    one.FrameTime, one.FrameIncrementPointer = 40, 0x00181063
    return one


def calibrated(one):
    """A region of a linear probe's image whose pixels have a size."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = REGION["x0"], REGION["y0"]
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = REGION["x1"], REGION["y1"]
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX, region.PhysicalDeltaY = REGION["dx"], REGION["dy"]
    one.SequenceOfUltrasoundRegions = [region]
    return one


def in_colour(one, interpretation, stored, planar=0):
    one.SamplesPerPixel, one.PhotometricInterpretation, one.PlanarConfiguration = 3, interpretation, planar
    one.PixelData = stored.tobytes()
    return one


def rgb(number):
    one = cine(blank("US", US_MULTI, "RGB cine", number), FRAMES)
    return [in_colour(one, "RGB", colours(FRAMES))], colours(FRAMES)


def planes(number):
    one = cine(blank("US", US_MULTI, "RGB in planes", number), FRAMES)
    return [in_colour(one, "RGB", np.moveaxis(colours(FRAMES), -1, 1), 1)], colours(FRAMES)


def ybr(number):
    stored = convert_color_space(colours(FRAMES), "RGB", "YBR_FULL")
    one = cine(blank("US", US_MULTI, "YBR_FULL cine", number), FRAMES)
    return [in_colour(one, "YBR_FULL", stored)], convert_color_space(stored, "YBR_FULL", "RGB")


def ybr_422(number):
    """Native, chrominances of the first of two pixels: pydicom reads it back itself."""
    full = convert_color_space(colours(1), "RGB", "YBR_FULL")[0]
    stored = np.empty((ROWS, COLUMNS // 2, 4), np.uint8)
    stored[..., 0], stored[..., 1] = full[:, 0::2, 0], full[:, 1::2, 0]
    stored[..., 2:] = full[:, 0::2, 1:]
    one = in_colour(blank("US", US, "YBR_FULL_422 native", number), "YBR_FULL_422", stored)
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    return [one], one.pixel_array[np.newaxis]


def jpeg(number):
    """Baseline JPEG with halved chrominances, as most ultrasound comes; Pillow decodes the same streams."""
    streams = []
    for frame in colours(FRAMES):
        stream = io.BytesIO()
        Image.fromarray(frame).save(stream, "JPEG", quality=95, subsampling="4:2:2")
        streams.append(stream.getvalue())
    one = cine(blank("US", US_MULTI, "JPEG cine", number), FRAMES)
    in_colour(one, "YBR_FULL_422", np.zeros(0, np.uint8))
    one.PixelData = encapsulate(streams)
    one["PixelData"].is_undefined_length = True
    one.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    one.LossyImageCompression, one.LossyImageCompressionRatio = "01", "5"
    decoded = np.stack([np.asarray(Image.open(io.BytesIO(stream)).convert("RGB")) for stream in streams])
    return [one], decoded


def palette(number, is_segmented=False):
    one = cine(blank("US", US_MULTI, f"Palette{' in segments' if is_segmented else ''}", number), FRAMES)
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "PALETTE COLOR"
    entries = np.arange(256)
    tables = {"Red": entries * 257, "Green": (255 - entries) * 257, "Blue": (entries // 2) * 514}
    for name, table in tables.items():
        setattr(one, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        if is_segmented:
            # One given entry, then a straight line to the last.
            words = np.array([0, 1, table[0], 1, 255, table[-1]], "<u2")
            setattr(one, f"Segmented{name}PaletteColorLookupTableData", words.tobytes())
        else:
            setattr(one, f"{name}PaletteColorLookupTableData", table.astype("<u2").tobytes())
    one.PixelData = greys(FRAMES).tobytes()
    return [one], (apply_color_lut(greys(FRAMES), one) >> 8).astype(np.uint8)


def in_grey(one, stored):
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.PixelData = stored.tobytes()
    return one


def three_fold(values):
    return np.repeat(values[..., np.newaxis], 3, axis=-1)


def grey(number):
    one = calibrated(cine(blank("US", US_MULTI, "Grey cine", number), FRAMES))
    return [in_grey(one, greys(FRAMES))], three_fold(greys(FRAMES))


def grey_capture(number):
    """With the window that most writers of captures state."""
    one = in_grey(blank("OT", SC, "Grey capture", number), greys(1) // 2)
    one.WindowCenter, one.WindowWidth = 128, 256
    return [one], three_fold(greys(1) // 2)


def colour_capture(number):
    return [in_colour(blank("SC", SC, "Colour capture", number), "RGB", colours(1))], colours(1)


def run_lengths(number):
    one = in_colour(cine(blank("OT", SC_COLOUR, "RLE capture", number), FRAMES), "RGB", colours(FRAMES))
    one.compress(RLELossless, generate_instance_uid=False)
    return [one], colours(FRAMES)


def mixed(number):
    """One series with a colour picture before a grey one."""
    first = in_colour(blank("US", US, "Colour and grey", number), "RGB", colours(1))
    second = in_grey(blank("US", US, "Colour and grey", number), greys(1))
    second.SeriesInstanceUID, second.InstanceNumber = first.SeriesInstanceUID, 2
    return [first, second], np.concatenate([colours(1), three_fold(greys(1))])


# Name: maker, whether all frames are in colour, largest difference of a level.
KINDS = {
    "rgb": (rgb, True, 0), "planes": (planes, True, 0), "ybr": (ybr, True, 0), "ybr 4:2:2": (ybr_422, True, 0),
    # Two decoders of one stream round their cosine transforms and chrominances apart.
    "jpeg": (jpeg, True, 1), "palette": (palette, True, 0), "segmented palette": (lambda n: palette(n, True), True, 0),
    "grey": (grey, False, 0), "grey capture": (grey_capture, False, 0), "colour capture": (colour_capture, True, 0),
    "rle": (run_lengths, True, 0), "colour and grey": (mixed, False, 0),
}
