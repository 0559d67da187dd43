import Federation
import Logging
import Storage
import Synchronization
import Telemetry
import Testing

@Suite struct LogTests {
    // MARK: Redaction

    private static let credential = "tk_live_" + String(repeating: "aB3-_", count: 9)
    private static let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
    private static let pem = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIB\nabc\n-----END EC PRIVATE KEY-----"

    @Test(arguments: [
        credential, "key \(credential).", "[\(credential)]", "Bearer abcdefgh12345678", "authorization: Bearer abcdefgh12345678", "Basic dXNlcjpwYXNz", jwt,
        "got \(jwt), and so on", "https://user:hunter2@host/path", "amqp://:hunter2@host", "x \(pem) y", "password=hunter2&x=1",
        #"{"client_secret":"hunter2","a":1}"#, #"{\"password\": \"hunter2\"}"#, "Password: hunter2", "refresh_token=hunter2;", "api_key=hunter2",
        "x-api-key: hunter2", "-----BEGIN PRIVATE KEY-----\nabcdefgh12345678",
    ])
    func secretsAreTakenOut(_ text: String) {
        let clean = Redaction.clean(text)
        for secret in [Self.credential, "abcdefgh12345678", "dXNlcjpwYXNz", Self.jwt, "hunter2", "MHcCAQEEIB"] { #expect(!clean.contains(secret), "\(clean)") }
        #expect(clean.contains(Redaction.mark))
        #expect(Redaction.clean(clean) == clean, "what is clean stays as it is")
    }

    @Test(arguments: [
        "", "serving on https://localhost:8443/a?b=c#d", "the bearer of this", "update_token is missing", "total_tokens=512, token_count: 3", "a.b.c 1.2.3",
        "cannot open /var/lib/tutti: No such file", "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----", "é😀 name@example.org", "basic training",
    ])
    func everythingElseStays(_ text: String) { #expect(Redaction.clean(text) == text) }

    @Test func secretNames() {
        for name in [
            "password", "Password", "user_password", "clientSecret", "client-secret", "Authorization", "token", "registration_token", "accessToken",
            "x-api-key",
            "X-API-Key", "apikey", "Set-Cookie", "private_key", "secret_name",
        ] { #expect(Redaction.isSecret(name: name), "\(name)") }
        for name in ["tokens", "total_tokens", "token_count", "key", "key_id", "secretary", "author", "", "_", "monkey"] {
            #expect(!Redaction.isSecret(name: name), "\(name)")
        }
    }

    @Test(arguments: 1...30)
    func noTextTraps(_ seed: Int) {
        var chance = Chance(seed)
        let parts = [
            "-----BEGIN ", "PRIVATE KEY-----", "-----END ", "-----", "://", "@", "Bearer ", "token", "=", ":", "\"", " ", "é", "\u{0}", "eyJ", ".", "a", "\r\n",
        ]
        for _ in 0..<200 {
            let text = (0..<chance.below(30)).map { _ in chance.one(of: parts) }.joined()
            _ = Redaction.kept([text: text])
            #expect(!Redaction.clean(text + " password=hunter2 ").contains("hunter2"), "\(text)")
        }
    }

    /// Cut in the middle, a credential would not look like one any more.
    @Test func aSecretAcrossTheLimitIsSeen() {
        for before in 0..<80 {
            let kept = Redaction.kept(String(repeating: "x ", count: before) + Self.credential, bytes: 100)
            #expect(!kept.contains("tk_live_aB3") && kept.utf8.count <= 103)
        }
    }

    // MARK: The handler

    private struct Seen: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        let notes: Notes
        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { notes.add("\(event.level) \(event.message)") }
    }

    private final class Notes: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private func logger(_ queue: LogQueue, _ notes: Notes) -> Logger {
        Logger(label: "node", factory: { StoredLogHandler(label: $0, visible: Seen(notes: notes), queue: queue, now: { noon }) })
    }

    @Test func entriesGoBothWays() throws {
        let (queue, notes) = (LogQueue(), Notes())
        var logger = logger(queue, notes)
        logger[metadataKey: "tenant"] = "one"
        logger.debug("unseen")
        logger.error(
            "failed",
            metadata: [
                "service": "llm_service", "request": "req_1", "subject": "job_1", "error_code": "X", "password": "hunter2",
                "inner": ["token": ["a", "b"], "n": "\(7)", "list": ["x", ["y": "z"]]],
            ])
        #expect(notes.all == ["error failed"])
        let entry = try #require(queue.take().entries.first)
        #expect(
            entry
                == LogRecord(
                    at: noon, level: .error, service: "llm_service", message: "failed", tenant: "one", traceID: "req_1", subject: "job_1",
                    fields: [
                        "error_code": "X", "password": "(redacted)", "inner.token": "(redacted)", "inner.n": "7", "inner.list.0": "x", "inner.list.1.y": "z",
                    ]))
        logger.logLevel = .trace
        logger.trace("seen")
        #expect(queue.take().entries.map(\.service) == ["node"])
    }

    @Test func whatIsLongIsCut() throws {
        let queue = LogQueue()
        let long = String(repeating: "é", count: 100_000)
        var metadata: Logger.Metadata = ["tenant": .string(long)]
        for number in 0..<500 { metadata["\(number)\(long)"] = .string(long) }
        var deep: Logger.MetadataValue = "x"
        for _ in 0..<1000 { deep = .array([deep]) }
        metadata["deep"] = deep
        logger(queue, Notes()).error("\(long)", metadata: metadata)
        let entry = try #require(queue.take().entries.first)
        #expect(entry.fields.count <= Limits.fields && entry.bytes < 32 << 10)
    }

    // MARK: On the way to the store

    @Test func aFullQueueDropsAndSaysSo() async {
        let (queue, store, metrics) = (LogQueue(capacity: 3), FailingStore(), Metrics(help: [:]))
        let keeper = LogKeeper(queue: queue, store: store, metrics: metrics, now: { noon })
        let logger = logger(queue, Notes())
        for number in 1...10 { logger.notice("\(number)") }
        await keeper.flush()
        #expect(store.written.map(\.message).prefix(3) == ["1", "2", "3"])
        #expect(store.written.count == 4 && store.written.last?.fields == ["count": "7"] && store.written.last?.level == .warning)
        #expect(metrics.snapshot().counters.first { $0.key.name == TelemetryMetric.logsDropped }?.value == 7)
    }

    @Test func aStoreThatFailsLosesTheEntriesAndSaysSo() async {
        let (queue, store) = (LogQueue(), FailingStore())
        let keeper = LogKeeper(queue: queue, store: store, metrics: Metrics(help: [:]), now: { noon })
        let logger = logger(queue, Notes())
        store.fails = true
        for number in 1...5 { logger.notice("\(number)") }
        await keeper.flush()
        store.fails = false
        logger.notice("after")
        await keeper.flush()
        #expect(store.written.map(\.message).first == "after" && store.written.last?.fields == ["count": "5"] && store.written.count == 2)
    }

    /// Many threads, a keeper that runs: everything arrives, in each thread's order, and the end waits for what is left.
    @Test func everythingArrives() async {
        let (queue, store) = (LogQueue(capacity: 100_000), FailingStore())
        let keeper = LogKeeper(queue: queue, store: store, metrics: Metrics(help: [:]), now: { noon })
        let logger = logger(queue, Notes())
        async let running: Void = keeper.run()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 { group.addTask { for number in 0..<500 { logger.notice("\(number)", metadata: ["service": "s\(task)"]) } } }
        }
        keeper.stop()
        await running
        for task in 0..<4 { #expect(store.written.filter { $0.service == "s\(task)" }.map(\.message) == (0..<500).map { "\($0)" }) }
    }

    /// One process, one queue, a coordinator after the other.
    @Test func theNextKeeperGoesOn() async {
        let queue = LogQueue()
        let logger = logger(queue, Notes())
        for round in 1...3 {
            let store = FailingStore()
            let keeper = LogKeeper(queue: queue, store: store, metrics: Metrics(help: [:]), now: { noon })
            logger.notice("before \(round)")
            async let running: Void = keeper.run()
            #expect(await eventually { store.written.count == 1 })
            logger.notice("after \(round)")
            #expect(await eventually { store.written.count == 2 })
            keeper.stop()
            await running
            #expect(store.written.map(\.message) == ["before \(round)", "after \(round)"])
        }
    }
}
