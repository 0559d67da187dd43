import CryptoSuite
package import Diagnosis
package import Foundation
import Storage
import Trust
import TuttiConfiguration

/// Looks at a coordinator: its folder, settings, certificates, machine, and the running server if there is one. Changes nothing that a
/// start would not.
package struct CoordinatorDoctor: Sendable {
    let place: CoordinatorFolder
    let now: @Sendable () -> Date
    /// - Parameter now: this machine's clock.
    package init(_ place: CoordinatorFolder, now: @escaping @Sendable () -> Date = { Date() }) {
        self.place = place
        self.now = now
    }

    var path: String { place.path }
    var restore: String { "Restore it from a backup of the folder, or make a new one and enrol the nodes again: tutti-coordinator init" }

    package func examine() async -> [Finding] {
        let look = FileLook(path)
        guard look.isThere else {
            return [.fail("folder", .folderMissing, "\(path) does not exist.", "Give the folder that 'tutti-coordinator init DIR' made.")]
        }
        let trial = TrialWrite(in: path)
        var findings: [Finding] = [.closed("folder", path, look, missing: ""), .disk("disk", path, trial, freeBytes: Machine.freeBytes(path))]
        // There only while an authority is replaced.
        let roll = FileLook(place.rollPath).isThere ? ["ca.roll"] : []
        for name in ["ca.key", "server.key", "admin.key"] + roll {
            findings.append(.closed(name, "\(path)/\(name)", FileLook("\(path)/\(name)"), missing: restore))
        }
        var settings: CoordinatorSettings?
        do throws(CoordinatorError) {
            let read = try place.settings()
            settings = read
            findings.append(.ok("config.toml", "profile \(read.profile.rawValue), listens on \(read.listen.host):\(read.listen.port)"))
            findings.append(
                .descriptors(
                    "open files", limit: Machine.descriptors, wanted: read.maximumConnections + Limits.reservedDescriptors,
                    for: "\(read.maximumConnections) connections", otherwise: " or lower server.max_connections in config.toml"))
        } catch { findings.append(.fail("config.toml", .settingsUnreadable, error.message, "\(error.remedy) tutti-coordinator config show \(path)")) }
        findings += certificates(settings)
        if let running = await running(settings) {
            findings += running.findings
            if running.isThere { return findings }
        }
        if trial == .written { findings.append(await database()) }
        if let settings { findings += await masterKey(settings) }
        if let settings { findings += await addresses(settings) }
        return findings
    }

    private func database() async -> Finding {
        let file = "\(path)/tutti.sqlite"
        guard FileLook(file).isThere else {
            return .fail("database", .databaseMissing, "\(file) is missing.", restore)
        }
        do throws(StorageError) {
            let store = try SQLiteStore(folder: path, suite: .system, creates: false)
            await store.close()
            return .ok("database", "it opens; 'tutti-coordinator check \(path)' verifies all of it")
        } catch {
            switch error {
            case .inUse:
                return .fail(
                    "database", .folderInUse, "another process has \(path), and does not say where it listens.",
                    "Wait until it is done, or find it: fuser -v '\(path)/lock'")
            case .newer: return .fail("database", .databaseNewer, "\(error)", "Install the newer version: tutti-coordinator --version")
            case .full: return .fail("database", .diskFull, "\(error)", "Make room on its file system: df '\(path)'")
            case .corrupt, .damagedRow, .io, .exists, .missing:
                return .fail(
                    "database", .databaseDamaged, "\(error)", "Look at all of it with 'tutti-coordinator check \(path)', and restore the folder from a backup.")
            }
        }
    }
}
