import CoordinatorNode
import Foundation
import Learning
import NIOHTTP1
import StrictJSON
import Testing

/// What becomes of everything when the coordinator is told to stop.
struct DrainTests {
    private func creation(_ live: LiveCoordinator, length: Int) -> String {
        "POST \(LiveCoordinator.sessions) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer \(live.key)\r\nExpect: 100-continue\r\nContent-Length: \(length)\r\n\r\n"
    }

    /// Waits until nobody new is let in.
    private func closed(_ live: LiveCoordinator) async throws {
        _ = try await until("the listener is closed") {
            do {
                let answer = try await RawConnection.answer(live, "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return answer.isEmpty ? true : nil
            } catch { return true }
        }
    }

    @Test func controlChannelsAreToldToComeBack() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session([("min_clients", 2)])
            let token = try await live.join(session, as: "a")
            try await RawConnection.open(live) { stream in
                _ = try await stream.upgrade("\(LiveCoordinator.sessions)/\(session.id)/socket", bearer: token)
                try await stream.sendFrame(0x82, helloFrame(session.id))
                _ = try await stream.readMessage()
                await live.stop()
                #expect(try await stream.readClose() == 1001)
            }
        }
    }

    @Test func requestsUnderWayAreFinishedAndReadinessSaysDraining() async throws {
        try await LiveCoordinator.with { live in
            try await RawConnection.open(live) { stream in
                let body = #"{"min_clients":1}"#
                try await stream.send(creation(live, length: body.utf8.count))
                #expect(try await stream.readHead().hasPrefix("HTTP/1.1 100 "))
                await live.stop()
                try await closed(live)
                try await stream.send(body + "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let answer = await stream.readToEnd()
                #expect(statuses(answer) == ["201", "503"] && answer.contains(#""status":"draining""#), "\(answer)")
            }
        }
    }

    @Test func anUploadThatNeverEndsDoesNotHoldTheStop() async throws {
        var times = GatewayTimes()
        times.drain = .milliseconds(300)
        let folder = try await LiveCoordinator.with(times: times) { live in
            try await RawConnection.open(live) { stream in
                try await stream.send(creation(live, length: 90))
                #expect(try await stream.readHead().hasPrefix("HTTP/1.1 100 "))
                await live.stop()
                // The connection ends although its request never did.
                #expect(statuses(await stream.readToEnd()).allSatisfy { $0 == "400" })
            }
            return live.folder
        }
        // `with` has returned, and without an error: that is exit status 0.
        #expect(!FileManager.default.fileExists(atPath: folder.runPath))
    }

    @Test func aRestartedCoordinatorGoesOnWithTheOpenRound() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            @Sendable func send(_ live: LiveCoordinator, _ session: String, _ update: [UInt8], _ round: Int, _ attempt: Int, _ token: String) async throws -> Int {
                let path = "\(LiveCoordinator.sessions)/\(session)/update?round=\(round)&attempt=\(attempt)"
                return try await live.call(.POST, path, update, type: "application/octet-stream", bearer: token).status
            }
            let (session, tokens, digest) = try await LiveCoordinator.serving(folder) { live in
                let session = try await live.session([("min_clients", 2)])
                let tokens = [try await live.join(session, as: "a"), try await live.join(session, as: "b")]
                let open = try await live.openWeights(session.id, token: tokens[0])
                #expect(try await send(live, session.id, trained(open.bytes) { $0 + 1 }, open.round, open.attempt, tokens[0]) == 200)
                return (session, tokens, open.etag)
            }
            #expect(!FileManager.default.fileExists(atPath: folder.runPath))
            @Sendable func goOn(_ live: LiveCoordinator) async throws {
                let path = "\(LiveCoordinator.sessions)/\(session.id)"
                let open = try await live.openWeights(session.id, token: tokens[1])
                #expect(open.etag == digest)
                #expect(try await send(live, session.id, trained(open.bytes) { $0 + 3 }, open.round, open.attempt, tokens[1]) == 200)
                _ = try await until("the session completes") { try await live.admin(.GET, path).json["status"] == "completed" ? true : nil }
                // The update from before the stop counts: the mean of +1 and +3, weighted alike.
                let final = try await live.call(.GET, path + "/weights", bearer: tokens[1])
                for (a, b) in zip(try ModelFile(decoding: final.body).parameters, try ModelFile(decoding: open.bytes).parameters) {
                    #expect(abs(a - b - 2) < 1e-5)
                }
            }
            // In one process the first coordinator's tasks may hold the folder for a moment longer.
            try await until("the folder is free") {
                do { return try await LiveCoordinator.serving(folder, goOn) } catch let error as CoordinatorError where error.message.contains("in use") {
                    return nil
                }
            }
        }
    }
}

/// An update of kind weights: the model with every parameter changed.
func trained(_ model: [UInt8], _ change: (Float) -> Float) throws -> [UInt8] {
    var file = try ModelFile(decoding: model)
    file.parameters = file.parameters.map(change)
    return file.encode()
}
