import APIKit
import Federation
import Platform
import ServiceLifecycle
import Storage
import Telemetry

/// Has the recorder ask every ten seconds whether tenants' paths are answered: the way that a call goes from its route on, and the store
/// behind it. The network is not on that way, since whoever asks sits in the same process.
struct TenantProbes: Service {
    let tenants: Tenants
    let store: any TenantStore
    let recorder: Recorder
    let family: Family

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var asked: Set<String> = []
            repeat {
                await follow(&asked)
            } while (try? await Task.sleep(for: .seconds(Limits.probedTenantsSeconds))) != nil
            // What is asked holds the recorder, which holds what is asked: as long as that is so, the folder stays locked.
            for id in asked.sorted() { await recorder.remove(probe: "path/\(id)") }
        }
    }

    /// Tenants come and go.
    private func follow(_ asked: inout Set<String>) async {
        // What cannot be listed now is asked as before: that its answers are missing is what is to be measured.
        guard let page = try? await tenants.list(limit: Limits.probedTenants) else { return }
        let present = Set(page.tenants.map(\.id)).union([Tenants.defaultID])
        for id in asked.subtracting(present).sorted() { await recorder.remove(probe: "path/\(id)") }
        for id in present.subtracting(asked).sorted() { await recorder.add(.path(tenant: id) { await isAnswered(id) }) }
        asked = present
    }

    func isAnswered(_ id: String) async -> Bool {
        // Tenants are kept in memory; a store that does not answer serves nobody for long.
        guard let record = try? await store.tenant(id), !record.isErased else { return false }
        var request = APIRequest(
            method: "GET", path: "\(family.bases[0])/tenants/\(id)", body: RequestBody([]), requestID: "probe", nowMilliseconds: Instant.now.milliseconds,
            baseURL: "", socketBaseURL: "")
        request.family = family.name
        let reply = await family.respond(to: request, authenticator: Prober(tenant: id)).reply
        return reply.status == 200
    }

    /// The coordinator itself, on behalf of a tenant.
    private struct Prober: Authenticator {
        let tenant: String
        func caller(of request: APIRequest) async throws(ServiceError) -> Caller {
            .principal(
                Principal(id: "coordinator", kind: .platformAdmin, tenant: tenant, scopes: [.tenantManagement], audiences: [request.family]))
        }
    }
}
