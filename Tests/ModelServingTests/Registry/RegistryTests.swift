import Compute
import Crypto
import CryptoSuite
import Federation
import Foundation
import Learning
import Logging
import ModelServing
import Platform
import Storage
import StrictJSON
import Synchronization
import Testing
import Trust

/// A registry over a store in memory, with a clock that stands still unless it is told.
struct RegistryWorld {
    final class Clock: Sendable {
        private let at = Mutex(Instant(milliseconds: 1_758_506_403_000))
        var now: Instant { at.withLock { $0 } }
        func advance(_ seconds: Double) { at.withLock { $0 = $0.adding(seconds: seconds) } }
    }
    let store: MemoryStore
    let clock = Clock()
    let registry: ModelRegistry
    var source: RegistryModelSource { RegistryModelSource(registry) }

    init(
        roots: [String] = [], client: GuardedClient? = nil, bytesMax: Int = 1 << 20, objects: ObjectStores = .none, over store: MemoryStore? = nil
    ) {
        let store = store ?? MemoryStore(suite: .system)
        self.store = store
        var settings = RegistrySettings()
        (settings.roots, settings.bytesMax, settings.objectStores) = (roots, bytesMax, objects)
        let clock = clock
        registry = ModelRegistry(
            store: store, settings: settings, client: client, pool: ComputePool(threads: 1, name: "tests"), suite: .system, random: .system,
            log: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        ) { clock.now }
    }

    func upload(_ bytes: [UInt8], _ name: String, tenant: String = "t") async throws {
        let digest = hexadecimal(CryptoSuite.system.sha256(bytes))
        let record = ArtifactRecord(
            tenant: tenant, name: "files/" + name, digest: digest, bytes: bytes.count, mediaType: "application/octet-stream", createdAt: clock.now,
            expiresAt: nil)
        _ = try await store.putArtifact(record, content: bytes, replaces: true, bytesMax: 1 << 30, countMax: 99, audit: nil)
    }

    func register(
        _ source: String, name: String = "n", version: String = "1", tenant: String = "t", _ change: (inout NewModel) throws -> Void = { _ in }
    ) async throws -> ModelRecord {
        var new = NewModel(name: name, version: version, framework: "safetensors", source: source)
        try change(&new)
        return try await registry.register(new, tenant: tenant, actor: "somebody")
    }

    func actions(_ tenant: String = "t") async throws -> [AuditRecord.Action] {
        try await store.audit(tenant: tenant, after: 0, limit: 99).map(\.entry.action)
    }
}

let modelBytes: [UInt8] = {
    let spec = ModelSpec(kind: .softmaxRegression, layers: [4, 2])
    return ModelFile(spec: spec, schema: DataSchema(inputs: 4, outputs: 2, scale: .none), parameters: spec.initialParameters(seed: 1)).encode()
}()
let modelDigest = hexadecimal(CryptoSuite.system.sha256(modelBytes))

@Suite struct RegistryTests {
    @Test func anUploadedModelIsLookedIntoKeptAndLoaded() async throws {
        let world = RegistryWorld()
        try await world.upload(modelBytes, "m.safetensors")
        let model = try await world.register("upload://m.safetensors") { $0.card = ["task": "iris"] }
        #expect(model.status == .ready && model.sha256 == modelDigest && model.bytes == modelBytes.count && model.format == "safetensors")
        #expect(ScanReport(decoding: model.scan)?.isSafe == true)
        let served = try await world.source.models(tenant: "t")
        #expect(served.map(\.id) == [model.id] && served.first?.format == .safetensors && served.first?.card["task"] == "iris")
        #expect(try await world.source.bytes(of: try #require(served.first)) == modelBytes)
        #expect(try await world.source.models(tenant: "other").isEmpty)
        await #expect(throws: ModelFailure.notFound(model.id)) { try await world.source.model(model.id, tenant: "other") }
        // The same again is the same; the upload may go.
        #expect(try await world.register("upload://m.safetensors").id == model.id)
        #expect(try await world.actions() == [.modelRegistered, .artifactStored, .modelReady])
    }

    @Test func anotherFileOfTheSameVersionIsAConflict() async throws {
        let world = RegistryWorld()
        try await world.upload(modelBytes, "m")
        _ = try await world.register("upload://m")
        await #expect("it is a conflict") {
            try await world.register("upload://other") { $0.sha256 = String(repeating: "0", count: 64) }
        } throws: { if case RegistryFailure.conflict(field: "version", _) = $0 { true } else { false } }
        #expect(try await world.register("upload://other", version: "2").status == .failed)
    }

    @Test func whatIsNotTakenSaysWhy() async throws {
        let world = RegistryWorld(bytesMax: 2000)
        try await world.upload(Files.bytes("evil2"), "evil")
        let evil = try await world.register("upload://evil")
        #expect(evil.status == .failed && evil.reason?.contains("system") == true && evil.sha256 == nil)
        await #expect("it says why") { try await world.source.model(evil.id, tenant: "t") } throws: {
            if case ModelFailure.refused(_, let why) = $0 { why.contains("pickle_opcodes") } else { false }
        }
        // What has failed gives way.
        try await world.upload(modelBytes, "m")
        let wrong = try await world.register("upload://m") { $0.sha256 = String(repeating: "0", count: 64) }
        #expect(wrong.status == .failed && wrong.reason?.contains(modelDigest) == true && wrong.id != evil.id)
        let right = try await world.register("upload://m") { $0.sha256 = modelDigest.uppercased() }
        #expect(right.status == .ready)
        #expect(try await world.register("upload://none", version: "2").reason?.contains("no uploaded file") == true)
        try await world.upload([UInt8](repeating: 7, count: 2001), "long")
        #expect(try await world.register("upload://long", version: "3").reason?.contains("2000") == true)
        #expect(try await world.actions().filter { $0 == .modelFailed }.count == 4)
    }

    @Test(arguments: [
        ("ftp://x/y", "storage_url"), ("s3://bucket", "storage_url"), ("https://user@x/", "storage_url"), ("file://relative", "storage_url"),
        ("upload://../x", "storage_url"), ("upload://", "storage_url"), ("", "storage_url"),
    ])
    func placesThatCannotBeUsedAreRefused(_ source: String, _ field: String) async throws {
        let world = RegistryWorld()
        await #expect("the field is named") { try await world.register(source) } throws: {
            if case RegistryFailure.invalid(field, _) = $0 { true } else { false }
        }
        #expect(try await world.actions().isEmpty)
    }

    @Test func anObjectStoresFileIsWaitedFor() async throws {
        let world = RegistryWorld()
        let model = try await world.register("s3://bucket/key")
        #expect(model.status == .pending && model.reason?.contains("models.object_stores") == true)
        #expect(try await world.registry.fetchPending() == nil)
        #expect(try await world.registry.find(model.id, tenant: "t") == model)
        #expect(try await world.registry.remove(model.id, tenant: "t", actor: "x") == nil)
    }

    @Test func filesAreReadBelowTheirRootsOnly() async throws {
        let folder = NSTemporaryDirectory() + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/in/deep", withIntermediateDirectories: true)
        try Data(modelBytes).write(to: URL(fileURLWithPath: folder + "/in/deep/m"))
        try Data(modelBytes).write(to: URL(fileURLWithPath: folder + "/secret"))
        try FileManager.default.createDirectory(atPath: folder + "/in2", withIntermediateDirectories: true)
        try Data(modelBytes).write(to: URL(fileURLWithPath: folder + "/in2/m"))
        try FileManager.default.createSymbolicLink(atPath: folder + "/in/link", withDestinationPath: folder + "/secret")
        try FileManager.default.createSymbolicLink(atPath: folder + "/in/inner", withDestinationPath: "deep/m")
        try FileManager.default.createSymbolicLink(atPath: folder + "/root", withDestinationPath: "in")
        let world = RegistryWorld(roots: [folder + "/root"])
        #expect(try await world.register("file://\(folder)/in/deep/m").status == .ready)
        #expect(try await world.register("file://\(folder)/root/inner", version: "2").status == .ready)
        for (index, path) in ["/in/link", "/secret", "/in/../secret", "/in2/m", "/in/deep", "/in/none"].enumerated() {
            let model = try await world.register("file://\(folder)\(path)", version: "no \(index)")
            #expect(model.status == .failed && model.reason?.isEmpty == false, "\(path)")
        }
        #expect(try await RegistryWorld().register("file://\(folder)/in/deep/m").reason?.contains("models.roots") == true)
    }

    private struct Nowhere: HostResolver {
        func addresses(of host: String) async throws(EgressError) -> [IPAddress] { throw .unresolved(host: host, problem: "there is none") }
    }

    @Test func whatCannotBeFetchedNowIsFetchedLaterAndGivenUpInTheEnd() async throws {
        let client = try GuardedClient(policy: EgressPolicy(allowsLoopback: false), resolver: Nowhere())
        let world = RegistryWorld(client: client)
        let model = try await world.register("https://models.example.org/m?signature=secret")
        #expect(model.status == .pending && model.endedAt == nil)
        // As a next start would: nothing is known but what is stored.
        for (attempt, wait) in [(1, 5.0), (2, 20), (3, 80)] {
            let next = try await world.registry.fetchPending()
            #expect(next == world.clock.now.adding(seconds: wait))
            #expect(try await world.registry.fetchPending() == next, "not before")
            #expect(try await world.registry.find(model.id, tenant: "t").attempts == attempt)
            world.clock.advance(wait)
        }
        #expect(try await world.registry.fetchPending() == nil)
        let ended = try await world.registry.find(model.id, tenant: "t")
        #expect(ended.status == .failed && ended.reason?.contains("models.example.org") == true)
        #expect(ended.source == "https://models.example.org/m", "a credential is not kept")
        let entries = try await world.store.audit(tenant: "t", after: 0, limit: 9).map(\.entry)
        #expect(entries.map(\.action) == [.modelRegistered, .modelFailed])
        #expect(entries.allSatisfy { !$0.details.values.contains { $0.contains("secret") } })
        // Addresses that are not public are refused at once.
        let here = try await world.register("https://127.0.0.1/m", version: "2")
        _ = try await world.registry.fetchPending()
        #expect(try await world.registry.find(here.id, tenant: "t").status == .failed)
    }

    @Test func aDamagedFileSaysSo() async throws {
        let world = RegistryWorld()
        try await world.upload(modelBytes, "m")
        let model = try await world.register("upload://m")
        var served = try #require(model.servable)
        served.sha256 = String(repeating: "0", count: 64)
        let other = served
        await #expect(throws: ModelFailure.damaged(id: model.id)) { try await world.source.bytes(of: other) }
        let name = ModelRecord.artifactName(sha256: modelDigest)
        _ = try await world.store.deleteArtifact(name, tenant: "t", audit: AuditRecord(at: world.clock.now, action: .artifactDeleted, by: "x", of: name))
        await #expect(throws: ModelFailure.damaged(id: model.id)) { try await world.source.bytes(of: try #require(model.servable)) }
    }

    @Test func theLastModelTakesItsFileAlong() async throws {
        let world = RegistryWorld()
        try await world.upload(modelBytes, "m")
        let (one, two) = (try await world.register("upload://m"), try await world.register("upload://m", version: "2"))
        let name = ModelRecord.artifactName(sha256: modelDigest)
        #expect(try await world.registry.remove(one.id, tenant: "t", actor: "x") == nil)
        #expect(try await world.store.artifact(name, tenant: "t") != nil)
        #expect(try await world.registry.remove(two.id, tenant: "t", actor: "x") == nil)
        #expect(try await world.store.artifact(name, tenant: "t") == nil)
        await #expect(throws: RegistryFailure.self) { try await world.registry.remove(two.id, tenant: "t", actor: "x") }
    }

    @Test func signaturesAreThoseOfTheFile() async throws {
        let world = RegistryWorld()
        try await world.upload(modelBytes, "m")
        let digest = CryptoSuite.system.sha256(modelBytes)
        func pem(_ prefix: [UInt8], _ key: some Sequence<UInt8>) -> String {
            "-----BEGIN PUBLIC KEY-----\n\(Data(prefix + Array(key)).base64EncodedString())\n-----END PUBLIC KEY-----\n"
        }
        let edwards = Curve25519.Signing.PrivateKey()
        let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        let key = pem(prefix, edwards.publicKey.rawRepresentation)
        let good = try edwards.signature(for: digest)
        let signed = try await world.register("upload://m") { $0.signature = try ModelSignature(publicKey: key, signature: good.base64EncodedString()) }
        #expect(signed.status == .ready && signed.signature?.algorithm == "ed25519")
        let bad = try edwards.signature(for: [UInt8](repeating: 0, count: 32)).base64EncodedString()
        let wrong = try await world.register("upload://m", version: "2") { $0.signature = try ModelSignature(publicKey: key, signature: bad) }
        #expect(wrong.status == .failed && wrong.reason?.contains("signature") == true)
        let lattice = try MLDSA65.PrivateKey()
        // RFC 9881, id-ml-dsa-65.
        let latticePrefix: [UInt8] = [
            0x30, 0x82, 0x07, 0xB2, 0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12, 0x03, 0x82, 0x07, 0xA1, 0x00,
        ]
        let latticeKey = pem(latticePrefix, lattice.publicKey.rawRepresentation)
        let latticeSignature = try lattice.signature(for: digest).base64EncodedString()
        let both = try await world.register("upload://m", version: "3") {
            $0.signature = try ModelSignature(publicKey: latticeKey, signature: latticeSignature)
        }
        #expect(both.status == .ready && both.signature?.algorithm == "ml_dsa_65")
        for (key, signature) in [("x", "AAAA"), (key, "?"), (pem(prefix, [1]), "AAAA")] {
            #expect(throws: RegistryFailure.self) { try ModelSignature(publicKey: key, signature: signature) }
        }
    }

    @Test func featuresAreHeldToTheirForm() throws {
        let schema = try FeatureSchema([
            ["name": "age", "type": "integer", "immutable": true], ["name": "sex", "type": "category", "categories": ["f", "m"], "protected": true],
        ])
        #expect(try FeatureSchema(schema.json) == schema && schema.features[0].immutable && schema.features[1].protected)
        for (json, field) in [
            (JSON.array([]), "feature_schema"), ([["type": "number"]], "feature_schema[0].name"), ([["name": "a", "type": "x"]], "feature_schema[0].type"),
            ([["name": "a", "type": "category"]], "feature_schema[0].categories"),
            ([["name": "a", "type": "number", "immutable": 1]], "feature_schema[0].immutable"),
            ([["name": "a", "type": "number"], ["name": "a", "type": "number"]], "feature_schema[1].name"),
        ] as [(JSON, String)] {
            #expect("\(field)") { try FeatureSchema(json) } throws: {
                if case RegistryFailure.invalid(field: let name, _) = $0 { name == field } else { false }
            }
        }
    }
}

@Suite struct RegistryServiceTests {
    /// Told, and not only looked for; and again after a look that found nothing.
    @Test func whatIsRegisteredIsFetchedWhileItRuns() async throws {
        let world = RegistryWorld()
        let running = Task { await world.registry.run() }
        for version in ["1", "2"] {
            // Nobody fetches here, so it fails; that is what shows that somebody looked.
            let model = try await world.register("https://models.example.org/m", version: version)
            var status = model.status
            for _ in 0..<3000 where status == .pending {
                try await Task.sleep(for: .milliseconds(10))
                status = try await world.registry.find(model.id, tenant: "t").status
            }
            #expect(status == .failed)
        }
        running.cancel()
        await running.value
    }
}
