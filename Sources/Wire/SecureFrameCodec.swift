/// Frames of secure aggregation are most of what crosses, and can be long: they are written in one piece, to the same bytes as
/// `ControlWriter` would.
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

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
