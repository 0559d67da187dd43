import CryptoSuite
import Foundation
import Platform
import Storage
import Trust
import TuttiConfiguration

/// What `check` found.
package struct FolderReport: Sendable, Equatable {
    /// Rows by table, and blobs.
    package var counts: [String: Int] = [:]
    package var bytesVerified: Int64 = 0
    /// Each in words, with the file or row it is in.
    package var damages: [String] = []
}

extension CoordinatorFolder {
    /// Verifies everything in the folder while no coordinator runs on it.
    /// - Throws: when it cannot be looked at (in use, no coordinator's folder, settings that cannot be read).
    package func check() async throws(CoordinatorError) -> FolderReport {
        var damages: [String] = []
        let settings = try settings()
        _ = try prices()
        do throws(TrustError) {
            let authorities = try authorities()
            do throws(TrustError) {
                let server = try serverCertificate()
                _ = try serverTLS(
                    certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: authorities.bundlePEM, strictPostQuantum: false)
                // Of what this looks at, the signature is meant; the new certificate that may come of it is not kept.
                _ = try authorities.signing.renewal(
                    of: server.certificatePEM, keyPEM: server.keyPEM, now: Date(), lifetime: 86_400, replacing: authorities.trusted)
            } catch { damages.append("server.pem and server.key: \(error.message)") }
        } catch { damages.append("ca.pem and ca.key: \(error.message)") }
        var adminKey: String?
        do { adminKey = String(decoding: try SecretFile.read(adminKeyPath), as: UTF8.self) } catch { damages.append(error.message) }
        // A folder that was never served since there are access tokens has none.
        if FileManager.default.fileExists(atPath: signingKeysPath) {
            do { _ = try TokenIssuer(file: signingKeysPath, random: .system, now: .now) } catch { damages.append(error.message) }
        }
        guard FileManager.default.fileExists(atPath: "\(path)/tutti.sqlite") else {
            return FolderReport(damages: damages + ["tutti.sqlite: it is missing"])
        }
        do throws(StorageError) {
            let store = try SQLiteStore(folder: path, suite: .system, creates: false)
            let report = try await store.verify(folder: path, suite: .system)
            if let text = adminKey?.trimmingCharacters(in: .whitespacesAndNewlines),
                try await Identity(store: store).administratorTenant(key: text, now: .now) == nil
            {
                damages.append("admin.key: it is no key of this coordinator")
            }
            if let problem = try await masterKeyProblem(store, settings) { damages.append(problem) }
            await store.close()
            return FolderReport(counts: report.counts, bytesVerified: report.bytesVerified, damages: damages + report.damages)
        } catch {
            switch error {
            case .inUse:
                throw CoordinatorError(.failed, "\(path) is in use by a running coordinator.", remedy: "Stop it first: 'check' wants the folder to itself.")
            case .newer: throw CoordinatorError(.failed, error.description, remedy: "Use the newer version of this command.")
            case .corrupt, .damagedRow: return FolderReport(damages: damages + [error.description])
            case .full, .io, .exists, .missing: throw CoordinatorError(.failed, error.description, remedy: "Check the folder's permissions and the disk.")
            }
        }
    }
}
