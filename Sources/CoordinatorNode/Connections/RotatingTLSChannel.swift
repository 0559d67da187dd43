import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The TLS of new connections; those that are open keep what they began with.
final class ServerContexts: Sendable {
    private let context: Mutex<NIOSSLContext>

    init(_ configuration: TLSConfiguration) throws { context = Mutex(try NIOSSLContext(configuration: configuration)) }

    var current: NIOSSLContext { context.withLock { $0 } }

    func replace(_ configuration: TLSConfiguration) throws {
        let next = try NIOSSLContext(configuration: configuration)
        context.withLock { $0 = next }
    }
}

/// TLS before the base channel, each time with the context that is current. (Hummingbird's own has one for ever.)
struct RotatingTLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let contexts: ServerContexts

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: contexts.current))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
