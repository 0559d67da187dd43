import CoordinatorNode
import CryptoSuite
import Foundation
import Learning
import NIOHTTP1
import StrictJSON
import Testing
import Trust

struct DownloadTests {
    @Test func aModelIsServedWholeInPartsOrNotAtAllWhenItIsKnown() async throws {
        try await LiveCoordinator.with { live in
            // 3 MB: more than one write of the gateway.
            let session = try await live.session([("model", ["kind": "softmax_regression", "layers": [75_000, 10]])])
            let token = try await live.join(session, as: "a")
            let open = try await live.openWeights(session.id, token: token)
            let path = "\(LiveCoordinator.sessions)/\(session.id)/weights"
            func get(_ headers: (String, String)..., method: HTTPMethod = .GET) async throws -> LiveCoordinator.Reply {
                try await live.call(method, path, bearer: token, headers: headers)
            }
            let whole = open.bytes
            #expect(whole.count > 3_000_000 && open.etag == "\"\(hexadecimal(CryptoSuite.system.sha256(whole)))\"")
            let all = try await get()
            #expect(all.status == 200 && all.body == whole && all.headers.first(name: "accept-ranges") == "bytes")
            #expect(all.headers.first(name: "etag") == open.etag)

            let part = try await get(("range", "bytes=1000000-1999999"))
            #expect(part.status == 206 && part.body == Array(whole[1_000_000..<2_000_000]) && part.headers.first(name: "etag") == open.etag)
            #expect(part.headers.first(name: "content-range") == "bytes 1000000-1999999/\(whole.count)")
            #expect(try await get(("range", "bytes=-7")).body == Array(whole.suffix(7)))
            let beyond = try await get(("range", "bytes=\(whole.count)-"))
            #expect(beyond.status == 416 && beyond.headers.first(name: "content-range") == "bytes */\(whole.count)" && beyond.body.isEmpty)
            // A part of what the client has, or else the whole of what there is now.
            #expect(try await get(("range", "bytes=0-9"), ("if-range", open.etag)).status == 206)
            for other in ["\"other\"", "W/\(open.etag)", "Sun, 06 Nov 1994 08:49:37 GMT"] {
                let changed = try await get(("range", "bytes=0-9"), ("if-range", other))
                #expect(changed.status == 200 && changed.body.count == whole.count, "\(other)")
            }
            for odd in ["bytes=0-1,5-6", "bytes=9-2", "lines=1-2"] { #expect(try await get(("range", odd)).status == 200, "\(odd)") }

            let known = try await get(("if-none-match", open.etag))
            #expect(known.status == 304 && known.body.isEmpty && known.headers.first(name: "etag") == open.etag)
            for head in [try await get(method: .HEAD), try await get(("range", "bytes=0-9"), method: .HEAD)] {
                #expect(head.status == 200 && head.body.isEmpty && head.headers.first(name: "content-length") == "\(whole.count)")
                #expect(head.headers.first(name: "etag") == open.etag)
            }
        }
    }

    @Test func whatHasNoETagIsNotServedInParts() async throws {
        try await LiveCoordinator.with { live in
            let reply = try await live.call(.GET, "/livez", headers: [("range", "bytes=0-1")])
            #expect(reply.status == 200 && !reply.headers.contains(name: "accept-ranges"))
            let head = try await live.call(.HEAD, "/livez")
            #expect(head.status == 200 && head.body.isEmpty && head.headers.first(name: "content-length") == "\(reply.body.count)")
        }
    }
}
