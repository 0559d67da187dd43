import APIKit
import FederationService
import StrictJSON
import Testing
import Wire

@Suite struct UploadTests {
    private let update = sessions + "/fl-session-1/update"
    private let weights = sessions + "/fl-session-1/weights"
    private let client = Caller.node(peer)
    private let octets = [(name: "content-type", value: "application/octet-stream")]
    private let body = Array("{}".utf8)

    @Test func anUpdateArrivesAsItWasSent() async {
        let surface = Surface()
        let answer = await surface.call(
            "POST", update, body, as: client, query: [("round", "5"), ("attempt", "1"), ("samples", "9"), ("kind", "delta"), ("rounds", "5")], headers: octets)
        #expect(answer.status == 200 && answer.notices == ["rounds"])
        #expect(answer.json["sha256"]?.text == ServiceDouble.digest && answer.json["round"] == 5 && answer.json["already_stored"] == false)
        #expect(surface.service.seen.body == body && surface.service.seen.header == UpdateHeader(round: 5, attempt: 1, samples: 9, kind: .delta))
    }

    @Test func theSameUpdateAgainHasTheSameReceipt() async {
        let surface = Surface()
        let first = await surface.call("POST", update, body, as: client, headers: octets)
        surface.service.set { $0.again = true }
        let second = await surface.call("POST", update, body, as: client, headers: octets)
        #expect(second.status == 200 && second.json["already_stored"] == true)
        for key in ["round", "attempt", "sha256"] { #expect(second.json[key] == first.json[key] && second.json[key] != nil) }
        #expect(surface.service.seen.header == UpdateHeader())
    }

    @Test func aCompressedUpdateIsUnpacked() async {
        let surface = Surface()
        let plain = [UInt8](repeating: 7, count: 4000)
        let packed = BulkCodec.compress(plain, shuffle: 4, level: 1)
        let headers = octets + [(name: "content-encoding", value: BulkCodec.contentEncoding)]
        #expect(await surface.call("POST", update, packed, as: client, headers: headers).status == 200)
        #expect(surface.service.seen.body == plain)
        #expect(await surface.call("POST", update, plain, as: client, headers: headers).status == 422)
        surface.service.set { $0.limit = 3999 }
        #expect(await surface.call("POST", update, packed, as: client, headers: headers).status == 422, "a body that unpacks beyond the limit")
    }

    @Test func otherContentIsRefused() async {
        let types: [String?] = ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", nil]
        for type in types {
            let headers = type.map { [(name: "content-type", value: $0)] } ?? []
            let answer = await Surface().call("POST", update, body, as: client, headers: headers)
            #expect(answer.status == 415 && answer.error["message"]?.text?.contains("application/octet-stream") == true, "\(type ?? "none")")
        }
        let encoded = await Surface().call("POST", update, body, as: client, headers: octets + [(name: "content-encoding", value: "gzip")])
        #expect(encoded.status == 415)
    }

    @Test func picklesAndOtherFilesAreNeverTaken() async {
        let files: [(String, [UInt8])] = [
            ("pickle", [0x80, 0x02, 0x63]), ("pickle", [0x80, 0x04, 0x95, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x8C]),
            ("pickle", [0x80, 0x05, 0x95, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("zip", [0x50, 0x4B, 0x03, 0x04, 0, 0, 0, 0, 0, 0]), ("NumPy", [0x93] + Array("NUMPY".utf8) + [1, 0]), ("HDF5", [0x89] + Array("HDF\r\n".utf8)),
            ("gzip", [0x1F, 0x8B, 8, 0]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD, 0]),
        ]
        for (name, bytes) in files {
            let surface = Surface()
            let answer = await surface.call("POST", update, bytes, as: client, headers: octets)
            #expect(answer.status == 415 && answer.error["message"]?.text?.contains(name) == true, "\(name): \(answer.json.encodedText)")
            #expect(!surface.service.seen.calls.contains("update"))
            let packed = BulkCodec.compress(bytes, shuffle: 4, level: 1)
            #expect(
                await surface.call("POST", update, packed, as: client, headers: octets + [(name: "content-encoding", value: BulkCodec.contentEncoding)]).status
                    == 415)
        }
        // A header of 0x0480 bytes begins like a pickle and is none.
        for bytes in [[0x80, 0x04, 0, 0, 0, 0, 0, 0, UInt8(ascii: "{")], []] {
            #expect(await Surface().call("POST", update, bytes, as: client, headers: octets).status == 200)
        }
    }

    @Test func theSessionsLimitCounts() async {
        let surface = Surface()
        surface.service.set { $0.limit = 4 }
        #expect(await surface.call("POST", update, [1, 2, 3, 4, 5], as: client, headers: octets).status == 413)
        surface.service.set { $0.limit = nil }
        let early = await surface.call("POST", update, [1], as: client, headers: octets)
        #expect(early.status == 409 && early.header("retry-after") == "1")
    }

    @Test func aRefusedUpdateIsNotRead() async {
        let surface = Surface()
        surface.service.set { $0.failure = .conflict("closed", retryAfterSeconds: nil) }
        #expect(await surface.call("POST", update, body, as: client, query: [("round", "5")], headers: octets).status == 409)
        #expect(surface.service.seen.calls == ["admitUpdate"])
        for query in [("round", "0"), ("round", "x"), ("attempt", "-1"), ("samples", "1.5"), ("kind", "sum")] {
            let answer = await Surface().call("POST", update, body, as: client, query: [query], headers: octets)
            #expect(answer.status == 400 && answer.details["field"]?.text == query.0)
        }
    }

    @Test func aModelThatIsHeldIsNotSentAgain() async {
        func get(_ header: String?...) async -> Answer {
            await Surface().call("GET", weights, [], as: client, headers: header.compactMap { $0 }.map { (name: "if-none-match", value: $0) })
        }
        let tag = "\"\(ServiceDouble.digest)\""
        let full = await get()
        #expect(full.status == 200 && full.header("etag") == tag && full.header("tutti-model-round") == "4" && full.header("tutti-open-round") == "5")
        for header in [tag, "W/\(tag)", "\"x\", \(tag)", "\"x\",W/\(tag) ,\"y\"", "*"] {
            let answer = await get(header)
            #expect(answer.status == 304 && answer.header("etag") == tag, "\(header)")
            if case .bytes = answer.body { Issue.record("the model was sent for \(header)") }
        }
        #expect(await get("\"x\"", tag).status == 304, "two lines are one list")
        for header in ["\"x\"", "W/\"x\"", ServiceDouble.digest, "\"\(ServiceDouble.digest)", ""] { #expect(await get(header).status == 200, "\(header)") }
    }

    @Test func evaluationRowsAreText() async {
        let path = sessions + "/fl-session-1/evaluation"
        let rows = Array("1,2,0\n".utf8)
        for type in ["text/csv", "text/csv; charset=utf-8", "text/plain", "application/octet-stream"] {
            let surface = Surface()
            #expect(
                await surface.call("PUT", path, rows, query: [("label", "2"), ("labl", "2")], headers: [(name: "content-type", value: type)]).notices == [
                    "labl"
                ], "\(type)")
            #expect(surface.service.seen.body == rows)
        }
        #expect(await Surface().call("PUT", path, rows, headers: [(name: "content-type", value: "application/json")]).status == 415)
        #expect(await Surface().call("PUT", path, rows, query: [("label", "")], headers: [(name: "content-type", value: "text/csv")]).status == 400)
    }
}
