import FaultHarness
import Foundation
import Testing

/// PyPI's cryptography, where it is installed.
private enum Cryptography {
    static let python = ProcessInfo.processInfo.environment["TUTTI_PYTHON"] ?? "python3"
    static let isThere: Bool =
        (try? Programs.run(
            "/usr/bin/env",
            [python, "-c", "from cryptography.hazmat.primitives.asymmetric import mldsa, mlkem; from cryptography.hazmat.primitives import hpke"]))?
        .status == 0
}

extension EndToEndTests {
    /// What is held against it is in `Tests/Golden/live_vault.py`, which starts a coordinator of its own.
    @Test(.enabled(if: Cryptography.isThere, "needs cryptography 48 (pip install 'cryptography>=48', TUTTI_PYTHON names its Python)"))
    func theVaultAndAnotherLibraryUnderstandEachOther() throws {
        let seen = try Programs.run("/usr/bin/env", [Cryptography.python, "Tests/Golden/live_vault.py", "--bin", Programs.bin])
        #expect(seen.status == 0, "\(seen.err)\(seen.out)")
        // It has come to its end, and not left something out.
        for line in [
            "ml_kem_768: what is sealed here another library opens", "ml_kem_1024: any changed byte is refused in the same words",
            "ml_dsa_87: and the other way round", "an exchange that both have signed is mutual", "a signed request is taken once",
        ] {
            #expect(seen.out.contains("ok: \(line)"), "\(line)")
        }
    }
}
