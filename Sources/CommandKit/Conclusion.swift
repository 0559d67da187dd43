package import Diagnosis
package import StrictJSON

/// Shows the findings; one failure is enough to fail the command.
package func conclude(_ findings: [Finding]) throws(CommandFailure) -> JSON {
    for finding in findings { say(finding.line) }
    let failed = findings.filter { $0.verdict == .fail }
    let result: JSON = ["checks": .array(findings.map(\.json))]
    guard failed.isEmpty else {
        throw CommandFailure(
            .failed, "\(failed.count) of \(findings.count) checks failed: \(failed.map { "\($0.check) (\($0.code.rawValue))" }.joined(separator: ", ")).",
            remedy: "Each line above says what to do.", details: result)
    }
    return result
}
