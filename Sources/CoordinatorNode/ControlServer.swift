import Federation
import FederationService
import Foundation
import Logging
import NIOCore
import NIOWebSocket
import ServiceLifecycle
import Wire

/// One open control channel: frames out through a bounded queue, frames in to the service.
final class ControlConnection: ControlChannel {
    private let frames: AsyncStream<[UInt8]>
    private let queue: AsyncStream<[UInt8]>.Continuation

    init() {
        (frames, queue) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingOldest(Limits.outboundFrames))
    }

    /// A client that does not read loses its channel; it comes back and is told again what it missed.
    func send(_ frame: [UInt8]) {
        if case .dropped = queue.yield(frame) { queue.finish() }
    }

    func close() { queue.finish() }

    /// Serves the channel until either side ends it.
    static func serve(_ channel: FrameChannel, engine: FederationEngine, session: String, member: Member, log: Logger) async {
        let connection = ControlConnection()
        do {
            try await channel.executeThenClose { inbound, outbound in
                await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await frame in connection.frames {
                            try await outbound.write(WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: frame)))
                        }
                        // 1001: going away.
                        try await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(bytes: [0x03, 0xE9])))
                        outbound.finish()
                    }
                    group.addTask {
                        try await connection.read(inbound, outbound, engine: engine, session: session, member: member)
                        connection.close()
                    }
                    await withGracefulShutdownHandler {
                        while let result = await group.nextResult() { if case .failure = result { break } }
                        group.cancelAll()
                    } onGracefulShutdown: {
                        connection.close()
                    }
                }
            }
        } catch {
            log.debug("control channel broke", metadata: ["client": "\(member.client)", "reason": "\(error)"])
        }
        await engine.detach(session, member) { ($0 as? ControlConnection) === connection }
    }

    private func read(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>, _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>,
        engine: FederationEngine, session: String, member: Member
    ) async throws {
        var isGreeted = false
        for try await frame in inbound {
            switch frame.opcode {
            case .binary:
                var data = frame.unmaskedData
                let message = try ControlCodec.decodeClient(data.readBytes(length: data.readableBytes) ?? [])
                if case .hello(let hello) = message {
                    guard ControlCodec.negotiate(min: hello.versionMin, max: hello.versionMax) != nil else {
                        send(
                            try ControlCodec.encode(
                                .refused(
                                    Refusal(
                                        code: "version",
                                        message: "this coordinator speaks versions \(ControlCodec.oldest) to \(ControlCodec.version) of the protocol; the client \(hello.versionMin) to \(hello.versionMax)"))))
                        return
                    }
                    if !isGreeted { try await engine.attach(session, member, self) }
                    isGreeted = true
                } else if isGreeted {
                    await engine.received(message, session, member)
                } else {
                    return
                }
            case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
            case .connectionClose: return
            case .text, .continuation, .pong: continue
            default: return
            }
        }
    }
}
