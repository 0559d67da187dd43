import AisembleAPI
import Federation
import FederationService
import Foundation
import Platform
import ServiceLifecycle
import Telemetry
import Trust

/// A tick whenever the clock's seconds are a multiple of ten, and the last one at the end.
struct Recording: Service {
    let recorder: Recorder
    static let everyMilliseconds: Int64 = 10_000

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: .milliseconds(Self.wait(Instant.now)))) != nil { await recorder.tick(at: Instant.now) }
        }
        await recorder.finish(at: Instant.now)
    }

    static func wait(_ now: Instant) -> Int64 {
        let past = now.milliseconds % everyMilliseconds
        return everyMilliseconds - (past < 0 ? past + everyMilliseconds : past)
    }
}

/// Brings the log to the store until the end.
struct LogKeeping: Service {
    let keeper: LogKeeper

    func run() async throws {
        await withGracefulShutdownHandler {
            await keeper.run()
        } onGracefulShutdown: {
            keeper.stop()
        }
    }
}

extension Probe {
    /// The way of a request that asks the store: whether there is such a job is no matter.
    static func coordinator(_ jobs: JobQueue) -> Probe {
        .service(Operations.coordinator) {
            do throws(JobFailure) { _ = try await jobs.job("probe", tenant: Identity.defaultTenant) } catch {
                guard case .notFound = error else { return false }
            }
            return true
        }
    }

    /// Whether the audit is whole, as far as it was looked through.
    static func audit(_ patrol: AuditPatrol) -> Probe {
        Probe("audit") { await patrol.step().map { [(SeriesKey(SeriesName.auditIntact), $0 ? 1 : 0)] } ?? [] }
    }

    /// How many days the certificate that new connections get still lasts.
    static func certificate(_ folder: CoordinatorFolder) -> Probe {
        Probe("certificate") {
            guard let pem = try? folder.serverCertificate().certificatePEM, let present = try? ServerCertificate(pem: pem) else { return [] }
            return [(SeriesKey(SeriesName.certificateDays), present.expires.timeIntervalSinceNow / 86_400)]
        }
    }
}

extension RequestView {
    /// The documented names of v2. A service is what stands before the first dot of an operation, or one of the three of `ai`.
    static let aiSemble = RequestView(
        requests: "aisemble_requests_total", durations: "aisemble_request_duration_seconds", source: Gateway.latency
    ) { series in
        guard let operation = series.value("operation"), let status = series.value("status") else { return nil }
        return (service(operation), status.hasPrefix("4") || status.hasPrefix("5") ? "error" : "success")
    }

    static func service(_ operation: String) -> String {
        let parts = operation.split(separator: ".")
        guard let first = parts.first, operation != "unmatched" else { return SeriesKey.other }
        return first == "ai" && parts.count > 1 ? String(parts[1]) : String(first)
    }
}
