internal import CoordinatorNode
internal import NIOCore
internal import NIOEmbedded
internal import NIOWebSocket
internal import Wire

extension FuzzTarget {
    static let webSocket = FuzzTarget(
        "websocket", feeds: "the frames of a control channel", maximumBytes: 1024,
        seeds: {
            let hello = try ControlCodec.encode(.hello(Hello(versionMin: 1, versionMax: 1, software: "t", sessionID: "s", clientID: "c", lastRound: 0)))
            let beat = try ControlCodec.encode(.heartbeat(Heartbeat(sessionID: "s", round: 1)))
            return [
                Seed("hello", [0] + frame(0x82, hello) + frame(0x82, beat)),
                Seed("fragments", [3] + frame(0x02, Array(hello.prefix(5))) + frame(0x80, Array(hello.dropFirst(5)))),
                Seed("ping", [0] + frame(0x89, [1, 2]) + frame(0x8A, [])), Seed("close", [0] + frame(0x88, [3, 0xE8])),
                Seed("text", [0] + frame(0x81, Array("hi".utf8))),
                Seed("long", [0] + [0x82, 0xFE, 0x01, 0x00, 0, 0, 0, 0] + [UInt8](repeating: 9, count: 256)), Seed("unmasked", [0, 0x82, 1, 0]),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            let piece = input.byte()
            let channel = EmbeddedChannel()
            defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
            // As NIO's upgrader leaves a channel.
            try channel.pipeline.syncOperations.addHandlers([
                WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 20)), WebSocketProtocolErrorHandler(),
            ])
            let link = try ControlLink.open(channel, Connection(isSecure: true), GatewayTimes())
            _ = channel.connect(to: try SocketAddress(unixDomainSocketPath: "/fuzz"))
            var rest = input.rest
            while !rest.isEmpty {
                let count = piece == 0 ? rest.count : piece
                _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            var out = ByteBuffer()
            while var piece = try? channel.readOutbound(as: ByteBuffer.self) { out.writeBuffer(&piece) }
            // Pongs repeat what was sent; everything else is short.
            try expect(out.readableBytes <= bytes.count + 4096, "\(out.readableBytes) bytes were sent for \(bytes.count)")
            if let first = out.getInteger(at: out.readerIndex, as: UInt16.self) {
                try expect(first >> 12 == 8 && [2, 8, 10].contains(first >> 8 & 15) && first & 0x80 == 0, "a frame that no server sends: \(first)")
            }
            // The stop ends every channel.
            link.close(.goingAway)
            channel.embeddedEventLoop.advanceTime(by: .seconds(5))
            try expect(!channel.isActive, "a channel that cannot be closed")
        })

    /// Masked with zeros, as a client may.
    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        precondition(payload.count < 126)
        return [first, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
    }
}
