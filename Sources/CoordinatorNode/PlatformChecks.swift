import FederationService
import Foundation
import ModelServing
import Storage
import Trust
import TuttiConfiguration

/// What of the coordinator itself can be looked at while it runs. What only a person or another machine can judge is named as not assessed.
struct PlatformChecks: Sendable {
    private let folder: CoordinatorFolder
    private let settings: CoordinatorSettings
    private let store: SQLiteStore
    private let patrol: AuditPatrol

    init(folder: CoordinatorFolder, settings: CoordinatorSettings, store: SQLiteStore, patrol: AuditPatrol) {
        (self.folder, self.settings, self.store, self.patrol) = (folder, settings, store, patrol)
    }

    func look(tenant: String) async -> Validation {
        var found = Validation()
        tls(&found)
        await masterKey(&found)
        await tenantKeys(tenant, &found)
        if let isIntact = await patrol.isIntact {
            let evidence =
                isIntact
                ? "the last whole pass hashed every entry again and came to the head of every tree" : "entries do not come to the head of their tree"
            found.checks.append(ValidationCheck("audit_tree", passed: isIntact, weight: 5, evidence))
        } else {
            found.notAssessed.append("audit_tree: no pass over the entries has ended since the start")
        }
        found.notAssessed.append("tenant_isolation: every question to the store names its tenant, which nothing measures while it runs")
        return found
    }

    private func tls(_ found: inout Validation) {
        do throws(TrustError) {
            let certificate = try ServerCertificate(pem: try folder.serverCertificate().certificatePEM)
            let now = Date()
            let isValid = certificate.begins <= now && now < certificate.expires
            let exchange = settings.strictPostQuantum ? "X25519MLKEM768 alone" : "X25519MLKEM768 or X25519"
            // Settings take no other address than this machine's for it.
            let plain = settings.localListen.map { "; plain HTTP on \($0.host), for this machine alone" } ?? ""
            found.checks.append(
                ValidationCheck(
                    "tls_settings", passed: isValid, weight: 5,
                    "TLS 1.3 and nothing older, key exchange \(exchange), certificate valid until \(certificate.expires.formatted(.iso8601))\(plain)"))
        } catch {
            found.notAssessed.append("tls_settings: the certificate cannot be read")
        }
    }

    private func masterKey(_ found: inout Validation) async {
        let path = folder.masterKeyPath
        guard let mode = try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int else {
            found.notAssessed.append("master_key: there is none that can be looked at")
            return
        }
        let isPrivate = mode & 0o077 == 0
        // The start seals it with what the settings have.
        let held =
            MasterKeyGuard.isSealedByToken(path)
            ? "sealed by a key in a token of PKCS #11"
            : settings.masterPassphraseFile != nil ? "sealed with a passphrase (scrypt)" : "held by the mode of its file alone"
        found.checks.append(
            ValidationCheck("master_key", passed: isPrivate, weight: 4, "\(held); the file has the mode 0\(String(mode & 0o777, radix: 8))"))
        found.notAssessed.append("key_age: the master key does not say when it was made")
    }

    private func tenantKeys(_ tenant: String, _ found: inout Validation) async {
        let keys: [TenantKeyRecord]
        do throws(StorageError) { keys = try await store.allTenantKeys() } catch {
            found.notAssessed.append("secrets_at_rest: the store does not answer")
            return
        }
        let own = keys.filter { $0.tenant == tenant }
        guard !own.isEmpty else {
            found.notAssessed.append("secrets_at_rest: the tenant has no secret yet")
            return
        }
        let wrapped = own.count { SecretEnvelope.header($0.envelope) != nil }
        found.checks.append(
            ValidationCheck(
                "secrets_at_rest", passed: wrapped == own.count, weight: 5,
                "\(wrapped) of \(own.count) keys of the tenant have the form of a key that the master key wrapped"))
    }
}
