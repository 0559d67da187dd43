import Compute
import CryptoSuite
import Federation
import FederationService
import Foundation
import Learning
import Logging
import Storage
import Synchronization
import Telemetry
import Testing
import Trust
import Wire

let tenant = "default"
let authority = Result { try CertificateAuthority(commonName: "test", now: Date(), lifetime: 86_400) }

/// A folder of its own for a test, gone afterwards.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = NSTemporaryDirectory() + "tutti-service-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// One coordinator process: it ends with `stop`, and another may begin on the same folder.
struct Service {
    let store: SQLiteStore
    let around: Surroundings
    let engine: FederationEngine

    /// - Parameters:
    ///   - clock: nil: the system's.
    ///   - connections: those that end with a certificate.
    init(
        _ folder: String, authorities: any AuthorityKeeper, certificateSeconds: Double, clock: Clock? = nil,
        connections: any LiveConnections = NoConnections()
    ) async throws {
        let store = try SQLiteStore(folder: folder, suite: .system)
        self.store = store
        around = Surroundings(
            sessions: store, blobs: store, pool: ComputePool(threads: 2, name: "test"), metrics: Metrics(help: [:]),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            now: { clock?.now ?? Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }, halt: { _ in })
        engine = FederationEngine(
            around: around, identities: store, authorities: authorities, random: .system, certificateSeconds: certificateSeconds,
            connections: connections)
    }

    /// - Parameter life: what the store's users see of it; nil: the store itself.
    init(_ folder: String, inlineBytes: Int? = nil, disk: Disk = .system, life: Life? = nil, halted: @escaping @Sendable (String) -> Void = { _ in })
        async throws
    {
        let store = try SQLiteStore(folder: folder, suite: .system, disk: disk, inlineBytes: inlineBytes)
        self.store = store
        let mortal = life.map { MortalStore(store, $0) }
        around = Surroundings(
            sessions: mortal ?? store, blobs: mortal ?? store, pool: ComputePool(threads: 2, name: "test"), metrics: Metrics(help: [:]),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
            halt: halted)
        engine = FederationEngine(around: around, identities: store, authority: try authority.get(), random: .system)
        _ = try await engine.resume()
    }

    func stop() async { await store.close() }
}

/// A clock that a test moves.
final class Clock: Sendable {
    private let seconds: Mutex<Double>
    init(_ start: Date = Date()) { seconds = Mutex(start.timeIntervalSince1970.rounded(.down)) }
    var now: Instant { Instant(milliseconds: Int64(seconds.withLock { $0 } * 1000)) }
    func advance(_ by: Double) { seconds.withLock { $0 += by } }
}

func smallSpec(clients: Int, rounds: Int, autoStart: Bool = true) -> SessionSpec {
    var spec = SessionSpec()
    spec.minClients = clients
    spec.rounds = rounds
    spec.autoStart = autoStart
    spec.model = ModelSpec(kind: .softmaxRegression, layers: [4, 2])
    return spec
}

/// Creates a session and joins clients that know only the document. Gives their update tokens.
func sessionWithMembers(
    _ engine: FederationEngine, _ names: [String], _ spec: SessionSpec
) async throws -> (session: String, tokens: [String: String]) {
    let created = try await engine.createSession(spec, tenant: tenant)
    let session = created.view.record.id
    var tokens: [String: String] = [:]
    for name in names {
        var application = JoinApplication(clientID: name, request: JoinRequest(client: name))
        application.registrationToken = created.registrationToken
        tokens[name] = try await engine.join(session, application).updateToken
    }
    return (session, tokens)
}

/// A client's end of a control channel.
final class TestChannel: ControlChannel {
    let messages: AsyncStream<ServerMessage>
    private let queue: AsyncStream<ServerMessage>.Continuation
    init() { (messages, queue) = AsyncStream.makeStream(of: ServerMessage.self) }
    func send(_ frame: [UInt8]) { if let message = try? ControlCodec.decodeServer(frame) { queue.yield(message) } }
    func close() { queue.finish() }
}

/// A client that "trains": its delta depends on the model it was given, on the round's seed, and on nothing else.
struct TestClient {
    let engine: FederationEngine
    let session: String
    let member: Member

    init(_ engine: FederationEngine, _ session: String, _ name: String) {
        self.engine = engine
        self.session = session
        member = Member(tenant: tenant, client: name)
    }

    func body(_ start: RoundStart) async throws -> [UInt8] {
        let served = try await engine.weights(session, member: member, round: start.round - 1, isHeld: { _ in false })
        let model = try ModelFile(decoding: served.bytes ?? [])
        var generator = SeededGenerator(seed: start.training.seed)
        let delta = model.parameters.map { Float(generator.normal()) - $0 / 2 }
        var update = UpdateBody(
            spec: model.spec, kind: .delta, values: delta, round: start.round, attempt: start.attempt, samples: 7, base: start.modelSHA256,
            loss: 0.5, accuracy: 0.5)
        switch start.rule {
        case .plain: break
        case .normalised: update.steps = 3
        case .controlled(let control):
            var server = [Float](repeating: 0, count: delta.count)
            if !control.sha256.isEmpty {
                let file = try await engine.control(session, member: member, round: start.round - 1, isHeld: { _ in false })
                server = try LocalComputer.serverControl(file.bytes ?? [], parameters: delta.count)
            }
            update.control = server.map { Float(generator.normal()) - $0 / 2 }
        }
        return update.encode()
    }

    /// Without anything in the query: what the update is for stands in its metadata.
    func send(_ body: [UInt8], _ header: UpdateHeader = UpdateHeader()) async throws -> UpdateReceipt {
        try await engine.admitUpdate(session, member: member, header)
        return try await engine.update(session, member: member, header, body: body, wireBytes: body.count)
    }

    /// Takes part until the session ends (true) or the channel is closed (false).
    func takePart(_ channel: TestChannel = TestChannel()) async throws -> Bool {
        try await engine.attach(session, member, channel)
        for await message in channel.messages {
            switch message {
            case .roundStart(let start): _ = try? await send(try await body(start))
            case .evaluate(let request):
                let report = EvaluationReport(sessionID: session, round: request.round, loss: 0.25, accuracy: 0.75, rows: 3)
                await engine.received(.evaluation(report), session, member)
            case .sessionEnded: return true
            case .welcome, .roundClosed, .refused, .secure: break
            }
        }
        return false
    }

    /// Attaches and waits for the next round's start.
    func nextStart(_ channel: TestChannel) async throws -> RoundStart? {
        for await message in channel.messages { if case .roundStart(let start) = message { return start } }
        return nil
    }
}

/// All clients to the end of the session, or to the end of the process. true: the session ended.
func takePart(_ clients: [(client: TestClient, channel: TestChannel)]) async throws -> Bool {
    try await withThrowingTaskGroup(of: Bool.self) { group in
        for (client, channel) in clients { group.addTask { try await client.takePart(channel) } }
        var ended = true
        for try await one in group { ended = ended && one }
        return ended
    }
}

/// Notes of calls from other threads.
final class Notes: @unchecked Sendable {
    private let lock = NSLock()
    private var notes: [String] = []
    func add(_ note: String) { lock.withLock { notes.append(note) } }
    var all: [String] { lock.withLock { notes } }
}

final class Switch: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isOn: Bool {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
    }
}

/// One session of these clients in a process that dies after so many steps of its store, and where it died in another that goes
/// on with the same folder to the session's end. `look` sees what a third one finds.
func liveThroughADeath<Value>(
    after steps: Int?, _ names: [String], _ spec: SessionSpec, inlineBytes: Int? = nil,
    look: (Service, _ session: String, _ died: Bool) async throws -> Value
) async throws -> Value {
    try await withFolder { folder in
        func clients(_ engine: FederationEngine, _ session: String) -> [(client: TestClient, channel: TestChannel)] {
            names.map { (TestClient(engine, session, $0), TestChannel()) }
        }
        let life = Life(steps: steps)
        var service = try await Service(folder, inlineBytes: inlineBytes, life: life)
        let (session, _) = try await sessionWithMembers(service.engine, names, spec)
        let members = clients(service.engine, session)
        life.onDeath { for (_, channel) in members { channel.close() } }
        life.arm()
        async let ended = takePart(members)
        _ = try? await service.engine.start(session, tenant: tenant)
        _ = try? await ended
        await service.stop()
        if life.isOver {
            service = try await Service(folder, inlineBytes: inlineBytes)
            if try await service.engine.status(session, tenant: tenant).record.status == .waiting {
                _ = try await service.engine.start(session, tenant: tenant)
            }
            #expect(try await takePart(clients(service.engine, session)), "the session goes on to its end")
            await service.stop()
        }
        service = try await Service(folder)
        let found = try await look(service, session, life.isOver)
        await service.stop()
        return found
    }
}

/// A client that really trains, until its session ends.
func train(_ engine: FederationEngine, _ session: String, _ name: String, _ data: Dataset) async throws {
    let (member, channel) = (Member(tenant: tenant, client: name), TestChannel())
    try await engine.attach(session, member, channel)
    var computer = LocalComputer()
    func model(_ round: Int) async throws -> ModelFile {
        try ModelFile(decoding: try await engine.weights(session, member: member, round: round, isHeld: { _ in false }).bytes ?? [])
    }
    for await message in channel.messages {
        switch message {
        case .roundStart(let start):
            let update = try computer.update(model: try await model(start.round - 1), start: start, dataset: data)
            let body = try #require(update).encode()
            _ = try await engine.update(session, member: member, UpdateHeader(), body: body, wireBytes: body.count)
        case .evaluate(let request):
            let told = computer.evaluation(model: try await model(request.round), dataset: data)
            await engine.received(
                .evaluation(EvaluationReport(sessionID: session, round: request.round, loss: told.loss, accuracy: told.accuracy, rows: told.rows)),
                session, member)
        case .sessionEnded: return
        case .welcome, .roundClosed, .refused, .secure: break
        }
    }
}
