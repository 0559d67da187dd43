import Foundation

/// Where a coordinator is reached: `https://HOST[:PORT]`.
package struct CoordinatorEndpoint: Sendable, Equatable {
    package var host: String
    package var port: Int

    package init(_ url: String) throws(ClientNodeError) {
        guard let parts = URLComponents(string: url), parts.scheme == "https", let host = parts.host, !host.isEmpty,
            parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.user == nil
        else {
            throw ClientNodeError(
                .usage, "'\(url)' is not a coordinator's address.", remedy: "Give it as https://HOST:PORT, without a path.")
        }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? 8443
    }

    package var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
    package var url: String { "https://\(authority)" }

    /// Server name indication takes host names only (RFC 6066 §3); an address is checked against the certificate anyway.
    var serverName: String? {
        let isIPv4 = host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { UInt8($0) != nil }
        return isIPv4 || host.contains(":") ? nil : host
    }
}
