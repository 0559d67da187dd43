import APIKit
import Federation
import PhiAPI
import Platform
import Storage
import StrictJSON
import Testing

/// Entries of deployments, followed as server-sent events.
@Suite struct LogStreamTests {
    private static func deployment(_ world: World, _ events: [String], id: String = "d", tenant: String = "default") async throws {
        var record = DeploymentRecord(
            id: id, tenant: tenant, model: "m", isDistributed: false, resources: [], scalesByItself: false, createdAt: World.now, createdBy: "a")
        for event in events { record.note(event, at: World.now) }
        let audit = AuditRecord(at: World.now, action: .modelDeployed, by: "a", of: id)
        #expect(try await world.store.addDeployment(record, audit: audit, most: 99))
    }

    private static func note(_ world: World, _ event: String) async throws {
        _ = try await world.store.changeDeployment("d", tenant: "default") { current in
            var next = current
            next.note(event, at: World.now)
            return (next, nil)
        }
    }

    private func follow(_ world: World, after: String? = nil, _ id: String = "d", as caller: Caller? = nil) async -> APIReply {
        var sent = request("GET", "/v1/logs")
        sent.query = [(name: "deployment_id", value: id)]
        sent.headers += [(name: "accept", value: "application/json;q=0.5, Text/Event-Stream")]
        if let after { sent.headers.append((name: "last-event-id", value: after)) }
        return await world.call(world.phi, sent, as: caller)
    }

    private func stream(_ reply: APIReply) throws -> AsyncThrowingStream<[UInt8], any Error> {
        guard case .stream(let stream, "text/event-stream") = reply.body else {
            Issue.record("no stream: \(reply.status) \(reply.json.encodedText)")
            throw CancellationError()
        }
        return stream
    }

    /// Ids and texts of the entries in what was sent.
    private func entries(_ text: String) -> [String] {
        text.split(separator: "\n\n").compactMap { event in
            let lines = event.split(separator: "\n")
            guard lines.count == 2, lines[0].hasPrefix("id: "), lines[1].hasPrefix("data: "), let json = try? JSON(parsing: Array(lines[1].dropFirst(6).utf8))
            else { return nil }
            return "\(lines[0].dropFirst(4)) \(json["event"]?.text ?? "?")"
        }
    }

    @Test func whatWasThereBehindTheIdComesFirstAndThenWhatIsNew() async throws {
        let world = try await World()
        try await Self.deployment(world, ["one", "two", "three"])
        var parts = try stream(await follow(world, after: "1")).makeAsyncIterator()
        #expect(entries(String(decoding: try #require(try await parts.next()), as: UTF8.self)) == ["2 two", "3 three"])
        // While nothing happens there are comments.
        #expect(try await parts.next() == Array(":\n\n".utf8))
        try await Self.note(world, "four")
        try await Self.deployment(world, ["not for you"], id: "e", tenant: "other")
        var text = ""
        while entries(text).isEmpty, let part = try await parts.next() { text += String(decoding: part, as: UTF8.self) }
        #expect(entries(text) == ["4 four"])
        // The server ends: so does the stream.
        world.isDraining.turnOn()
        while try await parts.next() != nil {}
    }

    @Test func othersAreNotFollowed() async throws {
        let world = try await World()
        try await Self.deployment(world, ["mine"])
        #expect(await follow(world, as: world.principal("other", [.monitoring])).status == 404)
        #expect(world.followers.count == 0)
        for id in ["x", "-1", "1.5"] { #expect(await follow(world, after: id).json["details"]?["field"] == "Last-Event-ID", "\(id)") }
        // Asked for as JSON it is what it was.
        var plain = request("GET", "/v1/logs")
        plain.query = [(name: "deployment_id", value: "d")]
        #expect(await world.call(world.phi, plain).json["logs"]?.elements?.count == 1)
    }

    @Test func thereAreOnlySoManyAndALeftPlaceIsFree() async throws {
        let world = try await World()
        try await Self.deployment(world, ["mine"])
        var held: [APIReply] = []
        for _ in 0..<LogFollowers.tenantMax { held.append(await follow(world)) }
        #expect(held.allSatisfy { $0.status == 200 } && world.followers.count == LogFollowers.tenantMax)
        let refused = await follow(world)
        #expect(refused.status == 503 && refused.headers.contains { $0.name.lowercased() == "retry-after" })
        held = []
        #expect(world.followers.count == 0)
        #expect(await follow(world).status == 200)
    }
}
