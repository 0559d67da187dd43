package import CryptoSuite
package import Federation
internal import Foundation

/// Signatures of Standard Webhooks 1.0.0, symmetric: `v1,` and the Base64 of HMAC-SHA-256 over `id.timestamp.body`.
package enum WebhookSignature {
    package static let (idHeader, timestampHeader, signatureHeader) = ("webhook-id", "webhook-timestamp", "webhook-signature")

    /// - Parameters:
    ///   - keys: newest first; with two of them there are two signatures, and a receiver takes either.
    ///   - id: without a dot, so that nothing of it can be taken for the timestamp.
    package static func headers(
        id: String, at now: Instant, body: [UInt8], keys: [Secret], _ suite: CryptoSuite
    ) -> [(name: String, value: String)] {
        let timestamp = now.wholeSeconds
        let signatures = keys.map { "v1," + base64(suite.hmacSHA256($0.bytes, content(id, "\(timestamp)", body))) }
        return [(idHeader, id), (timestampHeader, "\(timestamp)"), (signatureHeader, signatures.joined(separator: " "))]
    }

    /// What a receiver has to look at. Of several signatures one must be right, with one of the keys.
    /// - Returns: false for any reason: nobody is told which.
    package static func isValid(
        id: String, timestamp: String, signatures: String, body: [UInt8], keys: [Secret], now: Instant, _ suite: CryptoSuite
    ) -> Bool {
        // A Double is exact enough for minutes, and takes any number from outside without overflowing.
        guard !id.isEmpty, !id.contains("."), let seconds = Int64(timestamp), "\(seconds)" == timestamp,
            abs(Double(seconds) - Double(now.wholeSeconds)) <= WebhookLimits.timestampToleranceSeconds
        else { return false }
        let wanted = keys.map { Array(base64(suite.hmacSHA256($0.bytes, content(id, timestamp, body))).utf8) }
        var isGood = false
        for signature in signatures.split(separator: " ").prefix(WebhookLimits.signaturesMax) {
            let parts = signature.split(separator: ",", maxSplits: 1)
            guard parts.count == 2, parts[0] == "v1" else { continue }
            for one in wanted where constantTimeEqual(one, Array(parts[1].utf8)) { isGood = true }
        }
        return isGood
    }

    private static func content(_ id: String, _ timestamp: String, _ body: [UInt8]) -> [UInt8] {
        Array(id.utf8) + [UInt8(ascii: ".")] + Array(timestamp.utf8) + [UInt8(ascii: ".")] + body
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}

extension Instant {
    /// Seconds of Unix time, rounded down.
    var wholeSeconds: Int64 { milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0) }
}
