internal import Crypto
internal import Foundation

/// Who asks an object store, for what region of which service.
package struct StoreCredentials: Sendable, CustomStringConvertible, CustomReflectable {
    package var keyID: String
    package var secret: String
    /// Of credentials that end; nil: they do not.
    package var sessionToken: String?
    package var region: String
    package var service: String

    package init(keyID: String, secret: String, sessionToken: String? = nil, region: String, service: String = "s3") {
        (self.keyID, self.secret, self.sessionToken, self.region, self.service) = (keyID, secret, sessionToken, region, service)
    }

    /// Neither the secret nor the token is ever shown.
    package var customMirror: Mirror { Mirror(self, children: []) }
    package var description: String { "credentials \(keyID) for \(region)" }
}

/// AWS Signature Version 4 in a header (docs.aws.amazon.com, "Create a signed AWS API request"), for requests without a body.
package enum RequestSignature {
    /// SHA-256 of nothing.
    package static let emptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// - Parameters:
    ///   - path: encoded as it is sent.
    ///   - query: names and values, not encoded.
    ///   - headers: all that are to be signed, `host` and `x-amz-date` among them.
    ///   - stamp: `20130524T000000Z`, as in `x-amz-date`.
    /// - Returns: the value of `Authorization`.
    package static func authorization(
        _ method: String, path: String, query: [(name: String, value: String)] = [], headers: [(name: String, value: String)], stamp: String,
        bodySHA256: String = emptyBody, _ credentials: StoreCredentials
    ) -> String {
        let lower = headers.map { (name: $0.name.lowercased(), value: trimmed($0.value)) }.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        let names = lower.map(\.name).joined(separator: ";")
        let pairs = query.map { (encoded($0.name, keeps: ""), encoded($0.value, keeps: "")) }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        let canonical = [
            method, path, pairs.map { "\($0.0)=\($0.1)" }.joined(separator: "&"), lower.map { "\($0.name):\($0.value)\n" }.joined(), names, bodySHA256,
        ].joined(separator: "\n")
        let day = String(stamp.prefix(8))
        let scope = "\(day)/\(credentials.region)/\(credentials.service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(hex(SHA256.hash(data: Data(canonical.utf8))))"
        var key = Array("AWS4\(credentials.secret)".utf8)
        for part in [day, credentials.region, credentials.service, "aws4_request"] { key = mac(part, key) }
        return "AWS4-HMAC-SHA256 Credential=\(credentials.keyID)/\(scope),SignedHeaders=\(names),Signature=\(hex(mac(text, key)))"
    }

    /// RFC 3986: everything but what is unreserved, and `keeps`, as %XX.
    package static func encoded(_ text: String, keeps: String = "/") -> String {
        let digits = Array("0123456789ABCDEF")
        var out = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain = byte < 0x80 && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte) || "-._~".unicodeScalars.contains(scalar))
            if isPlain || keeps.utf8.contains(byte) { out.unicodeScalars.append(scalar) } else { out += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])" }
        }
        return out
    }

    /// `20130524T000000Z` of seconds since 1970.
    package static func stamp(_ seconds: Int64) -> String {
        let date = Date(timeIntervalSince1970: Double(seconds))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        func digits(_ number: Int?, _ count: Int) -> String {
            let text = String(max(0, number ?? 0))
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(parts.year, 4) + digits(parts.month, 2) + digits(parts.day, 2) + "T" + digits(parts.hour, 2) + digits(parts.minute, 2)
            + digits(parts.second, 2) + "Z"
    }

    private static func mac(_ text: String, _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))
    }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private static func trimmed(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }
}
