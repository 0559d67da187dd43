import FaultHarness
import Foundation
import Testing

/// Libraries of others, where they are installed.
private enum Libraries {
    static let python = ProcessInfo.processInfo.environment["TUTTI_PYTHON"] ?? "python3"
    static let areThere: Bool = (try? Programs.run("/usr/bin/env", [python, "-c", "import standardwebhooks, jwt, cryptography"]))?.status == 0
}

extension EndToEndTests {
    /// What is held against them is in `Tests/Golden/live_platform.py`, which starts and kills a coordinator of its own.
    @Test(.enabled(if: Libraries.areThere, "needs standardwebhooks and pyjwt (pip install standardwebhooks 'pyjwt[crypto]', TUTTI_PYTHON names its Python)"))
    func deliveriesAndTokensAreGoodForTheLibrariesOfOthers() throws {
        let seen = try Programs.run("/usr/bin/env", [Libraries.python, "Tests/Golden/live_platform.py", "--bin", Programs.bin])
        #expect(seen.status == 0, "\(seen.err)\(seen.out)")
        // It has come to its end, and not left something out.
        for line in ["kill -9 between commit and send loses nothing", "refused: alg none", "an upgrade is told and signed"] {
            #expect(seen.out.contains("ok: \(line)"), "\(line)")
        }
    }
}
