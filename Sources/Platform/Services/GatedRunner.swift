package import Storage
package import StrictJSON

/// A runner whose jobs wait while its service is stopped. One that runs goes on.
package struct GatedRunner: JobRunner {
    private let inner: any JobRunner
    private let gates: ServiceGates
    private let gate: GatedService

    package init(_ inner: any JobRunner, _ gates: ServiceGates, _ gate: GatedService) { (self.inner, self.gates, self.gate) = (inner, gates, gate) }

    package var type: JobType { inner.type }
    package var service: String? { inner.service }
    package func check(_ parameters: JSON) throws(JobFailure) { try inner.check(parameters) }
    package func reading(_ parameters: JSON) -> ParameterReading { inner.reading(parameters) }
    package func session(of job: JobRecord) async -> String? { await inner.session(of: job) }
    package func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult { try await inner.run(job, context) }
    package func abandon(_ job: JobRecord, checkpoint: [UInt8]?) async { await inner.abandon(job, checkpoint: checkpoint) }

    package func requirements(_ job: JobRecord) async -> [JobBlocker] {
        let blockers = await inner.requirements(job)
        guard !gates.isOpen(gate) else { return blockers }
        let start = "POST /api/v2/ops/services/\(gate.rawValue)/start"
        return blockers + [JobBlocker(what: "service", field: "service", asked: gate.rawValue, have: "stopped", fix: start)]
    }
}
