/// The settings of a coordinator.
package struct CoordinatorSettings: Sendable {
    package var listen: (host: String, port: Int)
    /// Plain HTTP on the loopback, for the documents' development URL; nil: off.
    package var localListen: (host: String, port: Int)?
    package var publicURL: String?
    package var names: [String]
    package var strictPostQuantum: Bool
    package var maximumConnections: Int
    package var threads: Int
    package var logLevel: String
    package var settings: Settings

    private static let keys: [(key: String, fallback: String)] = [
        ("server.listen", "127.0.0.1:8443"), ("server.local_listen", ""), ("server.public_url", ""), ("server.names", "localhost,127.0.0.1"),
        ("server.max_connections", "10000"), ("tls.strict_post_quantum", "false"), ("compute.threads", "2"), ("log.level", "notice"),
    ]

    package init(toml: String?, file: String, environment: [String: String], flags: [String: String]) throws(ConfigurationError) {
        settings = try Settings(keys: Self.keys, toml: toml, file: file, environment: environment, flags: flags)
        listen = try Self.address(settings.text("server.listen"), "server.listen")
        let local = settings.text("server.local_listen")
        localListen = local.isEmpty ? nil : try Self.address(local, "server.local_listen")
        if let local = localListen, local.host != "127.0.0.1", local.host != "::1", local.host != "localhost" {
            throw .value("server.local_listen", settings.text("server.local_listen"), "must be a loopback address: it speaks plain HTTP")
        }
        let url = settings.text("server.public_url")
        guard url.isEmpty || url.hasPrefix("https://") else { throw .value("server.public_url", url, "must begin with https://") }
        publicURL = url.isEmpty ? nil : url
        names = settings.list("server.names")
        strictPostQuantum = try settings.flag("tls.strict_post_quantum")
        maximumConnections = try settings.whole("server.max_connections", 1...1_000_000)
        threads = try settings.whole("compute.threads", 1...1024)
        logLevel = try settings.choice("log.level", ["trace", "debug", "info", "notice", "warning", "error", "critical"])
    }

    /// `HOST:PORT` or `[V6]:PORT`.
    package static func address(_ text: String, _ key: String) throws(ConfigurationError) -> (host: String, port: Int) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else {
            throw .value(key, text, "must be HOST:PORT")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw .value(key, text, "must be HOST:PORT") }
        return (host, port)
    }

    /// The file that `init` writes.
    package static func template(listen: String, names: [String]) -> String {
        """
        # Settings of this coordinator. A flag, then TUTTI_SECTION__KEY in the environment, goes before this file.
        # An unknown key is an error. 'tutti-coordinator config show' says where each value comes from.

        [server]
        listen = "\(listen)"
        # Host names and addresses in the server's certificate (decided by init).
        names = [\(names.map { "\"\($0)\"" }.joined(separator: ", "))]
        # The address clients are told, if it is not the one they called.
        # public_url = "https://coordinator.example:8443"
        # Plain HTTP on the loopback for development, REST only.
        # local_listen = "127.0.0.1:8080"
        # max_connections = 10000

        [tls]
        # true: only the post-quantum hybrid X25519MLKEM768; curl and OpenSSL 3.0 are then refused.
        strict_post_quantum = false

        [compute]
        # Threads for checking, aggregating and evaluating.
        threads = 2

        [log]
        level = "notice"

        """
    }
}
