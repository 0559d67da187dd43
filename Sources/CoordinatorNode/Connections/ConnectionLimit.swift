import Foundation
import HummingbirdCore
import Logging
import NIOCore
import Synchronization
import Telemetry

/// How many connections there may be at once, in all and from one address, and how many of them may be opening. One beyond is closed
/// before its handshake: a queue would only make the honest wait behind the others, until all of them have given up.
final class ConnectionLimit: Sendable {
    private struct Count {
        var total = 0
        var byAddress: [String: Int] = [:]

        func has(room total: Int, _ perAddress: Int, _ address: String) -> Bool { self.total < total && byAddress[address, default: 0] < perAddress }

        mutating func add(_ address: String) {
            total += 1
            byAddress[address, default: 0] += 1
        }

        mutating func remove(_ address: String) {
            total -= 1
            let left = byAddress[address, default: 1] - 1
            byAddress[address] = left > 0 ? left : nil
        }
    }

    private struct State {
        var open = Count()
        /// Those among them whose handshake or first head is under way.
        var opening = Count()
        /// Said once, until there is room again.
        var isReported = false
    }
    private let state = Mutex(State())
    private let total: Int
    private let perAddress: Int
    let opening: Duration
    private let metrics: Metrics
    private let log: Logger

    init(total: Int, perAddress: Int, opening: Duration, metrics: Metrics, log: Logger) {
        self.total = Self.openable(total)
        self.perAddress = perAddress
        self.opening = opening
        self.metrics = metrics
        self.log = log
        if self.total < total {
            log.warning(
                "the system allows fewer connections than server.max_connections; raise the limit of open files (ulimit -n)",
                metadata: ["asked": "\(total)", "have": "\(self.total)"])
        }
    }

    /// false: there is no room for it.
    func enter(_ address: String) -> Bool {
        let (refusedBy, isNews, open): (String?, Bool, Int) = state.withLock { state in
            let refusedBy =
                state.open.total >= total
                ? "server.max_connections"
                : !state.open.has(room: total, perAddress, address)
                    ? "server.max_connections_per_address"
                    : !state.opening.has(room: Limits.openingConnections, Limits.openingConnectionsPerAddress, address) ? "opening" : nil
            if refusedBy != nil {
                defer { state.isReported = true }
                return (refusedBy, !state.isReported, state.open.total)
            }
            state.open.add(address)
            state.opening.add(address)
            return (nil, false, state.open.total)
        }
        guard let refusedBy else {
            metrics.set("tutti_connections", [], Double(open))
            return true
        }
        metrics.add("tutti_connections_refused_total", [("limit", refusedBy)])
        if isNews { log.warning("connections are refused", metadata: ["limit": "\(refusedBy)", "open": "\(open)", "address": "\(address)"]) }
        return false
    }

    func leave(_ address: String) {
        let open = state.withLock { state in
            state.open.remove(address)
            state.isReported = false
            return state.open.total
        }
        metrics.set("tutti_connections", [], Double(open))
    }

    /// A connection that entered has its first head, or has taken too long for it to be our fault.
    func opened(_ address: String) { state.withLock { $0.opening.remove(address) } }

    /// Raises the process's limit of open files as far as it may, and gives how many of `asked` connections fit.
    private static func openable(_ asked: Int) -> Int {
        var limits = rlimit()
        guard getrlimit(.init(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return asked }
        let wanted = min(rlim_t(asked + Limits.reservedDescriptors), limits.rlim_max)
        if limits.rlim_cur < wanted {
            limits.rlim_cur = wanted
            _ = setrlimit(.init(RLIMIT_NOFILE.rawValue), &limits)
            guard getrlimit(.init(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return asked }
        }
        guard limits.rlim_cur < rlim_t(asked + Limits.reservedDescriptors) else { return asked }
        // Where there are few, half of them are for connections.
        return max(1, Int(limits.rlim_cur) - min(Limits.reservedDescriptors, Int(limits.rlim_cur) / 2))
    }
}

/// The time until a connection's first head. It ends once.
final class Opening: Sendable {
    /// Of the connection that is being set up.
    @TaskLocal static var current: Opening?

    private let isOver = Mutex(false)
    private let ended: @Sendable () -> Void

    init(_ ended: @escaping @Sendable () -> Void) { self.ended = ended }

    func end() {
        let isFirst = isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
        if isFirst { ended() }
    }
}

/// A listener's connections within a limit.
struct LimitedChannel<Base: ServerChildChannel>: ServerChildChannel {
    private struct Refused: Error {}
    let base: Base
    let limit: ConnectionLimit

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        let address = channel.remoteAddress?.ipAddress ?? ""
        guard limit.enter(address) else {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(Refused())
        }
        let opening = Opening { [limit] in limit.opened(address) }
        channel.closeFuture.whenComplete { [limit] _ in
            opening.end()
            limit.leave(address)
        }
        channel.eventLoop.scheduleTask(in: TimeAmount(limit.opening)) { opening.end() }
        return Opening.$current.withValue(opening) { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
