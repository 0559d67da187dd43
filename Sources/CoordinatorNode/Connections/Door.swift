package import APIKit
internal import HummingbirdCore
package import Logging
package import NIOCore
package import NIOHTTP1
internal import NIOHTTPTypesHTTP1
internal import NIOWebSocket

/// What stands between a connection's bytes and whoever answers them: the HTTP parser within its limits, `RequestGate`, NIO's
/// upgrade, and after it the frames of a control channel within theirs.
package struct Door<Kind: Sendable>: Sendable {
    package var connections: OpenConnections
    package var times: GatewayTimes
    package var admit: Admit
    package var turnAway: TurnAway
    /// An error in its envelope; `status` nil: the error's own.
    package var rejection: @Sendable (_ error: ServiceError, _ status: Int?) -> Rejection
    /// The connection speaks HTTP: what follows gets its requests.
    package var http: @Sendable (any Channel) -> EventLoopFuture<Kind>
    /// The connection has become a control channel.
    package var control: @Sendable (ControlLink, HTTPRequestHead) throws -> Kind

    package init(
        connections: OpenConnections = OpenConnections(), times: GatewayTimes, admit: @escaping Admit,
        turnAway: @escaping TurnAway = { _, _ in nil }, rejection: @escaping @Sendable (ServiceError, Int?) -> Rejection,
        http: @escaping @Sendable (any Channel) -> EventLoopFuture<Kind>, control: @escaping @Sendable (ControlLink, HTTPRequestHead) throws -> Kind
    ) {
        (self.connections, self.times, self.admit, self.turnAway) = (connections, times, admit, turnAway)
        (self.rejection, self.http, self.control) = (rejection, http, control)
    }

    /// Puts the handlers in place, on the channel's event loop.
    package func open(_ channel: any Channel, _ connection: Connection) throws -> EventLoopFuture<Kind> {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = Limits.headerFieldBytes
        limits.maxHeaderListSize = Limits.headerListBytes
        limits.maxHeaderFieldCount = Limits.headerFields
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        let gate = RequestGate(connection: connection, open: connections, times: times, admit: admit, turnAway: turnAway, rejection: rejection)
        let upgrade = NIOTypedHTTPServerUpgradeHandler(
            httpEncoder: encoder, extraHTTPHandlers: [decoder, gate],
            upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration<Kind>(
                upgraders: [upgrader(connection)], notUpgradingCompletionHandler: { [http] in http($0) }))
        try channel.pipeline.syncOperations.addHandlers([encoder, decoder, gate, upgrade])
        return upgrade.upgradeResultFuture
    }

    /// What gives an HTTP side its requests, on a channel that speaks HTTP.
    package static func addHTTP(_ channel: any Channel, isSecure: Bool, idle: Duration, _ logger: Logger) throws {
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: isSecure))
        try channel.pipeline.syncOperations.addHandler(HTTPConnectionStateHandler(idleTimeout: idle, logger: logger))
    }

    private func upgrader(_ connection: Connection) -> NIOTypedWebSocketServerUpgrader<Kind> {
        NIOTypedWebSocketServerUpgrader<Kind>(
            maxFrameSize: Limits.controlFrameBytes,
            // The gate has decided already.
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { [times, control] channel, head in
                channel.eventLoop.makeCompletedFuture { try control(try ControlLink.open(channel, connection, times), head) }
            })
    }
}
