import Synchronization

/// Where this server is reached over TLS; the port is known once it is bound.
package final class ServerAddress: Sendable {
    private let publicURL: String?
    private let bound: Mutex<(host: String, port: Int)>

    package init(publicURL: String?, host: String, port: Int) {
        self.publicURL = publicURL
        bound = Mutex((host, port))
    }

    func bind(host: String, port: Int) { bound.withLock { $0 = (host, port) } }

    /// The operator's address, else the bound one.
    package var url: String {
        if let publicURL { return publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL }
        let (host, port) = bound.withLock { $0 }
        // An address that means "all" is no address to call; on this machine the loopback is one of them.
        let reachable = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
        return "https://" + (reachable.contains(":") ? "[\(reachable)]" : reachable) + ":\(port)"
    }

    /// - Parameter host: what the client called, if it said so over TLS. Used only when it can be a host and port.
    package func base(host: String?) -> String {
        guard publicURL == nil, let host, !host.isEmpty, host.utf8.count <= Limits.hostBytes,
            host.utf8.allSatisfy({ c in
                (0x30...0x3A).contains(c) || (0x41...0x5B).contains(c) || c == 0x5D || (0x61...0x7A).contains(c) || c == 0x2D || c == 0x2E
            })
        else { return url }
        return "https://" + host
    }
}
