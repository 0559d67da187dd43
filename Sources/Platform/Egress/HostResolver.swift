internal import Foundation
internal import NIOCore
internal import NIOPosix

/// Where the addresses of a name come from. Asked once for each connection.
package protocol HostResolver: Sendable {
    /// In the order in which they are to be tried, at least one.
    /// - Throws: `unresolved`.
    func addresses(of host: String) async throws(EgressError) -> [IPAddress]
}

/// The operating system's resolver, with its own idea of how long to wait.
package struct SystemResolver: HostResolver {
    package init() {}

    package func addresses(of host: String) async throws(EgressError) -> [IPAddress] {
        let found: [IPAddress]
        do { found = try await NIOThreadPool.singleton.runIfActive { try Self.look(up: host) } } catch let error as EgressError { throw error } catch {
            throw .unresolved(host: host, problem: "\(error)")
        }
        guard !found.isEmpty else { throw .unresolved(host: host, problem: "the name has none") }
        return found
    }

    /// On the caller's thread, which waits.
    private static func look(up host: String) throws(EgressError) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else { throw .unresolved(host: host, problem: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let place = entry.ai_addr else { continue }
            // A zone is left behind here; addresses that need one are refused anyway.
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard getnameinfo(place, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { continue }
            let numeric = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard let address = IPAddress(numeric.prefix { $0 != "%" }), !found.contains(address) else { continue }
            found.append(address)
        }
        return found
    }
}
