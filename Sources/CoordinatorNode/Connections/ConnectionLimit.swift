import Foundation
import HummingbirdCore
import Logging
import NIOCore
import Synchronization
import Telemetry

/// How many connections there may be at once, in all and from one address. One beyond is closed before its handshake:
/// a queue would only make the honest wait behind the others.
final class ConnectionLimit: Sendable {
    private struct State {
        var open = 0
        var byAddress: [String: Int] = [:]
        /// Said once, until there is room again.
        var isReported = false
    }
    private let state = Mutex(State())
    private let total: Int
    private let perAddress: Int
    private let metrics: Metrics
    private let log: Logger

    init(total: Int, perAddress: Int, metrics: Metrics, log: Logger) {
        self.total = Self.openable(total)
        self.perAddress = perAddress
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
                state.open >= total
                ? "server.max_connections" : state.byAddress[address, default: 0] >= perAddress ? "server.max_connections_per_address" : nil
            if refusedBy != nil {
                defer { state.isReported = true }
                return (refusedBy, !state.isReported, state.open)
            }
            state.open += 1
            state.byAddress[address, default: 0] += 1
            return (nil, false, state.open)
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
            state.open -= 1
            state.isReported = false
            let left = state.byAddress[address, default: 1] - 1
            state.byAddress[address] = left > 0 ? left : nil
            return state.open
        }
        metrics.set("tutti_connections", [], Double(open))
    }

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
        return max(1, Int(limits.rlim_cur) - Limits.reservedDescriptors)
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
        channel.closeFuture.whenComplete { [limit] _ in limit.leave(address) }
        return base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
