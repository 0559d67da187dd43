internal import APIKit
internal import Federation
internal import ModelServing
internal import Platform
internal import Storage
internal import StrictJSON

extension Phi {
    private static let logsMax = 200

    static func logs(_ services: ModelServices) -> Endpoint {
        let query: [Field] = [
            .query("deployment_id", String.self, note: "needed"), .query("since", Timestamp.self, note: "from this time on"),
            .query("limit", Int.self, .whole(1...logsMax), usual: JSON(logsMax), note: "the last ones"),
        ]
        let contract = Contract(
            "What happened to a deployment, the last of it. With Accept: text/event-stream it is followed: an event for each entry, with its number as "
                + "id; Last-Event-ID goes on behind that number.",
            query: query, replies: [(200, .json(DeploymentLogs.shape)), (200, .bytes("text/event-stream"))])
        return Endpoint("GET", "/logs", "logs", .scope(.monitoring), bodyLimitBytes: 0, contract: contract) { request throws(ServiceError) in
            let tenant = try request.principal().tenant
            guard let id = request.query("deployment_id"), !id.isEmpty else {
                throw .invalid(field: "deployment_id", issue: "is missing", provided: nil)
            }
            let limit = try request.query("limit").map { text throws(ServiceError) in
                guard let limit = Int(text), (1...logsMax).contains(limit) else {
                    throw .invalid(field: "limit", issue: "must be a whole number from 1 to \(logsMax)", provided: .string(text))
                }
                return limit
            }
            var notices = request.notices(query: query.map(\.name))
            let since = try request.query("since").map { text throws(ServiceError) in
                try Timestamp.read(.string(text), at: "since", .none, &notices).milliseconds
            }
            let isFollowed = wantsEvents(request)
            let last = isFollowed ? try lastEvent(request) : nil
            let read: DeploymentFollowing.Read = { () async throws(RegistryFailure) in try await services.deployments.find(id, tenant: tenant) }
            let found = try await registering { () async throws(RegistryFailure) in try await read() }
            var entries = DeploymentEntry.all(of: found).filter { $0.at.milliseconds >= since ?? .min }
            // Who goes on behind an entry misses none of the later ones.
            if let last { entries = entries.filter { $0.number > last } } else { entries = entries.suffix(limit ?? logsMax) }
            guard isFollowed else { return .json(200, DeploymentLogs(logs: entries.map(\.view)).json.noting(notices)) }
            let place = try services.followers.place(tenant: tenant)
            // The greatest number that was seen, whether it was among what was asked for or not.
            let seen = max(last ?? 0, found.firstEvent - 1 + found.events.count)
            let following = DeploymentFollowing(place, times: services.followers.times, first: entries, seen: seen, since: since, read: read)
            return APIReply(200, .stream(AsyncThrowingStream { await following.next() }, type: "text/event-stream"))
        }
    }

    private static func wantsEvents(_ request: APIRequest) -> Bool {
        (request.list("accept") ?? "").split(separator: ",").contains { part in
            let words = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard words.first == "text/event-stream" else { return false }
            return !words.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
        }
    }

    private static func lastEvent(_ request: APIRequest) throws(ServiceError) -> Int? {
        guard let text = request.header("last-event-id"), !text.isEmpty else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw .invalid(field: "Last-Event-ID", issue: "must be the id of an event, a whole number", provided: .string(text.clipped(64)))
        }
        return number
    }
}
