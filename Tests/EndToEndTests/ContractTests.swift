import FaultHarness
import Foundation
import Testing

/// The library that calls what a description describes, where it is installed.
private enum Schemathesis {
    static let python = ProcessInfo.processInfo.environment["TUTTI_PYTHON"] ?? "python3"

    /// `TUTTI_PYTHON` names a Python that has schemathesis.
    static let isThere = (try? Programs.run("/usr/bin/env", [python, "-c", "import schemathesis"]))?.status == 0
}

extension EndToEndTests {
    /// A real coordinator is held to its descriptions; what is called and looked at is in `Tests/Contracts/contracts.py`.
    @Test(.enabled(if: Schemathesis.isThere, "needs schemathesis (pip install schemathesis, TUTTI_PYTHON names its Python)"))
    func theCoordinatorDoesWhatItsDescriptionsSay() throws {
        // It calls without credentials more often than anybody may.
        let cluster = try Cluster(settings: "[server]\nopen_requests_per_address = 1000000\n")
        let held = try Programs.run(
            "/usr/bin/env",
            [
                Schemathesis.python, "Tests/Contracts/contracts.py", "--url", cluster.url, "--data", cluster.data,
            ])
        #expect(held.status == 0, "\(held.err)\(held.out)")
        #expect(cluster.server?.isRunning == true, "\(cluster.log)")
    }
}
