/// Server-sent events (WHATWG HTML, section 9.2.6) out of pieces of any length: the data of each event. Other fields are skipped, and what
/// has no blank line behind it is no event.
package struct EventStream: Sendable {
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var isAfterReturn = false
    private var isAtStart = true
    private var count = 0
    private let lineBytes: Int
    private let most: Int

    /// - Parameters:
    ///   - lineBytes: of a line, and of the data of an event.
    ///   - most: events.
    package init(lineBytes: Int = UpstreamLimits.lineBytes, events most: Int = UpstreamLimits.events) { (self.lineBytes, self.most) = (lineBytes, most) }

    package mutating func add(_ bytes: some Sequence<UInt8>) throws(UpstreamReplyError) -> [[UInt8]] {
        var events: [[UInt8]] = []
        for byte in bytes {
            switch byte {
            case 0x0A where isAfterReturn: isAfterReturn = false
            case 0x0A, 0x0D:
                isAfterReturn = byte == 0x0D
                if let event = try end() { events.append(event) }
            default:
                isAfterReturn = false
                guard line.count < lineBytes else { throw UpstreamReplyError("a line of its events is longer than \(lineBytes) bytes") }
                line.append(byte)
            }
        }
        return events
    }

    /// A line is whole. A blank one ends the event.
    private mutating func end() throws(UpstreamReplyError) -> [UInt8]? {
        defer { line.removeAll(keepingCapacity: true) }
        if isAtStart, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isAtStart = false
        guard line.isEmpty else {
            try take()
            return nil
        }
        guard hasData else { return nil }
        count += 1
        guard count <= most else { throw UpstreamReplyError("it has more than \(most) events") }
        defer { (data, hasData) = ([], false) }
        return data
    }

    private mutating func take() throws(UpstreamReplyError) {
        let name = line.prefix { $0 != UInt8(ascii: ":") }
        guard name.elementsEqual("data".utf8) else { return }
        var value = line.dropFirst(name.count + 1)
        if value.first == 0x20 { value = value.dropFirst() }
        guard data.count + value.count < lineBytes else { throw UpstreamReplyError("an event is longer than \(lineBytes) bytes") }
        if hasData { data.append(0x0A) }
        data += value
        hasData = true
    }
}
