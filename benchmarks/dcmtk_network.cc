// DCMTK as a rival that is measured in a process of its own: reads "OPERATION COUNT PORT" lines and answers with the
// nanoseconds that COUNT runs take at the median. See network_worker.py for the operations.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmnet/scu.h"

static void check(const OFCondition &status) {
    if (status.bad())
        throw std::runtime_error(status.text());
}

static void open(DcmSCU &scu, long port) {
    OFList<OFString> syntaxes;
    syntaxes.push_back(UID_LittleEndianImplicitTransferSyntax);
    scu.setPeerHostName("127.0.0.1");
    scu.setPeerPort(port);
    check(scu.addPresentationContext(UID_VerificationSOPClass, syntaxes));
    check(scu.initNetwork());
    check(scu.negotiateAssociation());
}

template <class Function> static long long nanoseconds(Function run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
}

static std::vector<long long> measure(const std::string &operation, long count, long port) {
    std::vector<long long> times;
    if (operation == "echo") {
        DcmSCU scu;
        open(scu, port);
        for (long i = 0; i < count; i++)
            times.push_back(nanoseconds([&] { check(scu.sendECHORequest(0)); }));
        check(scu.releaseAssociation());
    } else if (operation == "associate") {
        for (long i = 0; i < count; i++)
            times.push_back(nanoseconds([&] {
                DcmSCU scu;
                open(scu, port);
                check(scu.releaseAssociation());
            }));
    } else
        throw std::runtime_error("no operation " + operation);
    return times;
}

int main() {
    OFLog::configure(OFLogger::ERROR_LOG_LEVEL);
    std::cout << "ready " << OFFIS_DCMTK_VERSION << std::endl;
    std::string operation;
    for (long count, port; std::cin >> operation >> count >> port;) {
        try {
            auto times = measure(operation, count, port);
            std::nth_element(times.begin(), times.begin() + count / 2, times.end());
            std::cout << times[count / 2] * count << std::endl;
        } catch (const std::exception &error) {
            std::cout << "error " << error.what() << std::endl;
        }
    }
}
