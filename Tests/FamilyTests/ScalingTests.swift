import APIKit
import EnterpriseAPI
import Foundation
import Platform
import Storage
import StrictJSON
import Testing

/// A tenant grows and shrinks: what there is it gets at once, what there is not is named.
@Suite struct ScalingTests {
    private static let example = """
        {"scaling_type": "quantum", "target_capacity": {"quantum_qubits": 2000, "compute_instances": 8}, "scaling_factor": 1.5, "execute": true}
        """

    /// Prices are the document's for scaling, and others where it has none.
    private func priced(_ world: World) -> Family {
        let prices = PriceTable(
            currency: "USD",
            amounts: [.setup(.scaleQuantum): 500, .setup(.scaleCompute): 20, .rate(.qubitHour): Decimal(string: "0.01") ?? 0, .rate(.instanceHour): 2],
            tiers: [.premium: [.qubitHour: 1]])
        return Enterprise.family(
            world.identity, world.tenants, world.store, world.recorder, webhooks: world.webhooks, leases: world.leases,
            terms: TenantTerms(prices: prices, qubits: 4000))
    }

    private func tenant(_ world: World, _ tier: PerformanceTier = .enterprise) async throws -> String {
        try await world.tenants.create(NewTenant(name: "T", performanceTier: tier), actor: "test", now: World.now).id
    }

    private func scale(_ world: World, _ family: Family, _ id: String, _ body: String, as caller: Caller? = nil) async throws -> APIReply {
        let path = "/api/v1/tenants/\(id)/scale"
        let reply = await world.call(family, request("POST", path, body: body), as: caller)
        guard reply.status == 200 else {
            #expect(family.errorShape.problem(with: reply.json, at: "") == nil)
            return reply
        }
        guard case .json(let shape) = try #require(family.endpoint(method: "POST", path: path)?.contract?.replies.first).content else { return reply }
        let described = JSON.object((reply.json.members ?? []).filter { $0.name != "notices" })
        #expect(shape.problem(with: described, at: "") == nil, "\(reply.json.encodedText)")
        return reply
    }

    private func noted(_ reply: APIReply) -> [String] { (reply.json["notices"]?.elements ?? []).compactMap { $0["field"]?.text } }

    /// scaling_type says that only qubits are meant; so it is done, and the rest is left and noted.
    @Test func theDocumentsExampleIsDone() async throws {
        let world = try await World()
        let id = try await tenant(world)
        let reply = try await scale(world, world.enterprise, id, Self.example)
        #expect(reply.status == 200 && reply.json["status"] == "success" && reply.json["scaling_id"]?.text?.hasPrefix("scale_") == true)
        let result = reply.json["scaling_result"]
        #expect(result?["success"] == true && result?["scaling_time"]?.double.map { $0 >= 0 } == true, "\(reply.json.encodedText)")
        #expect(result?["new_capacity"] == ["quantum_qubits": 2000, "compute_instances": 0])
        #expect(reply.json["estimated_cost"] == ["setup_cost": .null, "monthly_increase": .null, "currency": .null], "nothing is priced")
        #expect(noted(reply) == ["target_capacity.compute_instances", "scaling_factor"])
        #expect(try await world.tenants.tenant(id).qubits == 2000)
        let entry = try #require(try await world.store.audit(tenant: id, after: 0, limit: 9).last?.entry)
        #expect(entry.action == .tenantScaled && entry.actor == "admin" && entry.details["scaling_id"] == reply.json["scaling_id"]?.text)
        #expect(entry.details["quantum_qubits"] == "2000" && entry.details["compute_instances_asked"] == nil)
        // The same again changes nothing, and leaves no entry.
        let count = try await world.store.audit(tenant: id, after: 0, limit: 9).count
        #expect(try await scale(world, world.enterprise, id, Self.example).json["status"] == "success")
        #expect(try await world.store.audit(tenant: id, after: 0, limit: 9).count == count)
    }

    @Test func workersOfItsOwnArePendingAndStayAskedFor() async throws {
        let world = try await World()
        let (id, family) = (try await tenant(world), priced(world))
        let body = #"{"scaling_type": "all", "target_capacity": {"quantum_qubits": 1000, "compute_instances": 8}}"#
        let reply = try await scale(world, family, id, body)
        #expect(
            reply.json["status"] == "pending" && reply.json["scaling_result"]?["success"] == false && reply.json["scaling_result"]?["scaling_time"] == .null)
        #expect(reply.json["scaling_result"]?["new_capacity"] == ["quantum_qubits": 1000, "compute_instances": 0])
        #expect(reply.json["planned_capacity"] == ["quantum_qubits": 1000, "compute_instances": 8])
        let blocker = reply.json["blocked_by"]?.elements?.first
        #expect(
            blocker?["what"] == "not_built" && blocker?["field"] == "target_capacity.compute_instances" && blocker?["asked"] == "8" && blocker?["have"] == "0")
        // 250 qubits at 0.01 and 8 instances at 2 for 730 hours.
        #expect(reply.json["estimated_cost"] == ["setup_cost": 520.0, "monthly_increase": 13_505.0, "currency": "USD"], "\(reply.json.encodedText)")
        #expect(try await world.tenants.tenant(id).computeInstances == 8)
        let later = try await scale(world, family, id, #"{"scaling_type": "compute"}"#)
        #expect(later.json["status"] == "pending" && later.json["planned_capacity"]?["compute_instances"] == 8)
        let fewer = try await scale(world, family, id, #"{"scaling_type": "compute", "target_capacity": {"compute_instances": 0, "quantum_qubits": 5}}"#)
        #expect(fewer.json["status"] == "success" && fewer.json["blocked_by"] == [] && noted(fewer) == ["target_capacity.quantum_qubits"])
        #expect(fewer.json["estimated_cost"] == ["setup_cost": 0.0, "monthly_increase": 0.0, "currency": "USD"])
        let now = try await world.tenants.tenant(id)
        #expect(now.computeInstances == 0 && now.qubits == 1000)
    }

    @Test func aFactorIsOfWhatThereIsAndAPlanChangesNothing() async throws {
        let world = try await World()
        let (id, family) = (try await tenant(world, .premium), priced(world))
        let plan = try await scale(world, family, id, #"{"scaling_type": "quantum", "scaling_factor": 1.5, "execute": false}"#)
        #expect(plan.json["status"] == "planned" && plan.json["planned_capacity"]?["quantum_qubits"] == 300)
        #expect(plan.json["scaling_result"] == ["success": false, "scaling_time": .null, "new_capacity": ["quantum_qubits": 200, "compute_instances": 0]])
        #expect(plan.json["estimated_cost"]?["monthly_increase"] == 73_000.0, "100 qubits at the tier's own price")
        #expect(try await world.tenants.tenant(id).qubits == 200)
        #expect(try await world.store.audit(tenant: id, after: 0, limit: 9).map(\.entry.action) == [.tenantCreated])
        #expect(try await scale(world, family, id, #"{"scaling_type": "quantum", "scaling_factor": 0.1}"#).json["planned_capacity"]?["quantum_qubits"] == 20)
        let less = try await scale(world, family, id, #"{"scaling_type": "all", "scaling_factor": 10}"#)
        #expect(less.json["scaling_result"]?["new_capacity"]?["quantum_qubits"] == 200 && noted(less) == ["scaling_factor"])
        let agreed = try await scale(world, family, id, #"{"scaling_type":"quantum","scaling_factor":2,"target_capacity":{"quantum_qubits":400}}"#)
        #expect(agreed.json["notices"] == nil && agreed.json["status"] == "success")
        #expect(try await scale(world, family, id, #"{"scaling_type": "quantum"}"#).json["planned_capacity"]?["quantum_qubits"] == 400)
    }

    @Test func aTenantStopsAtItsTiersCapAndTheOperatorAtWhatThereIs() async throws {
        let world = try await World()
        let (id, family) = (try await tenant(world), priced(world))
        let own = world.principal(id, [.tenantManagement])
        func target(_ qubits: Int) -> String { #"{"scaling_type": "quantum", "target_capacity": {"quantum_qubits": \#(qubits)}}"# }
        #expect(try await scale(world, family, id, target(100), as: own).json["status"] == "success")
        #expect(try await scale(world, family, id, target(750), as: own).json["status"] == "success")
        let beyond = try await scale(world, family, id, target(751), as: own)
        #expect(beyond.status == 429 && beyond.json["error"] == "quota_exceeded" && beyond.headers.contains { $0.name == "retry-after" })
        let details = beyond.json["details"]
        #expect(details?["quota_type"] == "quantum_qubits" && details?["limit"] == 750 && details?["used"] == 750 && details?["reset_date"] == .null)
        #expect(try await scale(world, family, id, target(4000)).json["status"] == "success")
        // What the operator has given it may keep, and give back.
        #expect(try await scale(world, family, id, target(4000), as: own).json["status"] == "success")
        #expect(try await scale(world, family, id, target(3000), as: own).json["status"] == "success")
        #expect(try await scale(world, family, id, target(3001), as: own).status == 429)
        let more = try await scale(world, family, id, target(4001))
        #expect(more.status == 400 && more.json["details"]?["field"] == "target_capacity.quantum_qubits" && more.json["details"]?["provided_value"] == 4001)
        let factor = try await scale(world, family, id, #"{"scaling_type": "all", "scaling_factor": 9.5}"#)
        #expect(factor.status == 400 && factor.json["details"]?["field"] == "scaling_factor")
        // PUT gives no more than there is either.
        let update = await world.call(family, request("PUT", "/api/v1/tenants/\(id)", body: #"{"quantum_allocation": 4001}"#))
        #expect(update.status == 400 && update.json["details"]?["field"] == "quantum_allocation")
    }

    @Test(arguments: [
        ("{}", "scaling_type"), (#"{"scaling_type":"everything"}"#, "scaling_type"), (#"{"scaling_type":"all","scaling_factor":0.09}"#, "scaling_factor"),
        (#"{"scaling_type":"all","scaling_factor":10.1}"#, "scaling_factor"), (#"{"scaling_type":"all","execute":"yes"}"#, "execute"),
        (#"{"scaling_type":"all","target_capacity":7}"#, "target_capacity"),
        (#"{"scaling_type":"all","target_capacity":{"compute_instances":257}}"#, "target_capacity.compute_instances"),
        (#"{"scaling_type":"all","target_capacity":{"quantum_qubits":-1}}"#, "target_capacity.quantum_qubits"),
        (#"{"scaling_type":"all","target_capacity":{"quantum_qubits":1.5}}"#, "target_capacity.quantum_qubits"),
    ])
    func whatCannotBeIsRefusedByName(_ body: String, _ field: String) async throws {
        let world = try await World()
        let reply = try await scale(world, world.enterprise, "default", body)
        #expect(reply.status == 400 && reply.json["details"]?["field"]?.text == field, "\(reply.json.encodedText)")
    }

    @Test func anotherTenantIsNotThere() async throws {
        let world = try await World()
        let id = try await tenant(world)
        let stranger = world.principal("default", [.tenantManagement])
        let reply = try await scale(world, world.enterprise, id, Self.example, as: stranger)
        #expect(reply.status == 404 && reply.json["error"] == "tenant_not_found")
        #expect(try await scale(world, world.enterprise, "tenant_none", Self.example).status == 404)
        #expect(try await world.tenants.tenant(id).qubits == 750)
    }
}
