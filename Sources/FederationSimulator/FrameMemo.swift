internal import Wire

/// What is said to all is encoded once and read once: both are functions of their argument alone. Every frame still crosses as its bytes,
/// and one whose bytes differ in anything is read for itself.
struct FrameMemo {
    private var sent: [(message: ServerMessage, bytes: [UInt8])] = []
    private var sentSecurely: [(frame: SecureFrame, bytes: [UInt8])] = []
    private var heard: [(bytes: [UInt8], message: ServerMessage)] = []
    /// Frames to all that are under way at the same time are few.
    private static let most = 4

    /// - Throws: as the codec does; nothing is kept of that.
    mutating func encode(_ message: ServerMessage) throws(WireError) -> [UInt8] {
        // These are for one client each.
        if case .roundStart = message { return try ControlCodec.encode(message) }
        if case .secure(let frame) = message { return try encode(frame) }
        for at in sent.indices where sent[at].message == message { return sent[at].bytes }
        let bytes = try ControlCodec.encode(message)
        if sent.count == Self.most { sent.removeFirst() }
        sent.append((message, bytes))
        return bytes
    }

    private mutating func encode(_ frame: SecureFrame) throws(WireError) -> [UInt8] {
        // Most are for one member, and differ in their length already.
        for at in sentSecurely.indices where sentSecurely[at].frame.message == frame.message && sentSecurely[at].frame == frame {
            return sentSecurely[at].bytes
        }
        let bytes = try ControlCodec.encode(ServerMessage.secure(frame))
        if sentSecurely.count == Self.most { sentSecurely.removeFirst() }
        sentSecurely.append((frame, bytes))
        return bytes
    }

    mutating func decode(_ bytes: [UInt8]) throws(WireError) -> ServerMessage {
        for at in heard.indices where heard[at].bytes == bytes { return heard[at].message }
        let message = try ControlCodec.decodeServer(bytes)
        if heard.count == Self.most { heard.removeFirst() }
        heard.append((bytes, message))
        return message
    }
}
