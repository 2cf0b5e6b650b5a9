// SPDX-License-Identifier: Apache-2.0
// The directory of a file-set (PS3.10 §8.6), by DCMTK.
#include "internal.hpp"

#include <dcmtk/dcmdata/dcddirif.h>
#include <dcmtk/dcmdata/dcdicdir.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <initializer_list>

using namespace shim;

namespace {

/// The files below `folder`/DICOM, named from `folder`, in the order of their names.
std::vector<std::string> filesBelow(const std::filesystem::path &folder) {
    std::vector<std::string> names;
    const auto options = std::filesystem::directory_options::none;
    for (const auto &entry :
         std::filesystem::recursive_directory_iterator(folder / "DICOM", options)) {
        if (entry.is_regular_file()) {
            names.push_back(std::filesystem::relative(entry.path().parent_path(), folder) /
                            entry.path().filename());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// Adds what the general-purpose profile takes or would take in another coding: files are listed
/// as they are, whatever their transfer syntax.
void configure(DicomDirInterface &directory) {
    directory.disableBackupMode();
    directory.disableTransferSyntaxCheck();
    directory.disableEncodingCheck();
    directory.disableResolutionCheck();
    directory.disableConsistencyCheck();
    directory.enableInventMode();
    directory.enableInventPatientIDMode();
}

/// The file of the first record with one at or below `record`; empty when there is none.
std::string firstFile(DcmDirectoryRecord &record, const std::string &folder) {
    OFString parts;
    if (record.findAndGetOFStringArray(DCM_ReferencedFileID, parts).good() && !parts.empty()) {
        std::string name(parts.c_str());
        std::replace(name.begin(), name.end(), '\\', '/');
        return folder + "/" + name;
    }
    for (unsigned long n = 0; n < record.cardSub(); ++n) {
        const std::string file = firstFile(*record.getSub(n), folder);
        if (!file.empty()) return file;
    }
    return "";
}

/// The first value there is of some attributes, else `fallback`.
OFString firstValue(DcmItem &data, std::initializer_list<DcmTagKey> tags, const char *fallback) {
    for (const DcmTagKey &tag : tags) {
        OFString value;
        if (data.findAndGetOFString(tag, value).good() && !value.empty()) return value;
    }
    return fallback;
}

/// A study record must have date and time (PS3.3 §F.5.2); for a study without them DCMTK takes the
/// moment of writing, which says nothing of it and differs from run to run.
void dateStudy(DcmDirectoryRecord &study, const std::string &folder) {
    DcmFileFormat file;
    const std::string name = firstFile(study, folder);
    if (name.empty() || file.loadFile(name.c_str(), EXS_Unknown, EGL_noChange, 256).bad()) return;
    DcmItem &data = *file.getDataset();
    const OFString date = firstValue(
        data, {DCM_StudyDate, DCM_SeriesDate, DCM_AcquisitionDate, DCM_ContentDate}, "19000101");
    const OFString time = firstValue(
        data, {DCM_StudyTime, DCM_SeriesTime, DCM_AcquisitionTime, DCM_ContentTime}, "000000");
    check(study.putAndInsertOFStringArray(DCM_StudyDate, date), DCM_INTERNAL);
    check(study.putAndInsertOFStringArray(DCM_StudyTime, time), DCM_INTERNAL);
}

/// Gives the file-set its identifier, which DCMTK draws at random, and undated studies a date.
void identify(const std::string &file, const std::string &folder, const char *uid) {
    DcmDicomDir directory(OFFilename(file.c_str()));
    check(directory.error(), DCM_IO);
    DcmDirectoryRecord &root = directory.getRootRecord();
    for (unsigned long n = 0; n < root.cardSub(); ++n) {
        DcmDirectoryRecord &patient = *root.getSub(n);
        for (unsigned long m = 0; m < patient.cardSub(); ++m) {
            dateStudy(*patient.getSub(m), folder);
        }
    }
    DcmMetaInfo *meta = directory.getDirFileFormat().getMetaInfo();
    check(meta->putAndInsertString(DCM_MediaStorageSOPInstanceUID, uid), DCM_INTERNAL);
    check(
        directory.write(EXS_LittleEndianExplicit, EET_ExplicitLength, EGL_withoutGL), DCM_IO);
}

}  // namespace

dcm_status dcm_directory(
    const char *folder, const char *uid, uint8_t **left_out, size_t *count, char *message,
    size_t message_size) {
    return guarded(message, message_size, [&] {
        OFLog::configure(OFLogger::OFF_LOG_LEVEL);
        const std::string file = std::string(folder) + "/DICOMDIR";
        DicomDirInterface directory;
        check(
            directory.createNewDicomDir(
                DicomDirInterface::AP_GeneralPurpose, file.c_str(), "GREVY"),
            DCM_IO);
        configure(directory);
        std::string missing;
        for (const std::string &name : filesBelow(folder)) {
            if (directory.addDicomFile(name.c_str(), folder).bad()) missing += name + "\n";
        }
        check(directory.writeDicomDir(EET_ExplicitLength, EGL_withoutGL), DCM_IO);
        identify(file, folder, uid);
        *left_out = static_cast<uint8_t *>(std::malloc(missing.empty() ? 1 : missing.size()));
        if (*left_out == nullptr) throw std::bad_alloc();
        std::memcpy(*left_out, missing.data(), missing.size());
        *count = missing.size();
    });
}
