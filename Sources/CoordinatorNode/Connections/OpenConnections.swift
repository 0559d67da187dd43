package import FederationService
import NIOCore
import Synchronization

/// The open connections with a client certificate, so that they can be closed when it ends before its time.
package final class OpenConnections: LiveConnections {
    private struct Name: Hashable {
        var tenant: String
        var client: String
    }
    private let connections = Mutex<[Name: [ObjectIdentifier: Connection]]>([:])
    /// What a control channel has to read its goodbye.
    private static let moment = TimeAmount.milliseconds(250)

    package init() {}

    func enter(_ connection: Connection) {
        guard let name = name(of: connection) else { return }
        connections.withLock { $0[name, default: [:]][ObjectIdentifier(connection)] = connection }
    }

    func leave(_ connection: Connection) {
        guard let name = name(of: connection) else { return }
        connections.withLock { open in
            open[name]?[ObjectIdentifier(connection)] = nil
            if open[name]?.isEmpty == true { open[name] = nil }
        }
    }

    private func name(of connection: Connection) -> Name? {
        connection.certificate.map { Name(tenant: $0.name.tenant, client: $0.name.client) }
    }

    package func close(where isEnded: @Sendable (LiveCertificate) -> Bool) {
        end(connections.withLock { open in open.values.flatMap(\.values) }, isEnded)
    }

    package func close(tenant: String, client: String, where isEnded: @Sendable (LiveCertificate) -> Bool) {
        end(connections.withLock { open in (open[Name(tenant: tenant, client: client)] ?? [:]).map(\.value) }, isEnded)
    }

    private func end(_ connections: [Connection], _ isEnded: (LiveCertificate) -> Bool) {
        for connection in connections where connection.certificate.map(isEnded) == true { connection.end(after: Self.moment) }
    }
}
