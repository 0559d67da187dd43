import CoordinatorNode
import Foundation
import NIOHTTP1
import StrictJSON
import Testing

/// Bodies that lie about their length, never end, or are not wanted.
struct BodyTests {
    private func head(_ live: LiveCoordinator, _ rest: String, path: String = LiveCoordinator.sessions, bearer: String? = nil) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer \(bearer ?? live.key)\r\n\(rest)\r\n\r\n"
    }
    private let chunk = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"

    @Test func agigabyteThatNeverComesIsRefusedOnItsWord() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session()
            let token = try await live.join(session, as: "a")
            _ = try await live.openWeights(session.id, token: token)
            let update = "\(LiveCoordinator.sessions)/\(session.id)/update?round=1"
            for (path, bearer) in [(update, token), (LiveCoordinator.sessions, live.key)] {
                for expect in ["", "Expect: 100-continue\r\n"] {
                    let request = head(live, expect + "Content-Length: 1073741824", path: path, bearer: bearer)
                        .replacing("application/json", with: path == update ? "application/octet-stream" : "application/json")
                    let answer = try await RawConnection.answer(live, request)
                    #expect(statuses(answer) == ["413"] && answer.contains("PAYLOAD_TOO_LARGE"), "\(answer)")
                    #expect(answer.lowercased().contains("connection: close"))
                }
            }
            // Nobody's gigabyte is not read either.
            let anonymous = try await RawConnection.answer(
                live, "POST \(update) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n")
            #expect(statuses(anonymous) == ["401"], "\(anonymous)")
        }
    }

    @Test func aStreamWithoutALengthEndsAtTheLimitAndNothingBehindItIsARequest() async throws {
        try await LiveCoordinator.with { live in
            let flood = try await RawConnection.answer(
                live, head(live, "Transfer-Encoding: chunked") + String(repeating: chunk, count: 17) + "0\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
            )
            #expect(statuses(flood) == ["413"], "\(flood.prefix(300))")
        }
    }

    @Test func lengthsThatTwoReadersMightReadDifferently() async throws {
        try await LiveCoordinator.with { live in
            for bad in [
                "Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 5\r\nContent-Length: 6",
                "Content-Length: 2\r\nContent-Length: 2", "Content-Length: 2, 2", "Content-Length: 0x2", "Content-Length: 2\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 2", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding : chunked", "Content-Length: 2\r\n Transfer-Encoding: chunked",
            ] {
                let answer = try await RawConnection.answer(live, head(live, bad) + "{}GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(statuses(answer) == ["400"], "\(bad): \(answer)")
            }
            #expect(try await live.admin(.GET, LiveCoordinator.sessions).json["sessions"]?.elements?.isEmpty == true)
        }
    }

    @Test func aBrokenChunkIsAnsweredOnce() async throws {
        try await LiveCoordinator.with { live in
            for path in [LiveCoordinator.sessions, "/nowhere"] {
                let answer = try await RawConnection.answer(live, head(live, "Transfer-Encoding: chunked", path: path) + "zz\r\n\r\n")
                #expect(statuses(answer).count == 1 && ["400", "404"].contains(statuses(answer)[0]), "\(answer)")
            }
        }
    }

    @Test func aClientThatWaitsIsToldToContinue() async throws {
        try await LiveCoordinator.with { live in
            let (interim, answer) = try await RawConnection.open(live) { stream in
                try await stream.send(head(live, "Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close"))
                let interim = try await stream.readHead()
                try await stream.send("{}")
                return (interim, await stream.readToEnd())
            }
            #expect(interim.hasPrefix("HTTP/1.1 100 ") && statuses(answer) == ["201"], "\(interim)\(answer)")
        }
    }

    @Test func aSmallBodyNobodyReadsDoesNotCostTheConnection() async throws {
        try await LiveCoordinator.with { live in
            try await RawConnection.open(live) { stream in
                for _ in 0..<3 {
                    try await stream.send("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello")
                    #expect(try await stream.readResponse().head.hasPrefix("HTTP/1.1 404 "))
                }
            }
        }
    }

    @Test func aBodyThatEndsTooEarlyChangesNothing() async throws {
        try await LiveCoordinator.with { live in
            try await RawConnection.open(live) { stream in
                // Once it is told to continue, the request is under way for certain.
                try await stream.send(head(live, "Expect: 100-continue\r\nContent-Length: 50"))
                _ = try await stream.readHead()
                try await stream.send(#"{"min_clients":1}"#)
            }
            _ = try await until("the server has seen the end") {
                try await live.metrics().contains(#"operation="sessions.create",status="400""#) ? true : nil
            }
            #expect(try await live.admin(.GET, LiveCoordinator.sessions).json["sessions"]?.elements?.isEmpty == true)
        }
    }
}
