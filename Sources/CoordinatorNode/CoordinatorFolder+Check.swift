import CryptoSuite
import Foundation
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
        _ = try settings()
        do throws(TrustError) {
            let authority = try authority()
            let server = try serverCertificate()
            _ = try serverTLS(
                certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: authority.certificatePEM, strictPostQuantum: false)
        } catch { damages.append(error.message) }
        do { _ = try SecretFile.read(adminKeyPath) } catch { damages.append(error.message) }
        guard FileManager.default.fileExists(atPath: "\(path)/tutti.sqlite") else {
            return FolderReport(damages: damages + ["tutti.sqlite: it is missing"])
        }
        do throws(StorageError) {
            let store = try SQLiteStore(folder: path, suite: .system)
            let report = try await store.verify(folder: path, suite: .system)
            await store.close()
            return FolderReport(counts: report.counts, bytesVerified: report.bytesVerified, damages: damages + report.damages)
        } catch {
            switch error {
            case .inUse:
                throw CoordinatorError(.failed, "\(path) is in use by a running coordinator.", remedy: "Stop it first: 'check' wants the folder to itself.")
            case .newer: throw CoordinatorError(.failed, error.description, remedy: "Use the newer version of this command.")
            case .corrupt: return FolderReport(damages: damages + [error.description])
            case .full, .io, .exists: throw CoordinatorError(.failed, error.description, remedy: "Check the folder's permissions and the disk.")
            }
        }
    }
}
