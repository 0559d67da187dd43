import Foundation

/// What a look at the coordinator with this node's identity finds. Judged by the command, not here.
package struct CoordinatorLook: Sendable {
    /// HTTP status of `/readyz`.
    package var readiness: Int
    /// The `Date` header, if there is one.
    package var date: String?
    /// Sessions the coordinator shows this node; nil when it does not take the node's certificate.
    package var openSessions: [String]?
    package var refusal: ClientNodeError?

    /// - Throws: when the coordinator cannot be reached or not trusted.
    package static func take(_ identity: NodeIdentity, data: String) async throws(ClientNodeError) -> CoordinatorLook {
        let client = try CoordinatorClient(identity: identity, data: data)
        do throws(ClientNodeError) {
            let ready = try await client.readiness()
            var look = CoordinatorLook(readiness: ready.status, date: ready.date)
            do { look.openSessions = try await client.sessions().filter(\.isOpen).map(\.session_id) } catch { look.refusal = error }
            await client.shutdown()
            return look
        } catch {
            await client.shutdown()
            throw error
        }
    }
}
