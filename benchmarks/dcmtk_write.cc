// DCMTK as a rival that writes, measured in a process of its own: reads "OPERATION:STATE COUNT PATH" lines, runs the
// operation COUNT times and answers with the nanoseconds that took. See write_worker.py for the protocol and the operations.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcostrmb.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmdata/dcuid.h"

// Writes to a path; with an empty one to `memory`, and sets its length.
using Write = std::function<void(const std::string &target)>;

static std::vector<char> memory;
static size_t length;

static void check(const OFCondition &status, const std::string &path) {
    if (status.bad())
        throw std::runtime_error(path + ": " + status.text());
}

static void write(DcmFileFormat &file, E_TransferSyntax syntax, E_EncodingType lengths, const std::string &target) {
    if (!target.empty()) {
        check(file.saveFile(target.c_str(), syntax, lengths), target);
        return;
    }
    DcmOutputBufferStream stream(memory.data(), memory.size());
    file.transferInit();
    check(file.write(stream, syntax, lengths, nullptr), "memory");
    file.transferEnd();
    void *buffer;
    offile_off_t written;
    stream.flushBuffer(buffer, written);
    length = written;
}

// Sequences keep the lengths that they have in the inputs.
static Write operation_of(const std::string &name, const std::string &path) {
    memory.resize(2 * std::filesystem::file_size(path));
    if (name == "save") {
        auto file = std::make_shared<DcmFileFormat>();
        check(file->loadFile(path.c_str()), path);
        return [file](const std::string &target) { write(*file, EXS_Unknown, EET_ExplicitLength, target); };
    }
    if (name == "implicit")
        return [path](const std::string &target) {
            DcmFileFormat file;
            check(file.loadFile(path.c_str()), path);
            write(file, EXS_LittleEndianImplicit, EET_UndefinedLength, target);
        };
    throw std::runtime_error("no operation " + name);
}

static std::vector<std::string> targets(const std::string &state, long count, const std::string &folder, const Write &write) {
    std::vector<std::string> files;
    for (long i = 0; i < count; i++) {
        files.push_back(state == "memory" ? "" : folder + "/" + std::to_string(i) + ".dcm");
        if (state == "new")
            std::filesystem::remove(files.back());
        else if (state == "there" && !std::filesystem::exists(files.back()))
            write(files.back());
    }
    if (state != "memory")
        sync(); // nobody waits for what others have left to be written
    return files;
}

static void keep_result(const std::string &state, const std::string &file, const Write &write) {
    write(state == "memory" ? "" : file);
    if (state == "memory")
        std::ofstream(file, std::ios::binary).write(memory.data(), length);
}

int main(int, char **arguments) {
    const std::string folder = arguments[1];
    dcmDataDict.rdlock(); // loads the dictionary
    dcmDataDict.rdunlock();
    std::cout << "ready " << OFFIS_DCMTK_VERSION << std::endl;
    std::string operation, path;
    for (long count; std::cin >> operation >> count && std::getline(std::cin >> std::ws, path);) {
        try {
            const auto colon = operation.find(':');
            const auto name = operation.substr(0, colon), state = operation.substr(colon + 1);
            const auto write = operation_of(name, path);
            if (!count)
                keep_result(state, folder + "/result", write);
            const auto files = targets(state, count, folder, write);
            const auto start = std::chrono::steady_clock::now();
            for (const auto &file : files)
                write(file);
            const auto elapsed = std::chrono::steady_clock::now() - start;
            std::cout << std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count() << std::endl;
        } catch (const std::exception &error) {
            std::cout << "error " << error.what() << std::endl;
        }
    }
}
