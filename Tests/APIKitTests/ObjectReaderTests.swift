import APIKit
import StrictJSON
import Testing

@Suite struct ObjectReaderTests {
    private func provided(_ text: String, _ read: (inout ObjectReader) throws(ServiceError) -> Void) throws -> JSON? {
        var reader = try reader(text)
        do { try read(&reader) } catch {
            guard case .invalid("a", _, let provided) = error else { throw error }
            return provided
        }
        Issue.record("\(text) was taken")
        return nil
    }

    @Test func whatIsRefusedKeepsItsType() throws {
        #expect(try provided("{\"a\": 15.5}") { r throws(ServiceError) in _ = try r.integer("a", 1...9) } == 15.5)
        #expect(try provided("{\"a\": 15}") { r throws(ServiceError) in _ = try r.integer("a", 1...9) } == 15)
        #expect(try provided("{\"a\": \"15\"}") { r throws(ServiceError) in _ = try r.number("a") } == "15")
        #expect(try provided("{\"a\": 1}") { r throws(ServiceError) in _ = try r.flag("a") } == 1)
        #expect(try provided("{\"a\": true}") { r throws(ServiceError) in _ = try r.text("a") } == true)
        #expect(try provided("{\"a\": [1]}") { r throws(ServiceError) in _ = try r.object("a") } == [1])
        #expect(try provided("{\"a\": {\"b\": 1}}") { r throws(ServiceError) in _ = try r.texts("a", atMost: 3) } == ["b": 1])
        #expect(try provided("{\"a\": [\"x\", 7]}") { r throws(ServiceError) in _ = try r.texts("a", atMost: 3) } == 7)
        #expect(try provided("{\"a\": \"a b\"}") { r throws(ServiceError) in _ = try r.name("a") } == "a b")
        #expect(try provided("{\"a\": \"tree\"}") { r throws(ServiceError) in _ = try r.choice("a", ["three"]) } == "tree")
        #expect(try provided("{\"a\": 3}") { r throws(ServiceError) in _ = try r.choice("a", ["three"]) } == 3)
    }

    @Test func whatIsNotThereHasNoValue() throws {
        var reader = try reader("{\"a\": null}")
        #expect(try reader.integer("a", 1...9) == nil && reader.text("b") == nil)
        #expect(reader.missing("b") == .invalid(field: "b", issue: "is missing", provided: nil))
    }

    @Test func aPathFindsWhatIsBelow() throws {
        let reader = try reader("{\"model\": {\"layers\": [4, 0]}}")
        #expect(reader.invalid("model.layers", "x") == .invalid(field: "model.layers", issue: "x", provided: [4, 0]))
        #expect(reader.invalid("model.kind", "x") == .invalid(field: "model.kind", issue: "x", provided: nil))
    }

    @Test func secretsAreNeverRepeated() throws {
        for secret in ["\"\(String(repeating: "s", count: 300))\"", "7", "[\"reg-abc\"]"] {
            var reader = try reader("{\"token\": \(secret)}")
            #expect(throws: ServiceError.invalid(field: "token", issue: "must be a string of 1 to 256 bytes", provided: nil)) { try reader.secret("token") }
        }
    }

    @Test func unknownFieldsAreNamedWithASuggestion() throws {
        var reader = try reader("{\"min_clients\": 1, \"minClients\": 2, \"zzz\": 3, \"inner\": {\"enabeld\": true}}")
        _ = try reader.integer("min_clients", 1...9)
        var inner = try #require(try reader.object("inner"))
        _ = try inner.flag("enabled")
        let notices = reader.notices + inner.notices
        #expect(notices.map { $0["field"]?.text } == ["minClients", "zzz", "inner.enabeld"])
        #expect(notices[0]["message"]?.text?.contains("did you mean 'min_clients'?") == true)
        #expect(notices[1]["message"]?.text?.contains("did you mean") == false)
        #expect(notices[2]["code"] == "UNKNOWN_FIELD" && notices[2]["message"]?.text?.contains("'enabled'") == true)
    }

    @Test func aFloodOfUnknownFieldsIsCounted() throws {
        let members = (0..<5000).map { JSON.Member("field\($0)", 1) }
        let notices = ObjectReader(.object(members)).notices
        #expect(notices.count == 33)
        #expect(notices.last?["message"]?.text?.hasPrefix("4968 more") == true)
        let long = ObjectReader(.object([JSON.Member(String(repeating: "x", count: 1000), 1)])).notices
        // And the sign that there was more.
        #expect(long[0]["field"]?.text?.count == 81)
    }

    @Test func fieldsWithoutEffectAreNamed() throws {
        var reader = try reader("{\"a\": 1, \"b\": null}")
        #expect(reader.withoutEffect(["a", "b", "c"], "why") == [["code": "NO_EFFECT", "field": "a", "message": "why"]])
        #expect(reader.notices.isEmpty)
    }
}
