/// Frames of secure aggregation are most of what crosses, and there are many of them. They are written and read here by hand, to the same
/// bytes as everywhere else. What is not in the form that this side writes (fields in another order, unknown ones, longer numbers) is left
/// to the protocol buffers.
enum SecureFrameCodec {
    enum Side {
        /// `secure_reply`, field 14 of the envelope.
        case client
        /// `secure`, field 36.
        case coordinator

        fileprivate var tag: [UInt8] {
            switch self {
            case .client: [0x72]
            case .coordinator: [0xA2, 0x02]
            }
        }
    }

    // Field numbers and wire types (protobuf.dev/programming-guides/encoding).
    private static let (version, session, round, attempt, message): (UInt8, UInt8, UInt8, UInt8, UInt8) = (0x08, 0x0A, 0x10, 0x18, 0x22)

    static func encode(_ frame: SecureFrame, from side: Side) -> [UInt8] {
        var inner: [UInt8] = []
        inner.reserveCapacity(frame.sessionID.utf8.count + 24)
        // What has its default value is left out.
        if !frame.sessionID.isEmpty {
            inner.append(session)
            append(UInt64(frame.sessionID.utf8.count), to: &inner)
            inner += frame.sessionID.utf8
        }
        for (tag, number) in [(round, UInt32(clamping: frame.round)), (attempt, UInt32(clamping: frame.attempt))] where number != 0 {
            inner.append(tag)
            append(UInt64(number), to: &inner)
        }
        if !frame.message.isEmpty {
            inner.append(message)
            append(UInt64(frame.message.count), to: &inner)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(inner.count + frame.message.count + 12)
        bytes.append(version)
        append(UInt64(ControlCodec.version), to: &bytes)
        bytes += side.tag
        append(UInt64(inner.count + frame.message.count), to: &bytes)
        bytes += inner
        bytes += frame.message
        return bytes
    }

    /// nil: something else, or written in another way.
    static func decode(_ bytes: [UInt8], from side: Side) -> SecureFrame? {
        bytes.withUnsafeBufferPointer { bytes in
            var reader = Reader(bytes: bytes)
            guard reader.take(version), reader.number() == UInt64(ControlCodec.version) else { return nil }
            for byte in side.tag { guard reader.take(byte) else { return nil } }
            guard let length = reader.number(), length == UInt64(reader.left) else { return nil }
            var frame = SecureFrame(sessionID: "", round: 0, attempt: 0, message: [])
            if reader.take(session) {
                guard let text = reader.part(), let name = String(validating: text, as: UTF8.self) else { return nil }
                frame.sessionID = name
            }
            if reader.take(round) {
                guard let number = reader.number(), let whole = UInt32(exactly: number) else { return nil }
                frame.round = Int(whole)
            }
            if reader.take(attempt) {
                guard let number = reader.number(), let whole = UInt32(exactly: number) else { return nil }
                frame.attempt = Int(whole)
            }
            if reader.take(message) {
                guard let part = reader.part() else { return nil }
                frame.message = Array(part)
            }
            return reader.left == 0 ? frame : nil
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var at = 0

        var left: Int { bytes.count - at }

        mutating func take(_ byte: UInt8) -> Bool {
            guard at < bytes.count, bytes[at] == byte else { return false }
            at += 1
            return true
        }

        /// A number of at most five bytes.
        mutating func number() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 35, by: 7) {
                guard at < bytes.count else { return nil }
                let byte = bytes[at]
                at += 1
                value |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }

        /// What stands behind its length.
        mutating func part() -> UnsafeBufferPointer<UInt8>? {
            guard let length = number(), length <= UInt64(left) else { return nil }
            let begin = at
            at += Int(length)
            return UnsafeBufferPointer(rebasing: bytes[begin..<at])
        }
    }
}
