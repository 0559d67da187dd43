import CoordinatorNode
import Foundation
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
}
