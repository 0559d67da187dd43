import StrictJSON
import Testing

@Suite struct AuditEndpointTests {
    private let audit = "/api/v4/audit"

    @Test func aHeadIsShownWithItsSignature() async {
        let answer = await Surface().call("GET", audit + "/head")
        #expect(answer.status == 200 && answer.json["tenant"] == "default" && answer.json["tree_size"] == 2)
        #expect(answer.json["root_hash"]?.text == ServiceDouble.digest && answer.json["signed_head"] == "header.payload.signature")
        #expect(answer.json["timestamp"] == "2025-09-22T02:00:03.000Z" && answer.json["ca_pin"] == "sha256:00")
    }

    @Test func entriesComeInPages() async {
        let surface = Surface()
        let first = await surface.call("GET", audit + "/entries", query: [(name: "limit", value: "1"), (name: "colour", value: "red")])
        #expect(first.json["entries"]?.elements?.map { $0["entry"]?["index"] } == [0] && first.json["next"] == 1 && first.notices == ["colour"])
        #expect(first.json["entries"]?.elements?.first?["leaf_hash"]?.text == ServiceDouble.digest)
        let last = await surface.call("GET", audit + "/entries", query: [(name: "after", value: "1")])
        #expect(last.json["entries"]?.elements?.count == 1 && last.json["next"] == .null && last.json["tree_size"] == 2)
        let none = await surface.call("GET", audit + "/entries", query: [(name: "after", value: "9")])
        #expect(none.json["entries"] == [] && none.json["next"] == .null)
        #expect(surface.service.seen.calls == ["auditEntries 0 1", "auditEntries 1 100", "auditEntries 9 100"])
    }

    @Test func aProofIsAskedForByTwoSizes() async {
        let surface = Surface()
        let proof = await surface.call("GET", audit + "/consistency", query: [(name: "from", value: "1"), (name: "to", value: "2")])
        #expect(proof.json["from"] == 1 && proof.json["to"] == 2 && proof.json["hashes"]?.elements == [.string(ServiceDouble.digest)])
        _ = await surface.call("GET", audit + "/consistency", query: [(name: "from", value: "1")])
        #expect(surface.service.seen.calls == ["auditConsistency 1 2", "auditConsistency 1 -"])
    }

    @Test func whatIsNoNumberIsRefusedByName() async {
        let wrong: [(String, String, String)] = [
            ("entries", "after", "-1"), ("entries", "after", "x"), ("entries", "limit", "0"), ("entries", "limit", "1001"),
            ("entries", "after", "9223372036854775808"), ("consistency", "from", "-1"), ("consistency", "from", "9007199254740992"),
        ]
        for (path, field, value) in wrong {
            let surface = Surface()
            let answer = await surface.call("GET", "\(audit)/\(path)", query: [(name: field, value: value)])
            #expect(answer.status == 400 && answer.details["field"]?.text == field, "\(path) \(field)=\(value)")
            #expect(surface.service.seen.calls.isEmpty)
        }
        let missing = await Surface().call("GET", audit + "/consistency")
        #expect(missing.status == 400 && missing.details["field"] == "from")
    }
}
