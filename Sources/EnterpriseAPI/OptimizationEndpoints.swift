internal import APIKit
internal import Federation
internal import Platform
package import QuantumService
internal import Storage

/// What measures the annealer and changes leases by it.
package struct AnnealerTools: Sendable {
    package var benchmark: AnnealerBenchmark
    package var optimizer: QuantumOptimizer

    package init(benchmark: AnnealerBenchmark, optimizer: QuantumOptimizer) {
        self.benchmark = benchmark
        self.optimizer = optimizer
    }

    /// nil: nothing was measured yet.
    func latest() async throws(ServiceError) -> BenchmarkRecord? {
        do throws(StorageError) { return try await benchmark.latest() } catch { throw ServiceError(error) }
    }
}

extension Enterprise {
    static func optimization(_ tools: AnnealerTools?) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/quantum/optimize", "quantum.optimize", .scope(.quantumResources),
                "Measures solvers on the tenant's models and how much of its allocations is used, and changes both where that is better.",
                takes: OptimizationBody.self, gives: OptimizationView.self
            ) { request, body throws(ServiceError) in
                let (caller, tools) = (try request.principal(), try there(tools))
                let report = try await optimizing(request) { () async throws(OptimizationFailure) in
                    try await tools.optimizer.optimize(
                        body.request, tenant: caller.tenant, actor: caller.actor, now: Instant(milliseconds: request.nowMilliseconds))
                }
                return OptimizationView(report: report)
            }.refusing(409, 503),
            Endpoint(
                "GET", "/quantum/benchmark", "quantum.benchmark", .scope(.quantumResources),
                "What the annealer last measured of itself: time to target of its solvers beside the strongest baseline.", gives: BenchmarkView.self
            ) { _ throws(ServiceError) in
                let tools = try there(tools)
                return BenchmarkView(try await tools.latest(), isRunning: await tools.benchmark.isRunning)
            }.refusing(503),
            Endpoint(
                "POST", "/quantum/benchmark", "quantum.measure", .scope(.quantumResources),
                "Begins a measurement, which goes on in the background; for the platform's administrator.",
                gives: BenchmarkView.self, status: 202
            ) { request throws(ServiceError) in
                guard try request.principal().isPlatform else { throw .forbidden("only the platform's administrator does this") }
                let tools = try there(tools)
                do throws(AnnealerBenchmark.Failure) { try await tools.benchmark.begin() } catch {
                    switch error {
                    case .isRunning: throw .conflict("a measurement of the annealer is under way", retryAfterSeconds: benchmarkRetrySeconds)
                    }
                }
                return BenchmarkView(try await tools.latest(), isRunning: true)
            }.refusing(409, 503),
        ]
    }

    private static let benchmarkRetrySeconds = 60

    private static func there(_ tools: AnnealerTools?) throws(ServiceError) -> AnnealerTools {
        guard let tools else { throw .unavailable("\(annealer)is not measured by this coordinator", retryAfterSeconds: 3600) }
        return tools
    }

    private static func optimizing<Value: Sendable>(
        _ request: APIRequest, _ call: () async throws(OptimizationFailure) -> Value
    ) async throws(ServiceError) -> Value {
        do { return try await call() } catch {
            switch error {
            case .isRunning: throw .conflict("an optimization of this tenant is under way", retryAfterSeconds: 30)
            case .lease(let failure): return try await leasing(request) { () async throws(LeaseFailure) in throw failure }
            }
        }
    }
}
