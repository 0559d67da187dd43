import CryptoSuite
import Federation
import Storage
import Testing
import Trust

/// Models and deployments, in every store.
@Suite struct ModelContractTests {
    private func model(
        _ id: String, _ version: String = "1", name: String = "n", tenant: String = "default", sha256: String? = nil, source: String = "upload://f",
        at: Double = 0
    ) -> ModelRecord {
        ModelRecord(
            id: id, tenant: tenant, name: name, version: version, framework: "ONNX", source: source, expectedSHA256: sha256, createdAt: now.adding(seconds: at),
            createdBy: "a")
    }

    private func entry(_ action: AuditRecord.Action, _ id: String) -> AuditRecord { AuditRecord(at: now, action: action, by: "a", of: id) }

    private func add(_ store: any WholeStore, _ model: ModelRecord, most: Int = 9) async throws -> ModelAddition {
        try await store.addModel(model, audit: entry(.modelRegistered, model.id), most: most)
    }

    private func actions(_ store: any WholeStore, _ tenant: String = "default") async throws -> [AuditRecord.Action] {
        try await store.audit(tenant: tenant, after: 0, limit: 99).map(\.entry.action)
    }

    @Test(arguments: StoreKind.allCases) func whatNothingCanFetchIsKeptApart(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            for (tenant, id) in [("other", "a"), ("default", "b"), ("default", "a")] {
                var waiting = model(id, id, tenant: tenant)
                waiting.waits = true
                #expect(try await add(store, waiting) == .added)
            }
            #expect(try await add(store, model("c", "c")) == .added)
            #expect(try await store.pendingModels(limit: 9).map(\.id) == ["c"])
            let all = try await store.waitingModels(after: ("", ""), limit: 9)
            #expect(all.map { "\($0.tenant)/\($0.id)" } == ["default/a", "default/b", "other/a"])
            #expect(try await store.waitingModels(after: ("default", "a"), limit: 1).map(\.id) == ["b"])
            #expect(try await store.waitingModels(after: ("other", "a"), limit: 9).isEmpty)
        }
    }

    @Test func anEntryOfADeploymentKeepsItsNumber() {
        var deployment = DeploymentRecord(
            id: "d", tenant: "default", model: "m", isDistributed: false, resources: [], scalesByItself: false, createdAt: now, createdBy: "a")
        #expect(deployment.firstEvent == 1)
        for number in 1...450 { deployment.note("\(number)", at: now) }
        #expect(deployment.events.first?.event == "\(deployment.firstEvent)" && deployment.events.last?.event == "450")
        #expect(deployment.firstEvent + deployment.events.count == 451 && deployment.firstEvent > 1)
    }

    @Test(arguments: StoreKind.allCases) func aNameAndVersionHaveOneFile(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let first = model("a", sha256: "00")
            let added = try await add(store, first)
            #expect(added == .added)
            #expect(try await add(store, model("b", sha256: "00")) == .again(first))
            #expect(try await add(store, model("b", sha256: "01")) == .conflict(existing: first))
            // What has no digest is the same where it comes from the same place.
            #expect(try await add(store, model("b")) == .again(first))
            #expect(try await add(store, model("b", source: "upload://g")) == .conflict(existing: first))
            #expect(try await add(store, model("a", "2")) == .conflict(existing: first))
            #expect(try await add(store, model("a", tenant: "other")) == .added)
            #expect(try await add(store, model("b", "2", at: 1)) == .added)
            #expect(try await add(store, model("c", "3"), most: 2) == .tooMany(2))
            #expect(try await store.models(tenant: "default", after: "", limit: 9).map(\.id) == ["a", "b"])
            #expect(try await store.models(tenant: "default", after: "a", limit: 9).map(\.id) == ["b"])
            #expect(try await store.models(tenant: "default", after: "", limit: 1).map(\.id) == ["a"])
            #expect(try await store.pendingModels(limit: 9).map(\.tenant) == ["default", "other", "default"])
            #expect(try await store.model("a", tenant: "other")?.tenant == "other")
            #expect(try await store.model("b", tenant: "other") == nil)
            #expect(try await actions(store) == [.modelRegistered, .modelRegistered])
        }
    }

    @Test(arguments: StoreKind.allCases) func oneThatFailedGivesWay(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            _ = try await add(store, model("a", sha256: "00"))
            let audit = entry(.modelFailed, "a")
            let failed = try await store.changeModel("a", tenant: "default") { record in
                var next = record
                (next.status, next.reason) = (.failed, "it could not be had")
                return (next, audit)
            }
            #expect(failed?.status == .failed)
            #expect(try await store.changeModel("a", tenant: "other") { ($0, audit) } == nil)
            #expect(try await store.changeModel("a", tenant: "default") { _ in nil } == failed)
            #expect(try await store.pendingModels(limit: 9).isEmpty)
            // As many as there may be: the one that failed is not counted.
            #expect(try await add(store, model("b", sha256: "01"), most: 1) == .added)
            #expect(try await store.models(tenant: "default", after: "", limit: 9).map(\.id) == ["b"])
            #expect(try await actions(store) == [.modelRegistered, .modelFailed, .modelRegistered])
        }
    }

    @Test(arguments: StoreKind.allCases) func whatIsNeededIsArchivedAndTheRestRemoved(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            var ready = model("a")
            (ready.status, ready.sha256) = (.ready, "00")
            _ = try await add(store, ready)
            #expect(try await store.modelCount(sha256: "00", tenant: "default") == 1)
            #expect(try await store.modelCount(sha256: "00", tenant: "other") == 0)
            let deployment = DeploymentRecord(
                id: "d", tenant: "default", model: "a", isDistributed: false, resources: [1], scalesByItself: true, createdAt: now, createdBy: "a")
            #expect(try await store.addDeployment(deployment, audit: entry(.modelDeployed, "d"), most: 1))
            var other = deployment
            other.id = "e"
            #expect(try await !store.addDeployment(other, audit: entry(.modelDeployed, "e"), most: 1))
            #expect(try await store.openDeployments(limit: 9) == [deployment])
            var archived = ready
            archived.status = .archived
            let gone = entry(.modelRemoved, "a")
            for _ in 0..<2 { #expect(try await store.removeModel("a", tenant: "default", audit: gone) == .archived(archived)) }
            #expect(try await store.removeModel("a", tenant: "other", audit: gone) == .missing)
            #expect(try await add(store, model("b")) == .conflict(existing: archived))
            let stopped = try await store.changeDeployment("d", tenant: "default") { record in
                var next = record
                next.state = .stopped
                next.note("stopped", at: now)
                return (next, nil)
            }
            #expect(stopped?.events.map(\.event) == ["stopped"])
            #expect(try await store.deployment("d", tenant: "default") == stopped)
            #expect(try await store.deployment("d", tenant: "other") == nil)
            #expect(try await store.deployments(tenant: "default", limit: 9).map(\.id) == ["d"])
            #expect(try await store.openDeployments(limit: 9).isEmpty)
            #expect(try await store.removeModel("a", tenant: "default", audit: gone) == .removed(archived))
            #expect(try await store.models(tenant: "default", after: "", limit: 9).isEmpty)
            #expect(try await actions(store) == [.modelRegistered, .modelDeployed, .modelRemoved, .modelRemoved])
        }
    }

    @Test(arguments: StoreKind.allCases) func sessionsThatEndedAreFoundUntilTheirModelIsRegistered(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            for id in ["s1", "s2", "s3"] {
                var record = session(id)
                if id != "s3" { record.status = .completed }
                try await store.create(record)
            }
            #expect(try await store.sessionsWithoutModel(after: "", limit: 9).map(\.id) == ["s1", "s2"])
            #expect(try await store.sessionsWithoutModel(after: "s1", limit: 9).map(\.id) == ["s2"])
            #expect(try await store.sessionsWithoutModel(after: "", limit: 1).map(\.id) == ["s1"])
            var made = model("m")
            made.session = "s1"
            _ = try await add(store, made)
            #expect(try await store.sessionsWithoutModel(after: "", limit: 9).map(\.id) == ["s2"])
            // It stays archived: otherwise it would come back at the next start.
            guard case .archived = try await store.removeModel("m", tenant: "default", audit: entry(.modelRemoved, "m")) else {
                Issue.record("it is gone")
                return
            }
            #expect(try await store.sessionsWithoutModel(after: "", limit: 9).map(\.id) == ["s2"])
        }
    }

    @Test func eventsOfADeploymentAreBounded() {
        var deployment = DeploymentRecord(
            id: "d", tenant: "t", model: "m", isDistributed: false, resources: [], scalesByItself: false, createdAt: now, createdBy: "a")
        for i in 0..<500 { deployment.note("\(i)", at: now) }
        #expect(deployment.events.count == 200 && deployment.events.last?.event == "499")
    }
}
