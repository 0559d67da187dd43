import CoordinatorNode
import Foundation
import NIOHTTP1
import StrictJSON
import Testing

/// What a connection may cost before anybody knows who it is.
struct ConnectionTests {
    private let live = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"

    @Test func oneConnectionBeyondTheLimitIsClosedAtOnce() async throws {
        try await LiveCoordinator.with(flags: ["server.max_connections": "2"]) { coordinator in
            try await RawConnection.open(coordinator) { first in
                try await first.send(live)
                #expect(try await first.readResponse().head.hasPrefix("HTTP/1.1 200 "))
                try await RawConnection.open(coordinator) { second in
                    try await second.send(live)
                    #expect(try await second.readResponse().head.hasPrefix("HTTP/1.1 200 "))
                    #expect(try await RawConnection.answer(coordinator, live) == "")
                }
                // There is room again, and the first one was never disturbed.
                let metrics = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(coordinator.key)\r\n\r\n"
                _ = try await until("there is room") {
                    try await first.send(metrics)
                    return try await first.readResponse().body.contains("tutti_connections 1.0") ? true : nil
                }
                try await first.send(metrics)
                #expect(try await first.readResponse().body.contains(#"tutti_connections_refused_total{limit="server.max_connections"} 1.0"#))
            }
        }
    }

    @Test func oneAddressCannotTakeAllConnections() async throws {
        try await LiveCoordinator.with(flags: ["server.max_connections_per_address": "1"]) { coordinator in
            try await RawConnection.open(coordinator) { first in
                try await first.send(live)
                _ = try await first.readResponse()
                #expect(try await RawConnection.answer(coordinator, live) == "")
                try await RawConnection.open(coordinator, from: "127.0.0.2") { other in
                    try await other.send(live)
                    #expect(try await other.readResponse().head.hasPrefix("HTTP/1.1 200 "))
                }
            }
        }
    }

    @Test func handshakeAndHeadMustCome() async throws {
        var times = GatewayTimes()
        times.firstHead = .seconds(1)
        try await LiveCoordinator.with(times: times) { coordinator in
            // No handshake, half a handshake, half a head.
            #expect(try await RawConnection.open(coordinator, .plain) { await $0.readToEnd() } == "")
            let half = try await RawConnection.open(coordinator, .plain) { stream in
                // On a busy machine the time may be over before a word was said.
                try? await stream.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
                return await stream.readToEnd()
            }
            #expect(half == "")
            #expect(try await RawConnection.answer(coordinator, "GET /livez HTTP/1.1\r\nHost: loc") == "")
        }
    }

    @Test func anIdleConnectionEndsAlsoWhenItsNextHeadOrItsBodyStops() async throws {
        var times = GatewayTimes()
        times.idle = .seconds(1)
        try await LiveCoordinator.with(times: times) { coordinator in
            for more in ["", "GET /liv"] {
                try await RawConnection.open(coordinator) { stream in
                    try await stream.send(live)
                    _ = try await stream.readResponse()
                    if !more.isEmpty { try? await stream.send(more) }
                    #expect(await stream.readToEnd() == "")
                }
            }
            let stalled = try await RawConnection.answer(
                coordinator,
                "POST \(LiveCoordinator.sessions) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(coordinator.key)\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"
            )
            #expect(statuses(stalled).allSatisfy { $0 == "400" })
        }
    }

    @Test func aClientThatDoesNotReadLosesItsConnection() async throws {
        var times = GatewayTimes()
        times.stalledWrite = .seconds(5)
        try await LiveCoordinator.with(times: times) { coordinator in
            // 30 MB: more than the sockets' buffers hold.
            let session = try await coordinator.session([("model", ["kind": "softmax_regression", "layers": [750_000, 10]])])
            let token = try await coordinator.join(session, as: "a")
            // Not by downloading it: on a busy machine that could take longer than a write may.
            _ = try await until("the model is made") {
                try await coordinator.admin(.GET, "\(LiveCoordinator.sessions)/\(session.id)").json["model_sha256"]?.text
            }
            try await RawConnection.open(coordinator) { stream in
                // A part, so that no other download is counted like this one.
                try await stream.send(
                    "GET \(LiveCoordinator.sessions)/\(session.id)/weights HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\nRange: bytes=1-\r\n\r\n"
                )
                #expect(try await stream.readHead().hasPrefix("HTTP/1.1 206 "))
                // It is counted when it is over, and it cannot end well: nobody reads.
                _ = try await until("the connection is given up") {
                    let counted = try await coordinator.metrics().split(separator: "\n").contains {
                        $0.contains("_count{") && $0.contains(#"operation="sessions.weights",status="206""#)
                    }
                    return counted ? true : nil
                }
                #expect(await stream.countToEnd() < 29_000_000)
            }
        }
    }

    @Test func aHeadThatIsTooLargeOrNoHTTPIsAnsweredInTheEnvelopeAndEnds() async throws {
        try await LiveCoordinator.with { coordinator in
            let fields = (0..<200).map { "X-\($0): 1\r\n" }.joined()
            let long = String(repeating: "a", count: 5000)
            for (request, status) in [
                ("GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: \(String(repeating: "a", count: 40_000))\r\n\r\n", "431"),
                ("GET /livez HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n", "431"), ("this is not HTTP\r\n\r\n", "400"),
                ("GET /\(long) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "400"), ("GET /livez HTTP/1.1\r\n\r\n", "400"),
                ("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
                // The same on a connection that has been used: the good answer, then the refusal, each once.
                (live + "this is not HTTP\r\n\r\n", "200 400"), (live + "GET /livez HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n", "200 431"),
            ] {
                let answer = try await RawConnection.answer(coordinator, request)
                // With both in one packet the first may still be under way, and then only the end is left.
                #expect([status, String(status.prefix(3))].contains(statuses(answer).joined(separator: " ")), "\(request.prefix(40)): \(answer.prefix(300))")
                if status.count == 3 { #expect(answer.contains(#""request_id":"req_"#) && answer.contains(#""success":false"#), "\(answer)") }
            }
            #expect(try await coordinator.call(.GET, "/livez").status == 200)
        }
    }

    @Test func aBrokenHeadAfterAnAnsweredRequestIsAnsweredOnce() async throws {
        try await LiveCoordinator.with { coordinator in
            try await RawConnection.open(coordinator) { stream in
                try await stream.send(live)
                _ = try await stream.readResponse()
                try await stream.send("nonsense\r\n\r\n")
                let answer = await stream.readToEnd()
                #expect(statuses(answer) == ["400"] && answer.contains("VALIDATION_ERROR"), "\(answer)")
            }
        }
    }

    @Test func connectionsAreKeptAndPipelinedRequestsAnsweredInOrder() async throws {
        try await LiveCoordinator.with { coordinator in
            let answer = try await RawConnection.answer(
                coordinator, live + live + "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: Close\r\n\r\n")
            #expect(statuses(answer) == ["200", "200", "404"], "\(answer)")
            // HTTP/1.0 says nothing of the kind and means it.
            #expect(statuses(try await RawConnection.answer(coordinator, "GET /livez HTTP/1.0\r\n\r\n")) == ["200"])
        }
    }
}
