import FederationSimulator
import Foundation
import StrictJSON
import Testing

/// A check that cannot fail is worse than none: every planted bug is caught, and by a rule that names it.
@Suite struct PlantedBugTests {
    private static let mostSeeds: UInt64 = 1000

    @Test(arguments: PlantedBug.allCases)
    func aPlantedBugIsCaught(bug: PlantedBug) throws {
        let (seeds, violation) = try #require(Simulation.hunt(bug, within: Self.mostSeeds), "\(bug.rawValue) went unnoticed")
        #expect(bug.breaks.contains(violation.rule), "\(bug.rawValue) was caught by \(violation)")
        print("\(bug.rawValue): \(violation.rule.rawValue) after \(seeds) seeds")
    }

    /// Written by `tutti-bench simulate --keep`: each is lived through as it was found.
    @Test(arguments: PlantedBugTests.files)
    func aKeptReproductionDoesWhatItSays(file: String) throws {
        let kept = try Self.read(file)
        let report = kept.run()
        #expect(kept.disagreement(report) == nil, "\(file): \(kept.configuration.summary)")
        #expect(kept.run() == report, "\(file) does not give the same trace")
        #expect(try Reproduction(json: kept.json) == kept)
        guard kept.configuration.plantedBug != nil else { return }
        // Without the bug nothing is broken: it is the bug that is seen, not the weather.
        var sound = kept
        sound.configuration.plantedBug = nil
        #expect(sound.run().violations == [], "\(file) without its bug")
    }

    @Test func everyPlantedBugHasAReproduction() throws {
        let kept = try Self.files.map { try Self.read($0).configuration.plantedBug }
        for bug in PlantedBug.allCases {
            #expect(kept.contains(bug), "run: tutti-bench simulate --planted \(bug.rawValue) --keep Tests/SimulationTests/Reproductions")
        }
    }

    @Test func aReproductionSaysAllThatAStormIs() throws {
        var schedules = 0
        for seed in UInt64(0)..<400 {
            let storm = Reproduction(seed: seed, configuration: .storm(seed: seed), violates: nil)
            #expect(try Reproduction(json: JSON(parsing: storm.json.encoded())) == storm)
            if storm.json["learning_rate_schedule"] != nil { schedules += 1 }
        }
        #expect(schedules > 50)
    }

    @Test func aReproductionSaysWhatIsWrongWithIt() throws {
        func problem(_ text: String) -> String? {
            do { _ = try Reproduction(json: try JSON(parsing: text)) } catch { return "\(error)" }
            return nil
        }
        #expect(problem("[]")?.contains("must be an object") == true)
        #expect(problem(#"{"seed": 1, "expected": "holds"}"#)?.contains("'seed'") == true)
        #expect(problem(#"{"seed": "1", "expected": "bliss"}"#)?.contains("'expected'") == true)
        #expect(problem(#"{"seed": "1", "expected": "holds", "rain": 1}"#)?.contains("'rain' is not known") == true)
        #expect(problem(#"{"seed": "1", "expected": "holds", "loss": 2}"#)?.contains("'loss'") == true)
        let strange = #"{"seed": "1", "expected": "holds", "learning_rate_schedule": {"kind": "step", "every": 1, "speed": 2}}"#
        #expect(problem(strange)?.contains("'learning_rate_schedule'") == true)
        #expect(problem(#"{"seed": "1", "expected": "holds", "clients": 4, "min_clients": 9, "max_clients": 4}"#) != nil)
        #expect(problem(#"{"seed": "18446744073709551615", "expected": "holds", "delay": [1, 40], "quorum": 2}"#) == nil)
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Reproductions").path

    static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".json") }.sorted()

    private static func read(_ file: String) throws -> Reproduction {
        let bytes = try #require(FileManager.default.contents(atPath: "\(folder)/\(file)"))
        return try Reproduction(json: try JSON(parsing: [UInt8](bytes)))
    }
}
