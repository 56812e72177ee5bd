// DCMTK as a rival that signs and verifies, measured in a process of its own: reads "OPERATION COUNT PATH" lines, runs the
// operation COUNT times and answers with the nanoseconds that took. See security_worker.py for the protocol and the operations.
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmdata/dcuid.h"
#include "dcmtk/dcmsign/dcsignat.h"
#include "dcmtk/dcmsign/sicert.h"
#include "dcmtk/dcmsign/sicertvf.h"
#include "dcmtk/dcmsign/simdmac.h"
#include "dcmtk/dcmsign/sinullpr.h"
#include "dcmtk/dcmsign/siprivat.h"

#include <openssl/x509.h>

static void check(const OFCondition &status, const std::string &what) {
    if (status.bad())
        throw std::runtime_error(what + ": " + status.text());
}

static void verify(const std::string &path, SiCertificateVerifier &trust) {
    DcmFileFormat file;
    check(file.loadFile(path.c_str()), path);
    DcmSignature signature;
    DcmStack stack;
    unsigned long count = 0;
    for (DcmItem *item = DcmSignature::findFirstSignatureItem(*file.getDataset(), stack); item;
         item = DcmSignature::findNextSignatureItem(*file.getDataset(), stack)) {
        signature.attach(item);
        for (unsigned long i = 0; i < signature.numberOfSignatures(); i++, count++) {
            check(signature.selectSignature(i), "not valid");
            check(signature.verifyCurrent(), "not valid");
            SiCertificate *certificate = signature.getCurrentCertificate();
            if (!certificate)
                throw std::runtime_error("not valid: no certificate");
            check(trust.verifyCertificate(*certificate), "not valid");
        }
        signature.detach();
    }
    if (!count)
        throw std::runtime_error("not valid: no signature");
}

static std::function<void()> verification(const std::string &path, const std::string &folder) {
    auto trust = std::make_shared<SiCertificateVerifier>();
    check(trust->addTrustedCertificateFile((folder + "/root.pem").c_str(), X509_FILETYPE_PEM), folder);
    return [path, trust] { verify(path, *trust); };
}

struct Signer {
    SiPrivateKey key;
    SiCertificate certificate;
};

static E_MACType mac_type(const std::string &name) {
    if (name == "RIPEMD160")
        return EMT_RIPEMD160;
    if (name == "SHA1")
        return EMT_SHA1;
    if (name == "SHA256")
        return EMT_SHA256;
    if (name == "SHA384")
        return EMT_SHA384;
    if (name == "SHA512")
        return EMT_SHA512;
    throw std::runtime_error("no MAC " + name);
}

static std::function<void(const std::string &)> signing(const std::string &kind_and_mac, const std::string &path,
                                                        const std::string &folder) {
    const auto colon = kind_and_mac.find(':');
    const auto stem = folder + "/" + kind_and_mac.substr(0, colon);
    const E_MACType mac = mac_type(kind_and_mac.substr(colon + 1));
    auto signer = std::make_shared<Signer>();
    signer->key.setPrivateKeyPasswd("");
    check(signer->key.loadPrivateKey((stem + ".key.pem").c_str(), X509_FILETYPE_PEM), stem);
    check(signer->certificate.loadCertificate((stem + ".pem").c_str(), X509_FILETYPE_PEM), stem);
    return [path, signer, mac](const std::string &target) {
        DcmFileFormat file;
        check(file.loadFile(path.c_str()), path);
        DcmSignature signature;
        SiMDMAC digest(mac);
        SiNullProfile profile;
        signature.attach(file.getDataset());
        check(signature.createSignature(signer->key, signer->certificate, digest, profile), "not signed");
        signature.detach();
        if (!target.empty())
            check(file.saveFile(target.c_str(), EXS_LittleEndianExplicit), target);
    };
}

static std::function<void()> prepare(const std::string &operation, long count, const std::string &path,
                                     const std::string &folder) {
    if (operation == "verify")
        return verification(path, folder);
    if (operation.rfind("sign:", 0) == 0) {
        const auto sign = signing(operation.substr(5), path, folder);
        if (!count)
            sign(folder + "/dcmtk.dcm");
        return [sign] { sign(""); };
    }
    throw std::runtime_error("no operation " + operation);
}

int main(int, char **arguments) {
    const std::string folder = arguments[1];
    OFLog::configure(OFLogger::FATAL_LOG_LEVEL);
    DcmSignature::initializeLibrary();
    dcmDataDict.rdlock(); // loads the dictionary
    dcmDataDict.rdunlock();
    std::cout << "ready " << OFFIS_DCMTK_VERSION << std::endl;
    std::string operation, path;
    for (long count; std::cin >> operation >> count && std::getline(std::cin >> std::ws, path);) {
        try {
            const auto run = prepare(operation, count, path, folder);
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
