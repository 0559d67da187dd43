import ArgumentParser
import CommandKit
import CoordinatorNode
import Foundation
import NIOHTTP1
import NIOSSL
import StrictJSON
import TuttiConfiguration

struct Doctor: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at a coordinator: folder, settings, certificates, limits, and the running server if there is one. Each line says what to do.")
    @Argument(help: "The coordinator's folder.")
    var folder: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let place = CoordinatorFolder(folder)
        var findings: [Finding] = [.closed("folder", folder)]
        for name in ["ca.key", "server.key", "admin.key"] { findings.append(.closed(name, "\(folder)/\(name)")) }
        var settings: CoordinatorSettings?
        do throws(CoordinatorError) {
            let read = try place.settings()
            settings = read
            findings.append(.ok("config.toml", "profile \(read.profile.rawValue), listens on \(read.listen.host):\(read.listen.port)"))
        } catch { findings.append(.fail("config.toml", error.message, error.remedy)) }
        findings += certificates(place, settings)
        findings.append(room())
        if let settings {
            findings.append(files(settings))
            findings += await running(place)
        }
        return try conclude(findings)
    }

    private func certificates(_ place: CoordinatorFolder, _ settings: CoordinatorSettings?) -> [Finding] {
        func load(_ path: String) -> NIOSSLCertificate? { try? NIOSSLCertificate.fromPEMFile(path).first }
        func look(_ check: String, _ path: String, _ renewal: String) -> Finding {
            guard let certificate = load(path) else { return .fail(check, "\(path) holds no certificate.", "Restore it from a backup.") }
            return .certificate(
                check, from: Date(timeIntervalSince1970: Double(certificate.notValidBefore)),
                to: Date(timeIntervalSince1970: Double(certificate.notValidAfter)), now: Date(), renewal: renewal)
        }
        return [
            look("authority", place.authorityPath, "Make a new folder with 'tutti-coordinator init' and enrol the nodes again."),
            look("certificate", "\(folder)/server.pem", "Restart the coordinator; if that does not renew it, make a new folder with 'init'."),
        ]
    }

    /// Updates are written before they are acknowledged: a full disk stops rounds.
    private func room() -> Finding {
        guard let free = (try? FileManager.default.attributesOfFileSystem(forPath: folder))?[.systemFreeSize] as? Int64 else {
            return .warn("disk", "its free space cannot be told.", "Look with 'df'.")
        }
        let megabytes = free / 1_000_000
        return megabytes >= 1000
            ? .ok("disk", "\(megabytes) MB free") : .warn("disk", "only \(megabytes) MB are free.", "Make room: without it updates are refused.")
    }

    private func files(_ settings: CoordinatorSettings) -> Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return .warn("open files", "the limit cannot be told.", "Look with 'ulimit -n'.")
        }
        let wanted = settings.maximumConnections + 64
        return limit.rlim_cur >= UInt(wanted)
            ? .ok("open files", "\(limit.rlim_cur) for \(settings.maximumConnections) connections")
            : .warn(
                "open files", "\(limit.rlim_cur) are too few for \(settings.maximumConnections) connections.",
                "Raise it (ulimit -n \(wanted)) or lower server.max_connections.")
    }

    private func running(_ place: CoordinatorFolder) async -> [Finding] {
        guard FileManager.default.fileExists(atPath: place.runPath) else {
            return [.ok("server", "not running (no run.json); 'tutti-coordinator serve \(folder)' starts it")]
        }
        do throws(CommandFailure) {
            return try await Administrator.with(folder) { administrator throws(CommandFailure) in
                let ready = try await administrator.readiness()
                var findings: [Finding] = [
                    ready.status == 200
                        ? .ok("server", "ready") : .warn("server", "it answers, but is not ready (\(ready.status)).", "Try again in a moment; see its log.")
                ]
                if let date = ready.date.flatMap(httpDate) { findings.append(.clock("clock", ours: Date(), theirs: date)) }
                do throws(CommandFailure) {
                    let sessions = try await administrator.call(.GET, sessionsPath)["sessions"]?.elements?.count ?? 0
                    findings.append(.ok("admin key", "accepted; \(sessions) sessions"))
                } catch { findings.append(.fail("admin key", error.message, error.remedy)) }
                return findings
            }
        } catch {
            let remedy = error.status == .connection ? "If it was killed, start it again: tutti-coordinator serve \(folder)" : error.remedy
            return [.fail("server", error.message, remedy)]
        }
    }
}
