import Annealing
import CommandKit
import Foundation
import WorkSharing

extension AnnealingSuite {
    /// 99.9 % of the best known cut in 5 s, as a job with `reduce` would look for it: reducing the model is part of the time.
    static func cut(_ path: String, _ best: Double?, _ crew: Crew, _ ledger: inout EnergyLedger, _ progress: (String) -> Void) throws -> [BenchRow] {
        guard let content = FileManager.default.contents(atPath: path) else { throw CommandFailure(.configuration, "\(path) cannot be read.") }
        let problem: Problem
        do throws(AnnealingError) { problem = try Problem(gset: [UInt8](content)) } catch {
            throw CommandFailure(.configuration, "\(path) is no graph of the Gset: \(error.description)")
        }
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        guard let known = best ?? bestKnown[name.uppercased()] else {
            throw CommandFailure(.usage, "Nobody knows the best cut of \(name).", remedy: "Give it as --best-cut.")
        }
        progress("annealing: \(name), best known cut \(Int(known)), 5 s, five times")
        var found: [Double] = []
        for seed in 1...5 as ClosedRange<UInt64> {
            found.append(-(try search(problem, -known, crew, seed: seed, until: clock.now.advanced(by: .seconds(5)), reduces: true, &ledger)))
        }
        let ratios = interval(found.map { $0 / known })
        return [
            BenchRow(
                name: "annealing.cut.\(name)", value: median(found), unit: "", spread: spread(found), beside: "the best known cut, \(Int(known))",
                ratio: median(found) / known, goal: 0.999, low: ratios.low, high: ratios.high)
        ]
    }

    /// Of 800 and 2,000 vertices, as published lists agree (microsoft/AOCoptimizer.jl, data/GSet/reference.csv). Best known, not proved.
    private static let bestKnown: [String: Double] = [
        "G1": 11624, "G2": 11620, "G3": 11622, "G4": 11646, "G5": 11631, "G6": 2178, "G11": 564, "G14": 3064, "G15": 3050, "G22": 13359, "G23": 13344,
        "G32": 1410, "G35": 7687, "G39": 2408, "G43": 6660, "G44": 6650, "G48": 6000, "G50": 5880, "G51": 3848,
    ]
}
