import ClientNode
import CryptoSuite
import Foundation
import Learning
import Synchronization
import Testing
import Trust
import Wire

@Suite(.timeLimit(.minutes(2))) struct ManyNodesTests {
    /// Four nodes of one process: each has its own certificate and sends its own update; model and workspaces are shared.
    @Test func nodesOfOneProcessShareTheModelAndTheWorkspaces() async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome(), roundStart(1)] } else { [] } }) { request, fake in
            guard request.method == "POST", request.path.hasPrefix("/update") else { return cooperative(request, fake, rounds: 1) }
            // The session ends when all have sent.
            if fake.requests("POST", "/update").count >= 4 { fake.tell(sessionEnded) }
            return .json(200, "{}")
        }
        let shared = house(threads: 2)
        let runners = try (1...4).map { try node(fake, "client-0\($0)", house: shared).runner }
        let ends = try await withThrowingTaskGroup(of: Int.self) { group in
            for runner in runners { group.addTask { try await runner.run(.session(sessionID)).count } }
            return try await group.reduce(0, +)
        }
        #expect(ends == 4)
        #expect(fake.requests("GET", "/model").count == 1, "one fetch for all")
        #expect(fake.requests("POST", "/update").count == 4)
        #expect((1...2).contains(shared.workspaces.count), "one for each thread that trained")
        await fake.stop()
    }

    @Test func aSharedFileIsReadOnceAndSharesAreWhatAloneNodesHave() throws {
        let folder = NSTemporaryDirectory() + "tutti-shares-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/rows.csv"
        let lines = (0..<60).map { "\($0),\($0 % 7),\($0 % 2)" }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
        var library = LocalLibrary()
        for share in ["1/3:seed=1", "2/3:seed=1", "3/3:seed=1", "2/4:dirichlet=5:seed=2", "holdout/4:holdout=0.2:seed=2"] {
            let options = LocalDataOptions(path: path, csv: CSVOptions(), partition: share)
            let (rows, schema) = try library.rows(options)
            let alone = try LocalData.load(options)
            #expect(rows.dataset == alone.dataset && rows.count == alone.dataset.rows && schema == alone.schema, "\(share)")
            // The file is not looked at again.
            try FileManager.default.moveItem(atPath: path, toPath: path + ".gone")
            let again = try library.rows(options).rows
            #expect(again.dataset == alone.dataset, "\(share)")
            try FileManager.default.moveItem(atPath: path + ".gone", toPath: path)
        }
        #expect(throws: ClientNodeError.self) { try library.rows(LocalDataOptions(path: path, csv: CSVOptions(), partition: "4/3")) }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SharedModelsTests {
    private struct Broken: Error {}

    private final class Count: Sendable {
        private let value = Mutex(0)
        func add() { value.withLock { $0 += 1 } }
        var now: Int { value.withLock { $0 } }
    }

    private func file(_ value: Float) -> (digest: String, bytes: [UInt8]) {
        let spec = ModelSpec(kind: .softmaxRegression, layers: [2, 2])
        let bytes = ModelFile(
            spec: spec, schema: DataSchema(inputs: 2, outputs: 2, scale: .none), parameters: [Float](repeating: value, count: spec.parameterCount)
        ).encode()
        return (hexadecimal(CryptoSuite.system.sha256(bytes)), bytes)
    }

    @Test func theTwoNewestAreKeptUntilNobodyTakesPart() async throws {
        let models = SharedModels()
        let files = [1, 2, 3].map { file($0) }
        let fetched = Count()
        func fetch(_ index: Int) async throws -> ModelFile {
            try await models.model("s", digest: files[index].digest, policy: ClientPolicy()) {
                fetched.add()
                return files[index].bytes
            }
        }
        await models.enter("s")
        await models.enter("s")
        for index in [0, 0, 1, 0, 2, 1] { #expect(try await fetch(index).parameters.first == Float(index + 1)) }
        #expect(fetched.now == 3)
        #expect(await models.model("s", digest: files[0].digest) == nil, "the oldest is gone")
        #expect(await models.model("other", digest: files[2].digest) == nil, "a session sees its own only")
        await models.leave("s")
        #expect(await models.model("s", digest: files[2].digest) != nil)
        await models.leave("s")
        #expect(await models.model("s", digest: files[2].digest) == nil)
    }

    @Test func aFailureIsNotKeptAndAPolicyIsEachNodesOwn() async throws {
        let models = SharedModels()
        let (digest, bytes) = file(1)
        await models.enter("s")
        await #expect(throws: Broken.self) { try await models.model("s", digest: digest, policy: ClientPolicy()) { throw Broken() } }
        #expect(try await models.model("s", digest: digest, policy: ClientPolicy()) { bytes }.parameters.first == 1)
        var strict = ClientPolicy()
        strict.maximumModelBytes = bytes.count - 1
        let error = await #expect(throws: ClientNodeError.self) { try await models.model("s", digest: digest, policy: strict) { bytes } }
        #expect(error?.kind == .policy)
    }
}
