internal import Wire

/// What is said to all is encoded once and read once: both are functions of their argument alone. Every frame still crosses as its bytes,
/// and one whose bytes differ in anything is read for itself.
struct FrameMemo {
    private var sent: [(message: ServerMessage, bytes: [UInt8])] = []
    private var heard: [(bytes: [UInt8], message: ServerMessage)] = []
    /// Frames to all that are under way at the same time are few.
    private static let most = 4

    /// - Throws: as the codec does; nothing is kept of that.
    mutating func encode(_ message: ServerMessage) throws(WireError) -> [UInt8] {
        if let known = sent.first(where: { $0.message == message }) { return known.bytes }
        let bytes = try ControlCodec.encode(message)
        if sent.count == Self.most { sent.removeFirst() }
        sent.append((message, bytes))
        return bytes
    }

    mutating func decode(_ bytes: [UInt8]) throws(WireError) -> ServerMessage {
        if let known = heard.first(where: { $0.bytes == bytes }) { return known.message }
        let message = try ControlCodec.decodeServer(bytes)
        if heard.count == Self.most { heard.removeFirst() }
        heard.append((bytes, message))
        return message
    }
}
