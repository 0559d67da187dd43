import APIKit
import StrictJSON
import Testing

@Suite struct ContentTests {
    @Test func anObjectIsRead() async throws {
        var body = try await json("{\"a\": 1}").object()
        #expect(try body.integer("a", 0...9) == 1)
        for type in ["Application/JSON", "application/json; charset=UTF-8", "application/json;charset=\"utf-8\""] {
            #expect(await failure { () async throws(ServiceError) in try await json("{}", type: type).object() } == nil, "\(type)")
        }
        #expect(await failure { () async throws(ServiceError) in try await json("", type: nil).object() } == nil)
    }

    @Test(arguments: ["text/plain", "application/jsonx", "application/x-www-form-urlencoded", "application/json; charset=latin1", "", nil])
    func aBodyOfAnotherTypeIsRefused(_ type: String?) async {
        guard case .unsupportedMediaType(let why)? = await failure({ () async throws(ServiceError) in try await json("{}", type: type).object() }) else {
            Issue.record("\(type ?? "none") was taken")
            return
        }
        #expect(why.contains("application/json"))
    }

    @Test func aWrongTypeIsRefusedBeforeTheBodyIsRead() async {
        var request = json("", type: "text/html")
        request.body = RequestBody(declaredBytes: 9) { _ throws(ServiceError) in throw .internalError(cause: "it was read") }
        guard case .unsupportedMediaType? = await failure({ () async throws(ServiceError) in try await request.object() }) else {
            Issue.record("the body was read")
            return
        }
    }

    @Test func whatIsNoObjectSaysWhatItIs() async throws {
        #expect(
            await failure { () async throws(ServiceError) in try await json("[1]").object() }
                == .invalid(field: "body", issue: "must be a JSON object", provided: [1]))
        guard case .invalid("body", let issue, nil)? = await failure({ () async throws(ServiceError) in try await json("{\"a\":1,}").object() }) else {
            Issue.record("malformed JSON was taken")
            return
        }
        #expect(issue.contains("line 1, column 8"))
    }

    @Test func theSmallerLimitCounts() async {
        let type = [(name: "content-type", value: "text/csv")]
        #expect(
            await failure { () async throws(ServiceError) in try await request(body: "12345", headers: type).content(["text/csv"], as: "rows", limit: 4) }
                == .tooLarge(limitBytes: 4))
        var narrow = request(body: "12345", headers: type)
        narrow.bodyLimitBytes = 3
        #expect(await failure { () async throws(ServiceError) in try await narrow.content(["text/csv"], as: "rows") } == .tooLarge(limitBytes: 3))
    }

    @Test func queriesAreCheckedAndKeepTheirType() {
        var request = request()
        request.query = [("round", "7"), ("limit", "0"), ("after", "x"), ("rond", "1")]
        #expect(throws: Never.self) { try request.wholeQuery("round", 1...9) }
        #expect(throws: ServiceError.invalid(field: "limit", issue: "must be a whole number from 1 to 9", provided: 0)) {
            try request.wholeQuery("limit", 1...9)
        }
        #expect(throws: ServiceError.invalid(field: "after", issue: "must be a whole number from 1 to 9", provided: "x")) {
            try request.wholeQuery("after", 1...9)
        }
        let notices = request.notices(query: ["round", "limit", "after"])
        #expect(notices.count == 1 && notices[0]["field"] == "rond" && notices[0]["message"]?.text?.contains("'round'") == true)
    }

    @Test func entityTagsAreAList() {
        #expect(EntityTags("*") == .any)
        #expect(EntityTags("\"a\"") == .tags(["a"]))
        #expect(EntityTags(" \"a\" , W/\"b,c\",\"\" ") == .tags(["a", "b,c", ""]))
        #expect(EntityTags("\"a\",") == .tags(["a"]))
        for bad in ["", "a", "\"a", "w/\"a\"", "\"a\" \"b\"", "*,\"a\"", "\"a\",*"] { #expect(EntityTags(bad) == nil, "\(bad)") }
        #expect(EntityTags(Array(repeating: "\"a\"", count: 65).joined(separator: ",")) == nil)
        #expect(EntityTags("W/\"x\"")?.contains("x") == true && EntityTags("\"x\"")?.contains("y") == false)
    }
}
