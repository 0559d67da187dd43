internal import Crypto
internal import CryptoSuite
internal import Foundation
internal import SwiftASN1
internal import X509

/// One certificate from PEM, nothing before, behind or beside it.
func certificate(pem text: String) throws(TrustError) -> Certificate {
    guard text.utf8.count <= Limits.pemBytesMax else { throw .certificate(problem: "it is longer than \(Limits.pemBytesMax) bytes") }
    do { return try Certificate(pemEncoded: text) } catch { throw .certificate(problem: "it is no certificate in PEM (\(error))") }
}

/// 1 to `Limits.certificatesMax` certificates.
func certificates(pem text: String) throws(TrustError) -> [Certificate] {
    guard text.utf8.count <= Limits.pemBytesMax else { throw .certificate(problem: "it is longer than \(Limits.pemBytesMax) bytes") }
    let documents: [PEMDocument]
    do { documents = try PEMDocument.parseMultiple(pemString: text) } catch {
        throw .certificate(problem: "it is no list of certificates in PEM (\(error))")
    }
    guard (1...Limits.certificatesMax).contains(documents.count) else {
        throw .certificate(problem: "it holds \(documents.count) certificates, not 1 to \(Limits.certificatesMax)")
    }
    var found: [Certificate] = []
    for document in documents {
        do { found.append(try Certificate(pemDocument: document)) } catch { throw .certificate(problem: "it is no certificate in PEM (\(error))") }
    }
    return found
}

func certificate(der bytes: [UInt8]) throws(TrustError) -> Certificate {
    guard bytes.count <= Limits.certificateBytesMax else {
        throw .certificate(problem: "it is longer than \(Limits.certificateBytesMax) bytes")
    }
    do { return try Certificate(derEncoded: bytes) } catch { throw .certificate(problem: "it is no certificate in DER (\(error))") }
}

func der(_ certificate: Certificate) throws(TrustError) -> [UInt8] {
    do {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    } catch { throw .certificate(problem: "it cannot be written as DER (\(error))") }
}

func pem(der bytes: [UInt8]) -> String {
    PEMDocument(type: "CERTIFICATE", derBytes: bytes).pemString + "\n"
}

/// `sha256:` and the digest of a certificate's DER in hexadecimal.
func pinText(_ digest: [UInt8]) -> String { "sha256:" + hexadecimal(digest) }

/// Sixteen bytes are 32 digits, also when the number begins with zeros.
func serialText(_ serial: Certificate.SerialNumber) -> String {
    let bytes = Array(serial.bytes)
    return hexadecimal([UInt8](repeating: 0, count: max(0, Limits.serialBytes - bytes.count)) + bytes)
}

extension Certificate {
    func isValid(at now: Date) -> Bool { notValidBefore <= now && now <= notValidAfter }

    /// Whether it may sign other certificates.
    var isAuthority: Bool {
        guard let constraints = try? extensions.basicConstraints, case .isCertificateAuthority = constraints else { return false }
        guard let usage = try? extensions.keyUsage else { return true }
        return usage.keyCertSign
    }

    /// A critical extension that nobody here understands makes a certificate unusable (RFC 5280 §4.2).
    var hasOnlyKnownCriticalExtensions: Bool {
        let known: [ASN1ObjectIdentifier] = [
            .X509ExtensionID.basicConstraints, .X509ExtensionID.keyUsage, .X509ExtensionID.extendedKeyUsage,
            .X509ExtensionID.subjectAlternativeName,
        ]
        return extensions.allSatisfy { !$0.critical || known.contains($0.oid) }
    }

    func permits(_ usage: ExtendedKeyUsage.Usage) -> Bool {
        guard let usages = try? extensions.extendedKeyUsage else { return false }
        return usages.contains(usage)
    }
}

extension Date {
    /// A clock that a certificate can be made with: swift-certificates converts it to integers without a check.
    func checked() throws(TrustError) -> Date {
        guard timeIntervalSince1970.isFinite, timeIntervalSince1970 >= 0,
            timeIntervalSince1970 < (Limits.clockYearMax - 1970) * 365 * 86_400
        else { throw .lifetime(problem: "the clock says \(timeIntervalSince1970) seconds since 1970") }
        return self
    }
}

func checked(lifetime seconds: TimeInterval) throws(TrustError) -> TimeInterval {
    guard seconds.isFinite, seconds >= Limits.lifetimeSecondsMin, seconds <= Limits.lifetimeSecondsMax else {
        throw .lifetime(problem: "it is \(seconds) seconds")
    }
    return seconds
}
