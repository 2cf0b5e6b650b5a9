// SPDX-License-Identifier: Apache-2.0
// The directory of a file-set (PS3.10 §8.6), by DCMTK.
#include "internal.hpp"

#include <dcmtk/dcmdata/dcddirif.h>
#include <dcmtk/dcmdata/dcdicdir.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

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

/// Gives the file-set its identifier, which DCMTK draws at random.
void identify(const std::string &file, const char *uid) {
    DcmDicomDir directory(OFFilename(file.c_str()));
    check(directory.error(), DCM_IO);
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
        identify(file, uid);
        *left_out = static_cast<uint8_t *>(std::malloc(missing.empty() ? 1 : missing.size()));
        if (*left_out == nullptr) throw std::bad_alloc();
        std::memcpy(*left_out, missing.data(), missing.size());
        *count = missing.size();
    });
}
