internal import NIOCore
internal import NIOPosix
internal import NIOSSL

package struct GuardedRequest: Sendable {
    package var method: String
    package var url: EgressURL
    /// Besides Host, Content-Length, Connection and User-Agent, which the client writes.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    package init(_ method: String, _ url: EgressURL, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

package struct GuardedAnswer: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    /// The first header of this name, in lower case.
    package func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
}

/// What an exchange may take, from the first look at the name to the last byte.
package struct ExchangeLimits: Sendable {
    package var seconds: Double
    /// nil: the body is not wanted, and not waited for.
    package var bodyBytes: Int?
    package init(seconds: Double, bodyBytes: Int?) {
        self.seconds = seconds
        self.bodyBytes = bodyBytes
    }
}

/// HTTP/1.1 to places that somebody else has named. The name is resolved once, every address it has is checked, and the
/// connection goes to one of exactly these, with the name in `Host`, in SNI and in what the certificate must be for. Redirects are
/// answers like any other; proxies of the environment are not asked; nothing is kept between two requests.
package struct GuardedClient: Sendable {
    package enum Roots: Sendable {
        case system
        /// Certificates in PEM.
        case pem(String)
    }

    package let policy: EgressPolicy
    private let resolver: any HostResolver
    private let context: NIOSSLContext

    /// - Throws: `tls` when the roots cannot be used.
    package init(policy: EgressPolicy, resolver: any HostResolver = SystemResolver(), roots: Roots = .system) throws(EgressError) {
        self.policy = policy
        self.resolver = resolver
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = ["http/1.1"]
        do {
            if case .pem(let text) = roots { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))) }
            context = try NIOSSLContext(configuration: configuration)
        } catch { throw .tls(host: "any host", problem: "\(error)") }
    }

    /// - Throws: `EgressError`; also when the task is cancelled, as a connection that could not be had.
    package func send(_ request: GuardedRequest, _ limits: ExchangeLimits) async throws(EgressError) -> GuardedAnswer {
        let collected = Collected()
        var answer = try await send(request, limits) { collected.add($0) }
        answer.body = collected.bytes
        return answer
    }

    /// The same with the body handed over part by part, in order; the next one is not read before `receive` returns.
    /// - Parameters:
    ///   - began: gets status and headers before the body; what it throws ends the exchange as `answer`.
    ///   - receive: the same.
    package func send(
        _ request: GuardedRequest, _ limits: ExchangeLimits, began: @escaping @Sendable (GuardedAnswer) throws -> Void = { _ in },
        receive: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws(EgressError) -> GuardedAnswer {
        try policy.check(request.url)
        let host = request.url.hostText
        do {
            return try await within(seconds: limits.seconds) { try await attempt(request, limits, began, receive) }
        } catch let error as EgressError { throw error } catch is CancellationError {
            throw .connection(host: host, problem: "it was given up")
        } catch { throw .connection(host: host, problem: "\(error)") }
    }

    private func attempt(
        _ request: GuardedRequest, _ limits: ExchangeLimits, _ began: @Sendable (GuardedAnswer) throws -> Void,
        _ receive: @Sendable ([UInt8]) async throws -> Void
    ) async throws -> GuardedAnswer {
        var problem = EgressError.connection(host: request.url.hostText, problem: "it has no address")
        for address in try await addresses(of: request.url) {
            let connected: GuardedConnection
            do throws(EgressError) {
                connected = try await GuardedConnection(to: address, for: request.url, context, seconds: min(limits.seconds, EgressLimits.connectSeconds))
            } catch {
                problem = error
                continue
            }
            // Whatever was sent was sent: another address is not told a second time.
            return try await connected.exchange(request, bodyBytes: limits.bodyBytes, began, receive)
        }
        throw problem
    }

    /// All of them are good, or none is used: a name that has one bad address among others waits for its turn.
    private func addresses(of url: EgressURL) async throws(EgressError) -> [IPAddress] {
        let found: [IPAddress]
        switch url.host {
        case .address(let address): found = [address]
        case .name(let name): found = try await resolver.addresses(of: name)
        }
        guard !found.isEmpty, found.count <= EgressLimits.addressesMax else { throw .unresolved(host: url.hostText, problem: "the name has \(found.count)") }
        for address in found { try policy.check(address, of: url) }
        return found
    }
}

/// Parts of a body, from one task after the other.
private final class Collected: @unchecked Sendable {
    private(set) var bytes: [UInt8] = []
    func add(_ part: [UInt8]) { bytes += part }
}
