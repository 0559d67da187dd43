/// The settings of a coordinator.
package struct CoordinatorSettings: Sendable {
    /// `local` runs on one machine as it is; `prod` refuses to serve what nobody has configured.
    package enum Profile: String, Sendable, CaseIterable { case local, prod }

    package var profile: Profile
    package var listen: (host: String, port: Int)
    /// Plain HTTP on the loopback, for the documents' development URL; nil: off.
    package var localListen: (host: String, port: Int)?
    package var publicURL: String?
    package var names: [String]
    package var strictPostQuantum: Bool
    /// The life of node certificates.
    package var nodeCertificateHours: Int
    /// A file with the passphrase of `master.key`; nil: that has none.
    package var masterPassphraseFile: String?
    /// A key in a token of PKCS #11 that seals `master.key`; nil: none.
    package var masterToken: MasterToken?
    /// Blocks and hosts beside the public internet that the coordinator may connect to for its tenants.
    package var egressAllowed: [String]
    package var egressPorts: [Int]
    /// Folders from which models may be registered.
    package var modelRoots: [String]
    /// With what object stores are asked; nil: none is.
    package var objectStoresFile: String?
    /// Of one model's file.
    package var modelMegabytes: Int
    package var maximumConnections: Int
    package var maximumConnectionsPerAddress: Int
    /// Answered at once.
    package var maximumRequests: Int
    /// For the bodies of requests that are under way.
    package var bodyMemoryMegabytes: Int
    /// A second, of routes without credentials, from one address.
    package var openRequestsPerAddress: Int
    /// Families whose tokens the others take, too: `v2`, `v4`, `phi`.
    package var crossFamily: [String]
    /// The most that the administrator can give one tenant.
    package var qubits: Int
    /// Between two measurements of the annealer; 0: only when the administrator asks.
    package var benchmarkHours: Int
    package var threads: Int
    /// Of all models' weights; nil: a quarter of the machine's.
    package var modelMemoryMegabytes: Int?
    /// Other people's servers whose models answer beside our own.
    package var upstreams: [UpstreamSettings]
    package var logLevel: String
    package var settings: Settings

    static let keys: [Settings.Key] = [
        ("server.profile", .text("local")), ("server.listen", .text("127.0.0.1:8443")), ("server.names", .texts(["localhost", "127.0.0.1"])),
        ("server.public_url", .text("")), ("server.local_listen", .text("")), ("server.max_connections", .whole(10_000)),
        ("server.max_connections_per_address", .whole(2000)), ("server.max_requests", .whole(1024)), ("server.body_memory_mb", .whole(1024)),
        ("tls.strict_post_quantum", .flag(false)), ("trust.node_certificate_hours", .whole(720)), ("compute.threads", .whole(2)),
        ("log.level", .text("notice")),
        ("server.open_requests_per_address", .whole(200)), ("identity.cross_family", .texts([])), ("quantum.qubits", .whole(8192)),
        ("quantum.benchmark_hours", .whole(24)),
        ("trust.master_passphrase_file", .text("")), ("trust.pkcs11_module", .text("")), ("trust.pkcs11_token", .text("")),
        ("trust.pkcs11_pin_file", .text("")), ("trust.pkcs11_key", .text("tutti")), ("egress.allow", .texts([])), ("egress.ports", .texts(["443", "8443"])),
        ("models.memory_mb", .whole(0)),
        ("models.roots", .texts([])), ("models.object_stores", .text("")), ("models.max_megabytes", .whole(512)),
    ]
    static let tokenFamilies = ["v2", "v4", "phi"]
    static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
    package static let loopbackNames = ["localhost", "127.0.0.1", "::1"]

    package init(toml: String?, file: String, environment: [String: String], flags: [String: String]) throws(ConfigurationError) {
        settings = try Settings(
            keys: Self.keys, foreign: ClientSettings.keys, open: [UpstreamSettings.section], toml: toml, file: file, environment: environment, flags: flags)
        profile = Profile(rawValue: try settings.choice("server.profile", Profile.allCases.map(\.rawValue))) ?? .local
        listen = try Self.address(settings, "server.listen")
        localListen = settings.text("server.local_listen").isEmpty ? nil : try Self.address(settings, "server.local_listen")
        if let local = localListen, !Self.loopbackNames.contains(local.host) {
            throw settings.problem("server.local_listen", "must be a loopback address: it speaks plain HTTP")
        }
        let url = settings.text("server.public_url")
        guard url.isEmpty || url.hasPrefix("https://") else { throw settings.problem("server.public_url", "must begin with https://") }
        publicURL = url.isEmpty ? nil : url
        names = settings.list("server.names")
        strictPostQuantum = settings.flag("tls.strict_post_quantum")
        nodeCertificateHours = try settings.whole("trust.node_certificate_hours", 1...8760)
        let passphrase = settings.text("trust.master_passphrase_file")
        masterPassphraseFile = passphrase.isEmpty ? nil : passphrase
        masterToken = try MasterToken(settings)
        egressAllowed = settings.list("egress.allow")
        egressPorts = settings.list("egress.ports").compactMap { Int($0) }.filter { (1...65_535).contains($0) }
        guard egressPorts.count == settings.list("egress.ports").count else { throw settings.problem("egress.ports", "must be port numbers from 1 to 65535") }
        modelRoots = settings.list("models.roots")
        guard modelRoots.allSatisfy({ $0.hasPrefix("/") }) else { throw settings.problem("models.roots", "must be absolute paths") }
        let objectStores = settings.text("models.object_stores")
        objectStoresFile = objectStores.isEmpty ? nil : objectStores
        modelMegabytes = try settings.whole("models.max_megabytes", 1...16_384)
        maximumConnections = try settings.whole("server.max_connections", 1...1_000_000)
        maximumConnectionsPerAddress = try settings.whole("server.max_connections_per_address", 1...1_000_000)
        maximumRequests = try settings.whole("server.max_requests", 4...1_000_000)
        bodyMemoryMegabytes = try settings.whole("server.body_memory_mb", 1...1_000_000)
        openRequestsPerAddress = try settings.whole("server.open_requests_per_address", 1...1_000_000)
        crossFamily = settings.list("identity.cross_family")
        guard crossFamily.allSatisfy(Self.tokenFamilies.contains) else {
            throw settings.problem("identity.cross_family", "must be families that have tokens: \(Self.tokenFamilies.joined(separator: ", "))")
        }
        qubits = try settings.whole("quantum.qubits", 0...1_000_000)
        benchmarkHours = try settings.whole("quantum.benchmark_hours", 0...8760)
        threads = try settings.whole("compute.threads", 1...1024)
        let memory = try settings.whole("models.memory_mb", 0...100_000_000)
        modelMemoryMegabytes = memory == 0 ? nil : memory
        logLevel = try settings.choice("log.level", Self.logLevels)
        upstreams = try UpstreamSettings.read(settings.tables[UpstreamSettings.section])
        settings.show(settings.tables[UpstreamSettings.section]?.shown ?? [])
        if profile == .prod { try checkProduction() }
    }

    private func checkProduction() throws(ConfigurationError) {
        if localListen != nil { throw settings.problem("server.local_listen", "must be off (\"\") in profile prod: it speaks plain HTTP") }
        if settings.entry("server.listen").source == .default {
            throw settings.missing("server.listen", "profile prod serves only where it was told to")
        }
        if names.allSatisfy(Self.loopbackNames.contains) {
            throw settings.missing("server.names", "profile prod needs a name or address that other machines reach")
        }
    }

    private static func address(_ settings: Settings, _ key: String) throws(ConfigurationError) -> (host: String, port: Int) {
        do { return try address(settings.text(key), key) } catch { throw settings.problem(key, "must be HOST:PORT") }
    }

    /// `HOST:PORT` or `[V6]:PORT`.
    package static func address(_ text: String, _ key: String) throws(ConfigurationError) -> (host: String, port: Int) {
        let wrong = ConfigurationError.value(key, value: text, place: "the command line", problem: "must be HOST:PORT")
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else {
            throw wrong
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            // Without brackets nobody can tell an address' last group from a port.
            throw wrong
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { throw wrong }
        return (host, port)
    }

    /// The file that `init` writes.
    package static func template(listen: String, names: [String], profile: Profile = .local, token: MasterToken? = nil) -> String {
        """
        # Settings of this coordinator. A flag, then TUTTI_SECTION__KEY in the environment, goes before this file.
        # An unknown key is an error. 'tutti-coordinator config show DIR' says where each value comes from.

        [server]
        # local: one machine, as it is. prod: refuses to serve what is not configured here.
        profile = "\(profile.rawValue)"
        listen = "\(listen)"
        # Host names and addresses in the server's certificate (decided by init).
        names = [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]
        # The address clients are told, if it is not the one they called.
        # public_url = "https://coordinator.example:8443"
        # Plain HTTP on the loopback for development, REST only; not in profile prod.
        # local_listen = "127.0.0.1:8080"
        # Connections at once, in all and from one address; one beyond is closed.
        # max_connections = 10000
        # max_connections_per_address = 2000
        # Requests answered at once, and memory for their bodies; one beyond is told to come again (503, Retry-After).
        # max_requests = 1024
        # body_memory_mb = 1024
        # Requests a second without credentials from one address; beyond, and for wrong credentials sooner, 429 with Retry-After.
        # open_requests_per_address = 200

        [tls]
        # true: only the post-quantum hybrid X25519MLKEM768; curl and OpenSSL 3.0 are then refused.
        strict_post_quantum = false

        [trust]
        # The life of node certificates; nodes that run renew theirs by themselves when half of it is over.
        # node_certificate_hours = 720
        # The passphrase of master.key, which opens all secrets at rest; without one its mode 0600 protects it.
        # master_passphrase_file = "/run/credentials/tutti-master"
        \(MasterToken.template(token))

        [identity]
        # Families (v2, v4, phi) whose tokens all other families take, too. Usually a token opens what it was made for and nothing else.
        # cross_family = []

        [quantum]
        # The most qubits that the administrator can give one tenant, whatever its tier.
        # qubits = 8192
        # Hours between two measurements of the annealer's solvers, in the background; 0: only when the administrator asks.
        # benchmark_hours = 24

        [egress]
        # Where tenants' webhooks may lead beside public addresses: blocks and host names of your own.
        # allow = ["10.1.0.0/16", "hooks.internal"]
        # ports = ["443", "8443"]

        [models]
        # Folders from which models may be registered as file://, and the largest file.
        # roots = []
        # max_megabytes = 512
        # Memory for the weights of models that answer; 0: a quarter of the machine's.
        # memory_mb = 0
        # Servers of others whose models answer beside our own: [models.upstreams.NAME]; docs/upstreams.md has every key.

        [compute]
        # Threads for checking, aggregating and evaluating.
        threads = 2

        [log]
        level = "notice"

        """
    }
}
