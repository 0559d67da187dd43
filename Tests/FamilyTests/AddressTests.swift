import APIKit
import Platform
import StrictJSON
import Testing

/// Who is not known is limited by address; who is known is served all the while.
@Suite struct AddressTests {
    private func call(_ world: World, _ family: Family, _ path: String, from address: String = "192.0.2.7", as caller: Caller) async -> APIReply {
        var asked = request("GET", path)
        asked.remoteAddress = address
        return await world.call(family, asked, as: caller)
    }

    @Test func routesWithoutCredentialsHaveALimitForEachAddress() async throws {
        let world = try await World()
        let family = world.aisemble.limited(by: AddressLimiter(perSecond: 1))
        for _ in 0..<60 { #expect(await call(world, family, "/api/v2/health", as: .anonymous).status == 200) }
        let refused = await call(world, family, "/api/v2/health", as: .anonymous)
        #expect(refused.status == 429 && refused.json["error"]?["code"] == "RATE_LIMIT_EXCEEDED", "\(refused.json.encodedText)")
        #expect(refused.headers.contains { $0 == ("retry-after", "1") } && !refused.headers.contains { $0.name.hasPrefix("x-ratelimit") })
        #expect(await call(world, family, "/api/v2/health", from: "192.0.2.8", as: .anonymous).status == 200)
        #expect(await call(world, family, "/api/v2/jobs", as: .principal(world.admin)).status == 200, "not for who has credentials")
        var later = request("GET", "/api/v2/health")
        later.nowMilliseconds += 1000
        #expect(await world.call(family, later, as: .anonymous).status == 200, "whoever waits as long as told is served")
    }

    @Test func wrongCredentialsAreRefusedInEveryFamilysFormAndCountTenTimes() async throws {
        let world = try await World()
        for (name, family, path) in [
            ("enterprise", world.enterprise, "/api/v1/tenants"), ("aisemble", world.aisemble, "/api/v2/jobs"), ("phi", world.phi, "/v1/logs"),
        ] {
            let limited = family.limited(by: AddressLimiter(perSecond: 1))
            for _ in 0..<6 { #expect(await call(world, limited, path, as: .bearer("x")).status == 401, "\(name)") }
            let refused = await call(world, limited, path, as: .bearer("x"))
            #expect(refused.status == 429 && refused.headers.contains { $0 == ("retry-after", "10") }, "\(name)")
            #expect(limited.errorShape.problem(with: refused.json, at: "") == nil, "\(name)")
            #expect(![401, 429].contains(await call(world, limited, path, as: .principal(world.admin)).status), "\(name)")
        }
    }
}
