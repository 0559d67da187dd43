internal import AisembleAPI
internal import APIKit
internal import Compute
internal import Console
internal import CryptoSuite
internal import EnterpriseAPI
internal import Federation
internal import Logging
internal import ModelServing
internal import OpenAIAPI
internal import OpenInferenceAPI
internal import PhiAPI
internal import Platform
internal import QuantumService
internal import Storage
internal import Synchronization
internal import Telemetry
internal import Trust

/// The described families and the console over stores in memory, new for each input, and with nothing left to chance.
struct Desk: Sendable {
    /// What is drawn repeats: so these are known before anybody has signed in.
    static let cookie = String(repeating: "07", count: 32)
    static let csrf = cookie
    static let key = "tk_live_of_the_administrator"
    /// Threads are not made anew for each input.
    private static let runtime = ModelRuntime(source: NoModels(), metrics: Metrics(help: [:]))
    private static let pool = ComputePool(threads: 1, name: "fuzz")
    private static let title = "what only guests see"
    /// One for all inputs: it keeps nothing of them, and starts no program.
    private static let vision = VisionService(reader: nil)

    /// The one that has the path; nil: none has.
    let family: Family?
    private let acted = Counter()

    private final class Counter: Sendable {
        let count = Mutex(0)
    }

    init(_ path: String) async throws {
        guard path != "/", !path.hasPrefix("/console") else {
            let console = Self.console(acted)
            family = console
            try await signIn(console)
            return
        }
        family = try await Self.families().first { $0.owns(path) }
    }

    private static func families() async throws -> [Family] {
        let drawn = RandomSource { [UInt8](repeating: 7, count: $0) }
        let store = MemoryStore(suite: .system)
        let log = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        let keys = SigningKeys(drawn, now: Asked.now)
        let identity = Identity(
            store: store, tokens: TokenIssuer(keys: keys, random: drawn), random: drawn, passwordCost: ScryptCost(rounds: 1024, blockSize: 8, parallelism: 1))
        let tenants = try await Tenants.open(store: store, random: drawn, now: Asked.now)
        let artifacts = Artifacts(store: store, suite: .system, log: log)
        let jobs = JobQueue(store: store, artifacts: artifacts, clock: JobClock(now: { Asked.now }, sleep: { _ in }), random: drawn, log: log)
        try await jobs.open()
        let metrics = Metrics(help: [:])
        let recorder = Recorder(metrics: metrics, store: store, system: nil, log: log, startedAt: Asked.now)
        let operations = Operations(recorder: recorder, metrics: metrics, store: store, version: "0")
        let secrets = SecretStore(masters: MasterKeys(random: drawn), table: StoredTenantKeys(store: store) { Asked.now }, random: drawn) { _ in }
        let webhooks = Webhooks(store: store, secrets: secrets, policy: EgressPolicy(allowsLoopback: false), random: drawn)
        let clock = JobClock(now: { Asked.now }, sleep: { _ in })
        let leases = Leases(store: store, tenants: tenants, capacity: 8192, clock: clock, random: drawn, log: log)
        let registry = ModelRegistry(store: store, client: nil, pool: pool, suite: .system, random: drawn, log: log) { Asked.now }
        let models = ModelServices(registry: registry, deployments: Deployments(registry, loading: nil, random: drawn))
        let repetition = Repetition(IdempotentCalls()) { CryptoSuite.system.sha256($0) }
        return [
            Enterprise.family(identity, tenants, store, recorder, webhooks: webhooks, leases: leases, use: store),
            Aisemble.family(identity, jobs, operations, webhooks: webhooks, models: runtime, vision: Self.vision),
            OpenInference.family(runtime, version: "0"),
            Phi.family(identity, models: models, inference: InferenceDesk(runtime: runtime, artifacts: artifacts)),
            OpenAI.family(LanguageModels(random: drawn)),
        ].map {
            var family = $0
            family.repetition = repetition
            return family
        }
    }

    private static func console(_ acted: Counter) -> Family {
        let section = Section(
            title: "S", link: Link(),
            pages: [Section.Page("", "first") { (_) async throws(ServiceError) in PageContent(title: title) { HTML(.h1) { title } } }],
            actions: [
                Section.Action("/act", "act", note: Section.Note(.consoleSessionStopped, of: "session", parameter: "id")) { (_) async throws(ServiceError) in
                    acted.count.withLock { $0 += 1 }
                    return Link()
                }
            ])
        let keys = ConsoleKeys(holder: { $0 == key ? ("default", "publicpart") : nil }, isGood: { _, _ in true })
        return ConsoleFamily.family(
            sections: [section], keys: keys, audit: ConsoleAudit(MemoryStore(suite: .system), home: "default"),
            random: { [UInt8](repeating: 7, count: $0) }, hash: { CryptoSuite.system.sha256($0) }, tell: { _ in })
    }

    private func signIn(_ console: Family) async throws {
        let text = "POST /console/sign-in\nsec-fetch-site: same-origin\ncontent-type: application/x-www-form-urlencoded\n\nkey=\(Self.key)"
        guard let request = Asked(Array(text.utf8)).request else { throw FuzzFailure("no request to sign in") }
        let reply = await console.respond(to: request, authenticator: Known(caller: .anonymous)).reply
        try expect(reply.headers.contains { $0.name == "set-cookie" && $0.value.contains(Self.cookie) }, "nobody can sign in")
    }

    /// Pages are for who has the cookie; actions also want the form's token, from a page of this server.
    func judge(_ request: APIRequest, _ reply: APIReply) throws {
        let cookies = request.headers.filter { $0.name == "cookie" }.map(\.value)
        let isGuest = cookies.contains { $0.contains("__Host-tutti=" + Self.cookie) }
        if case .bytes(let page, _) = reply.body, String(decoding: page, as: UTF8.self).contains(Self.title) {
            try expect(isGuest, "a page for somebody without the cookie")
            try expect(
                cookies.reduce(0) { $0 + $1.ranges(of: "__Host-tutti=").count } == 1 || cookies.joined().contains("=__Host-tutti="), "a page for two cookies")
        }
        guard acted.count.withLock({ $0 }) > 0 else { return }
        try expect(request.method == "POST" && isGuest, "something is done for somebody without the cookie")
        let (site, origin) = (request.header("sec-fetch-site"), request.header("origin")?.lowercased())
        let own = ["https://h:1", "https://" + (request.header("host")?.lowercased() ?? "h:1")]
        let isOwnOrigin = origin.map { origin in own.contains { origin == $0 || origin + ":443" == $0 || origin == $0 + ":443" } }
        try expect(site.map { $0 == "same-origin" } ?? isOwnOrigin ?? false, "something is done for another site")
        try expect(origin == "null" && site != nil || isOwnOrigin ?? true, "something is done for another origin")
    }
}
