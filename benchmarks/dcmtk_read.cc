// DCMTK as a rival that is measured in a process of its own: reads "OPERATION COUNT PATH" lines, runs the operation COUNT
// times and answers with the nanoseconds that took. See worker.py for the protocol and the operations.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmdata/dcuid.h"

static const DcmTagKey HEADER[] = {DCM_PatientName,     DCM_PatientID,      DCM_StudyInstanceUID, DCM_SeriesInstanceUID,
                                   DCM_SOPInstanceUID,  DCM_Modality,       DCM_InstanceNumber,   DCM_ImagePositionPatient,
                                   DCM_PixelSpacing,    DCM_RescaleSlope};

static void check(const OFCondition &status, const std::string &path) {
    if (status.bad())
        throw std::runtime_error(path + ": " + status.text());
}

static void read(const std::string &path) {
    DcmFileFormat file;
    check(file.loadFile(path.c_str()), path);
}

static void header(const std::string &path) {
    DcmFileFormat file;
    check(file.loadFileUntilTag(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_autoDetect, DCM_PixelData), path);
    OFString value;
    for (const DcmTagKey &tag : HEADER)
        check(file.getDataset()->findAndGetOFStringArray(tag, value), path);
}

static std::function<void()> prepare(const std::string &operation, const std::string &path) {
    if (operation == "read")
        return [path] { read(path); };
    if (operation == "header")
        return [path] { header(path); };
    if (operation == "headers") {
        std::vector<std::string> files;
        for (const auto &entry : std::filesystem::directory_iterator(path))
            files.push_back(entry.path().string());
        std::sort(files.begin(), files.end());
        return [files] { std::for_each(files.begin(), files.end(), header); };
    }
    throw std::runtime_error("no operation " + operation);
}

int main() {
    OFLog::configure(OFLogger::ERROR_LOG_LEVEL); // a warning for each file that is not read to its end
    dcmDataDict.rdlock();                        // loads the dictionary
    dcmDataDict.rdunlock();
    std::cout << "ready " << OFFIS_DCMTK_VERSION << std::endl;
    std::string operation, path;
    for (long count; std::cin >> operation >> count && std::getline(std::cin >> std::ws, path);) {
        try {
            const auto run = prepare(operation, path);
            const auto start = std::chrono::steady_clock::now();
            for (long i = 0; i < count; i++)
                run();
            const auto elapsed = std::chrono::steady_clock::now() - start;
            std::cout << std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count() << std::endl;
        } catch (const std::exception &error) {
            std::cout << "error " << error.what() << std::endl;
        }
    }
}
