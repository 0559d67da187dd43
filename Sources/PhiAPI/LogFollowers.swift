internal import APIKit
internal import Federation
internal import ModelServing
internal import Storage
internal import StrictJSON
internal import Synchronization

/// Who follows the entries of deployments now, and how many may.
package final class LogFollowers: Sendable {
    package struct Times: Sendable {
        /// Between two looks at a deployment.
        package var lookSeconds = 1.0
        /// Between two comments where nothing happens: so that a connection that is gone is noticed.
        package var heartbeatSeconds = 15.0
        /// Of one stream. Who comes again shows its credentials again, and goes on where it was.
        package var lifeSeconds = 900.0
        package init() {}
    }

    package static let tenantMax = 8
    package static let allMax = 32
    private static let retrySeconds = 10
    let times: Times
    /// Whether the server is about to end.
    fileprivate let isEnding: @Sendable () -> Bool
    private let counts = Mutex<[String: Int]>([:])

    package init(times: Times = Times(), isEnding: @escaping @Sendable () -> Bool = { false }) {
        (self.times, self.isEnding) = (times, isEnding)
    }

    /// How many there are.
    package var count: Int { counts.withLock { $0.values.reduce(0, +) } }

    /// - Throws: `unavailable`.
    func place(tenant: String) throws(ServiceError) -> FollowerPlace {
        let problem: String? =
            counts.withLock { counts in
                if counts[tenant, default: 0] >= Self.tenantMax { return "the tenant follows \(Self.tenantMax) deployments at once already" }
                if counts.values.reduce(0, +) >= Self.allMax { return "\(Self.allMax) deployments are followed at once already" }
                counts[tenant, default: 0] += 1
                return nil
            }
        if let problem { throw .unavailable(problem + "; end another stream, or ask without Accept: text/event-stream", retryAfterSeconds: Self.retrySeconds) }
        return FollowerPlace(followers: self, tenant: tenant)
    }

    fileprivate func leave(_ tenant: String) {
        counts.withLock { counts in
            let left = counts[tenant, default: 0] - 1
            counts[tenant] = left > 0 ? left : nil
        }
    }
}

/// One follower's place, as long as somebody holds it.
final class FollowerPlace: Sendable {
    fileprivate let followers: LogFollowers
    private let tenant: String
    fileprivate init(followers: LogFollowers, tenant: String) { (self.followers, self.tenant) = (followers, tenant) }
    deinit { followers.leave(tenant) }
}

/// An entry of a deployment and its number.
struct DeploymentEntry: Sendable {
    var number: Int
    var at: Instant
    var event: String

    static func all(of deployment: DeploymentRecord) -> [DeploymentEntry] {
        deployment.events.enumerated().map { DeploymentEntry(number: deployment.firstEvent + $0.offset, at: $0.element.at, event: $0.element.event) }
    }

    var view: DeploymentLog { DeploymentLog(at: Timestamp(milliseconds: at.milliseconds), event: event) }

    /// As an event (WHATWG HTML, section 9.2). JSON has no line breaks of its own.
    fileprivate var sent: [UInt8] { Array("id: \(number)\ndata: ".utf8) + view.json.encoded() + [10, 10] }
}

/// The entries of one deployment as server-sent events. Looked for only as the one who reads takes what was there before, so that
/// nothing piles up; whoever lets go of it gives its place back.
actor DeploymentFollowing {
    typealias Read = @Sendable () async throws(RegistryFailure) -> DeploymentRecord
    private let place: FollowerPlace
    private let times: LogFollowers.Times
    private let since: Int64?
    private let read: Read
    private var waiting: [DeploymentEntry]
    private var seen: Int
    private var hasBegun = false
    private var quietSeconds = 0.0
    private var ageSeconds = 0.0

    /// - Parameters:
    ///   - first: what is there already, in order.
    ///   - seen: nothing up to this number is sent besides.
    init(_ place: FollowerPlace, times: LogFollowers.Times, first: [DeploymentEntry], seen: Int, since: Int64?, read: @escaping Read) {
        (self.place, self.times, waiting, self.seen, self.since, self.read) = (place, times, first, seen, since, read)
    }

    /// - Returns: nil: it is over. The server ends, the deployment is gone, or it has lasted long enough: who asks again goes on.
    func next() async -> [UInt8]? {
        guard hasBegun else {
            hasBegun = true
            return Array("retry: 2000\n\n".utf8) + taken()
        }
        while !Task.isCancelled, !place.followers.isEnding(), ageSeconds < times.lifeSeconds {
            do { try await Task.sleep(for: .seconds(times.lookSeconds)) } catch { return nil }
            ageSeconds += times.lookSeconds
            quietSeconds += times.lookSeconds
            do { look(at: try await read()) } catch { return nil }
            if !waiting.isEmpty {
                quietSeconds = 0
                return taken()
            }
            if quietSeconds >= times.heartbeatSeconds {
                quietSeconds = 0
                return Array(":\n\n".utf8)
            }
        }
        return nil
    }

    private func look(at deployment: DeploymentRecord) {
        for entry in DeploymentEntry.all(of: deployment) where entry.number > seen {
            seen = entry.number
            if entry.at.milliseconds >= since ?? .min { waiting.append(entry) }
        }
    }

    private func taken() -> [UInt8] {
        defer { waiting = [] }
        return waiting.flatMap(\.sent)
    }
}
