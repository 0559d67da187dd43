/// Control messages as bytes. Every field is bounded on the way out and on the way in by the same check.
///
/// Messages are written by hand (`ControlWriter`) to the bytes that the protocol buffers would write, and what was written so is read by hand
/// (`ControlReader`). What another implementation wrote in another way is read by the protocol buffers, which only `+Decode` knows.
package enum ControlCodec {
    /// The newest and the oldest version this code speaks.
    package static let version = 1
    package static let oldest = 1

    /// The version two sides speak: the newest that both know. nil: none.
    /// - Parameters:
    ///   - min: the oldest the other side speaks; `max`: its newest.
    ///   - own: what this side speaks.
    package static func negotiate(min: Int, max: Int, own: ClosedRange<Int> = oldest...version) -> Int? {
        let common = Swift.min(max, own.upperBound)
        return common >= Swift.max(min, own.lowerBound) ? common : nil
    }

    /// - Throws: `.field` for a message that the other side would refuse.
    package static func encode(_ message: ServerMessage) throws(WireError) -> [UInt8] {
        try message.check()
        if case .secure(let frame) = message { return SecureFrameCodec.encode(frame, from: .coordinator) }
        return ControlWriter.bytes(message)
    }

    /// - Throws: `.field` for a message that the other side would refuse.
    package static func encode(_ message: ClientMessage) throws(WireError) -> [UInt8] {
        try message.check()
        if case .secure(let frame) = message { return SecureFrameCodec.encode(frame, from: .client) }
        return ControlWriter.bytes(message)
    }

    /// Words for people, from either side: at most `Limits.reasonBytes`, and nothing in them that moves a terminal's cursor or
    /// breaks a log line.
    package static func plain(_ text: String) -> String {
        // Nearly always there is nothing to replace.
        if text.utf8.count <= Limits.reasonBytes, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            let shown: Unicode.Scalar = isControl ? " " : scalar
            bytes += UTF8.width(shown)
            if bytes > Limits.reasonBytes { break }
            kept.append(shown)
        }
        return String(kept)
    }
}
