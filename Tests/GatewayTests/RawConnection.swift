import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing
import Trust
import Wire

/// A bare connection: says exactly the bytes it is given, for what no well-behaved client would say.
struct RawConnection {
    typealias Bytes = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    enum Transport { case tls, plain }

    /// - Parameters:
    ///   - port: nil: the TLS port.
    ///   - from: the address to call from.
    static func open<Value: Sendable>(
        _ live: LiveCoordinator, _ transport: Transport = .tls, port: Int? = nil, from: String = "127.0.0.1", certificate: String? = nil,
        key: String? = nil, _ work: @Sendable (inout RawStream) async throws -> Value
    ) async throws -> Value {
        let context = try NIOSSLContext(configuration: try clientTLS(authorityPEM: live.authority, certificatePEM: certificate, keyPEM: key))
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(to: try SocketAddress(ipAddress: from, port: 0))
            .connect(host: "127.0.0.1", port: port ?? live.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if transport == .tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    return try Bytes(wrappingChannelSynchronously: channel)
                }
            }
        // A server that should end the connection and does not must fail the test.
        let isOverdue = Mutex(false)
        let limit = channel.channel.eventLoop.scheduleTask(in: .seconds(60)) {
            isOverdue.withLock { $0 = true }
            channel.channel.close(promise: nil)
        }
        defer { limit.cancel() }
        let result = try await channel.executeThenClose { inbound, outbound in
            var stream = RawStream(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await work(&stream)
        }
        if isOverdue.withLock({ $0 }) { throw TestFailure("the server neither answered nor ended the connection") }
        return result
    }

    /// Sends `request` and gives everything that comes back until the server ends the connection.
    static func answer(_ live: LiveCoordinator, _ request: String, certificate: String? = nil, key: String? = nil) async throws -> String {
        try await open(live, certificate: certificate, key: key) { stream in
            // A server that closes at once may do so before anything was said; what counts is what came back.
            try? await stream.send(request)
            return await stream.readToEnd()
        }
    }
}

/// The status of every response in `text`.
func statuses(_ text: String) -> [String] {
    text.ranges(of: "HTTP/1.1 ").map { String(text[$0.upperBound...].prefix(3)) }.filter { Int($0) != nil }
}

struct RawStream {
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var buffer: [UInt8] = []

    init(inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }
    func send(_ bytes: [UInt8]) async throws { try await outbound.write(ByteBuffer(bytes: bytes)) }

    /// Everything until the other side ends the connection.
    mutating func readToEnd() async -> String {
        while let chunk = try? await inbound.next() { buffer += chunk.readableBytesView }
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// How many bytes come until the other side ends the connection. Numbers are no text: to make one of megabytes of them takes
    /// longer than a connection may, since every byte that is none is an error of its own.
    mutating func countToEnd() async -> Int {
        var count = buffer.count
        while let chunk = try? await inbound.next() { count += chunk.readableBytes }
        buffer = []
        return count
    }

    /// Up to and with the end of an HTTP head.
    mutating func readHead() async throws -> String {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let at = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) {
                let head = String(decoding: buffer[..<(at + 4)], as: UTF8.self)
                buffer.removeFirst(at + 4)
                return head
            }
            try await more()
        }
    }

    /// One whole response with a Content-Length.
    mutating func readResponse() async throws -> (head: String, body: String) {
        let head = try await readHead()
        let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) }
        return (head, String(decoding: try await read(length ?? 0), as: UTF8.self))
    }

    mutating func read(_ count: Int) async throws -> [UInt8] {
        while buffer.count < count { try await more() }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private mutating func more() async throws {
        guard let chunk = try await inbound.next() else { throw TestFailure("the connection ended") }
        buffer += chunk.readableBytesView
    }

    // MARK: WebSocket (RFC 6455 §5.2)

    /// Opens a control channel; gives the head of the answer.
    mutating func upgrade(_ path: String, bearer: String? = nil) async throws -> String {
        var head = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
        head += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        if let bearer { head += "Authorization: Bearer \(bearer)\r\n" }
        try await send(head + "\r\n")
        return try await readHead()
    }

    /// - Parameter first: the frame's first byte: 0x80 for the last fragment, and the opcode.
    func sendFrame(_ first: UInt8, _ payload: [UInt8], masked: Bool = true) async throws {
        precondition(payload.count < 65_536)
        var frame: [UInt8] = [first]
        let flag: UInt8 = masked ? 0x80 : 0
        frame += payload.count < 126 ? [flag | UInt8(payload.count)] : [flag | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        let mask: [UInt8] = [1, 2, 3, 4]
        if masked { frame += mask }
        frame += masked ? payload.enumerated().map { $1 ^ mask[$0 % 4] } : payload
        try await send(frame)
    }

    mutating func readFrame() async throws -> (opcode: UInt8, payload: [UInt8]) {
        let head = try await read(2)
        try #require(head[1] & 0x80 == 0, "a server must not mask")
        var count = Int(head[1])
        if count == 126 {
            let more = try await read(2)
            count = Int(more[0]) << 8 | Int(more[1])
        }
        return (head[0] & 15, try await read(count))
    }

    /// The next message of the control protocol.
    mutating func readMessage() async throws -> ServerMessage {
        while true {
            let frame = try await readFrame()
            if frame.opcode == 2 { return try ControlCodec.decodeServer(frame.payload) }
            try #require(frame.opcode == 9, "neither a message nor a ping: \(frame)")
        }
    }

    /// The code of the close frame that ends the channel; messages before it are passed over.
    mutating func readClose() async throws -> Int {
        while true {
            let frame = try await readFrame()
            if frame.opcode == 8 { return Int(frame.payload[0]) << 8 | Int(frame.payload[1]) }
        }
    }
}
