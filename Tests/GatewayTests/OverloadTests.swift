import CoordinatorNode
import Foundation
import NIOHTTP1
import StrictJSON
import Synchronization
import Testing

/// More than can be done at once: the least important is told to come again first, and nobody is told nothing.
struct OverloadTests {
    private let live = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"

    private func get(_ path: String, _ bearer: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(bearer)\r\nConnection: close\r\n\r\n"
    }

    /// A request that is under way as long as its body does not come.
    private func begun(_ path: String, _ bearer: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(bearer)\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
    }

    private func update(_ session: String, _ bearer: String, length: Int = 4) -> String {
        "POST \(LiveCoordinator.sessions)/\(session)/update?round=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(bearer)\r\n"
            + "Content-Type: application/octet-stream\r\nConnection: close\r\nContent-Length: \(length)\r\n\r\n"
    }

    private var closing: String { live.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n") }

    /// Does `work` while these requests are under way, then lets them end with `rest` and wants an answer to each.
    private func during(_ requests: [String], then rest: String, _ coordinator: LiveCoordinator, _ work: () async throws -> Void) async throws {
        let isOver = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for request in requests {
                group.addTask {
                    try await RawConnection.open(coordinator) { stream in
                        try await stream.send(request)
                        while !isOver.isUp { try await Task.sleep(for: .milliseconds(5)) }
                        try await stream.send(rest)
                        #expect(try await stream.readResponse().head.hasPrefix("HTTP/1.1 "))
                    }
                }
            }
            defer { isOver.raise() }
            try await work()
            isOver.raise()
            try await group.waitForAll()
        }
    }

    private final class Flag: Sendable {
        private let state = Mutex(false)
        var isUp: Bool { state.withLock { $0 } }
        func raise() { state.withLock { $0 = true } }
    }

    /// Waits until the coordinator has begun so many: what asks before takes a place from them.
    private func areUnderWay(_ count: Int, _ coordinator: LiveCoordinator) async throws {
        let metrics = get("/metrics", coordinator.key)
        _ = try await until("\(count) requests under way") {
            try await RawConnection.answer(coordinator, metrics).contains("\ntutti_requests_under_way \(count).0") ? true : nil
        }
    }

    /// Waits until a listing is answered as expected: what is under way is not counted the moment it is sent.
    private func awaits(_ status: String, _ live: LiveCoordinator, _ request: String) async throws -> String {
        try await until("an answer \(status)") {
            let answer = try await RawConnection.answer(live, request)
            return statuses(answer) == [status] ? answer : nil
        }
    }

    @Test func listingsGoFirstThenCheckInsAndUpdatesLast() async throws {
        try await LiveCoordinator.with(flags: ["server.max_requests": "4"]) { live in
            let session = try await live.session()
            let token = try await live.join(session, as: "a")
            _ = try await live.openWeights(session.id, token: token)
            let listing = get(LiveCoordinator.sessions, live.key)
            let checkIn = get("\(LiveCoordinator.sessions)/\(session.id)/weights", token)
            let post = begun(LiveCoordinator.sessions, live.key)
            try await during([post, post], then: "{}", live) {
                try await areUnderWay(2, live)
                // Two of four places are taken: half of them is all that listings get.
                let shed = try await awaits("503", live, listing)
                #expect(shed.lowercased().contains("retry-after: 1") && shed.contains("SERVICE_UNAVAILABLE"), "\(shed)")
                #expect(statuses(try await RawConnection.answer(live, checkIn)) == ["200"])
                try await during([begun("\(LiveCoordinator.sessions)/\(session.id)/join", token)], then: "{}", live) {
                    try await areUnderWay(3, live)
                    _ = try await awaits("503", live, checkIn)
                    // An update still gets in, and is judged; health is told whatever happens.
                    #expect(statuses(try await RawConnection.answer(live, update(session.id, token) + "none")) != ["503"])
                    #expect(statuses(try await RawConnection.answer(live, closing)) == ["200"])
                }
            }
            _ = try await awaits("200", live, listing)
            let metrics = try await RawConnection.answer(live, get("/metrics", live.key))
            #expect(metrics.contains(#"tutti_requests_shed_total{class="listing"}"#) && metrics.contains(#"tutti_requests_shed_total{class="check_in"}"#))
        }
    }

    /// Who is turned away keeps its connection, and its next request on it is served when there is room.
    @Test func aConnectionOutlivesBeingTurnedAway() async throws {
        try await LiveCoordinator.with(flags: ["server.max_requests": "4"]) { live in
            let listing = get(LiveCoordinator.sessions, live.key).replacing("Connection: close\r\n", with: "")
            try await RawConnection.open(live) { stream in
                func asks(_ status: String) async throws {
                    _ = try await until("an answer \(status)") {
                        try await stream.send(listing)
                        let answer = try await stream.readResponse()
                        return answer.head.hasPrefix("HTTP/1.1 \(status) ") && !answer.head.lowercased().contains("connection: close") ? true : nil
                    }
                }
                try await asks("200")
                let post = begun(LiveCoordinator.sessions, live.key)
                try await during([post, post], then: "{}", live) {
                    try await areUnderWay(2, live)
                    try await asks("503")
                    // Many at once: the answers come one after the other, and each names its own request.
                    let named = listing.replacing("\r\n\r\n", with: "\r\nX-Request-ID: mine\r\n\r\n")
                    try await stream.send(String(repeating: listing, count: 20) + named)
                    var ids: [String] = []
                    for _ in 0..<21 {
                        let (head, body) = try await stream.readResponse()
                        #expect(head.hasPrefix("HTTP/1.1 503 ") && head.lowercased().contains("retry-after: 1"), "\(head)")
                        let line = head.split(separator: "\r\n").filter { $0.lowercased().hasPrefix("x-request-id: ") }.map { String($0.dropFirst(14)) }
                        let told = try JSON(parsing: Array(body.utf8))["error"]?["request_id"]?.text
                        #expect(line == [told], "\(head)\(body)")
                        ids += line
                    }
                    #expect(Set(ids).count == 21 && ids.last == "mine", "\(ids)")
                }
                try await asks("200")
            }
            let metrics = try await RawConnection.answer(live, get("/metrics", live.key))
            #expect(metrics.contains(#"tutti_requests_shed_total{class="listing"}"#))
        }
    }

    @Test func bodiesTakeNoMoreMemoryThanThereIs() async throws {
        try await LiveCoordinator.with(flags: ["server.body_memory_mb": "1"]) { live in
            let larger = try await RawConnection.answer(
                live,
                "PUT \(LiveCoordinator.sessions)/x/evaluation HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(live.key)\r\n"
                    + "Content-Type: text/csv\r\nContent-Length: 1048577\r\n\r\n")
            #expect(statuses(larger) == ["413"], "\(larger)")
            let part =
                "PUT \(LiveCoordinator.sessions)/x/evaluation HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(live.key)\r\n"
                + "Content-Type: text/csv\r\nConnection: close\r\nContent-Length: 600000\r\n\r\n"
            try await during([part], then: String(repeating: "x", count: 600_000), live) {
                try await areUnderWay(1, live)
                let second = try await awaits("503", live, part)
                #expect(second.lowercased().contains("retry-after: 1"), "\(second)")
            }
            let third = try await RawConnection.answer(live, part + String(repeating: "x", count: 600_000))
            #expect(statuses(third) == ["404"], "\(third)")
        }
    }

    /// Handshakes that are begun and not gone on with: further ones from there are refused, others are served, and after a while
    /// there is room again though none of them has ended.
    @Test func oneAddressCannotHoldTheDoor() async throws {
        var times = GatewayTimes()
        times.opening = .seconds(15)
        try await LiveCoordinator.with(times: times) { coordinator in
            let isFull = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Who is refused comes again until the door is full: whoever asks below takes a place for a moment.
                for _ in 0..<64 {
                    group.addTask {
                        repeat {
                            try? await RawConnection.open(coordinator, .plain) { silent in
                                try? await silent.send([0x16])
                                _ = await silent.countToEnd()
                            }
                            try await Task.sleep(for: .milliseconds(20))
                        } while !isFull.isUp
                    }
                }
                var last = ""
                do {
                    _ = try await until("a full door") {
                        last = try await RawConnection.answer(coordinator, get("/metrics", coordinator.key))
                        return last.isEmpty ? true : nil
                    }
                } catch { Issue.record("\(error): \(last.split(separator: "\n").filter { $0.hasPrefix("tutti_connections") })") }
                isFull.raise()
                try await RawConnection.open(coordinator, from: "127.0.0.2") { other in
                    try await other.send(live)
                    #expect(try await other.readResponse().head.hasPrefix("HTTP/1.1 200 "))
                }
                _ = try await until("room") {
                    try await RawConnection.answer(coordinator, closing).isEmpty ? nil : true
                }
                group.cancelAll()
            }
        }
    }
}
