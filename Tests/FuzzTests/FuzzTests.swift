import Foundation
import FuzzTargets
import Testing

@Suite struct FuzzTests {
    /// Every decoder that sees bytes from outside has a target, and every target has inputs to begin with.
    @Test(arguments: FuzzTarget.all.map(\.name)) func theCorpusHolds(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let files = try Corpus.files(of: name)
        #expect(!files.isEmpty, "\(name) has no corpus")
        for file in files {
            #expect(file.bytes.count <= target.maximumBytes, "\(name)/\(file.name) is longer than the target takes")
            #expect(throws: Never.self, "\(name)/\(file.name)") { try target.run(file.bytes) }
        }
    }

    /// Samples of this version's own encoders are among what holds.
    @Test(arguments: FuzzTarget.all.map(\.name)) func theSeedsHold(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let seeds = try target.seeds()
        #expect(!seeds.isEmpty && Set(seeds.map(\.name)).count == seeds.count)
        for seed in seeds {
            #expect(seed.bytes.count <= target.maximumBytes, "\(name)/\(seed.name) is longer than the target takes")
            #expect(throws: Never.self, "\(name)/\(seed.name)") { try target.run(seed.bytes) }
        }
    }

    @Test func theCorpusIsSmallAndHasNoStrangers() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Corpus.folder.path).sorted()
        #expect(folders == FuzzTarget.all.map(\.name).sorted())
        let bytes = try folders.reduce(0) { try $0 + Corpus.files(of: $1).reduce(0) { $0 + $1.bytes.count } }
        #expect(bytes < 3 << 20, "the corpus has \(bytes) bytes")
    }

    /// `TUTTI_FUZZ_SECONDS` for each target, 1 unless it is set.
    @Test(arguments: FuzzTarget.all.map(\.name)) func mutationsOfTheCorpusHold(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let seconds = ProcessInfo.processInfo.environment["TUTTI_FUZZ_SECONDS"].flatMap(Double.init) ?? 1
        let corpus = try Corpus.files(of: name).map(\.bytes) + target.seeds().map(\.bytes)
        let (findings, began) = (try Findings(), ContinuousClock.now)
        let outcome = try Fuzzing(target: target, findings: findings, seed: 1).run(corpus, seconds: seconds * target.share)
        let took = began.duration(to: .now) / .seconds(1)
        print("fuzz \(name): \(outcome.executions) executions in \(Int(took.rounded())) s, \(corpus.count) inputs to begin with")
        #expect(outcome.executions > 0)
        if let failure = outcome.failure {
            Issue.record("\(name): \(failure.problem); \(try findings.keep(failure.input, of: name))")
        }
    }
}

/// The fuzzer finds what is planted, and leaves what is needed to see it again.
@Suite struct PlantedTests {
    /// Wrong for texts of JSON's numbers that have a point behind a minus.
    private static let planted = FuzzTarget(
        "planted", feeds: "nothing real", maximumBytes: 64, words: ["."], seeds: { [] },
        check: { bytes in if bytes.starts(with: [0x2D, 0x31]), bytes.contains(0x2E) { throw FuzzFailure("planted") } })

    private func findings() throws -> Findings {
        try Findings(folder: FileManager.default.temporaryDirectory.appendingPathComponent("tutti-fuzz-\(UUID().uuidString)").path)
    }

    @Test func aPropertyThatDoesNotHoldIsFound() throws {
        let findings = try findings()
        defer { try? FileManager.default.removeItem(atPath: findings.folder) }
        let corpus = ["-12", "3.5", "100"].map { Array($0.utf8) }
        let outcome = try Fuzzing(target: Self.planted, findings: findings, seed: 1).run(corpus, seconds: 3600, atMost: 100_000)
        let failure = try #require(outcome.failure)
        #expect(failure.problem == "planted")
        #expect(throws: FuzzFailure.self) { try Self.planted.run(failure.input) }
        let words = try findings.keep(failure.input, of: "planted")
        #expect(words.contains("TUTTI_FUZZ_TARGET=planted"))
        let kept = try FileManager.default.contentsOfDirectory(atPath: findings.folder)
        #expect(kept.count == 1 && FileManager.default.contents(atPath: "\(findings.folder)/\(kept[0])") == Data(failure.input))
    }

    @Test func theSameSeedMakesTheSameInputs() throws {
        func inputs(_ seed: UInt64) -> [[UInt8]] {
            var mutator = Mutator(seed: seed, words: ["word"], maximumBytes: 100)
            return (0..<2000).map { _ in mutator.input(from: [[1, 2, 3], Array(repeating: 7, count: 200)]) }
        }
        #expect(inputs(5) == inputs(5))
        #expect(inputs(5) != inputs(6))
        #expect(inputs(5).allSatisfy { $0.count <= 100 })
        #expect(Set(inputs(5)).count > 1000)
    }

    /// What a trap leaves behind is the input that was being run.
    @Test func anInputOutlivesTheProcessThatRunsIt() throws {
        let findings = try findings()
        defer { try? FileManager.default.removeItem(atPath: findings.folder) }
        let current = try CurrentInput("planted", findings)
        try current.set(Array(repeating: 1, count: 50))
        try current.set([1, 2, 3])
        #expect(FileManager.default.contents(atPath: current.path) == Data([1, 2, 3]))
        // The next run keeps it before it begins.
        let next = try CurrentInput("planted", findings)
        let kept = try FileManager.default.contentsOfDirectory(atPath: findings.folder).filter { !$0.hasSuffix("-current") }
        #expect(kept.count == 1 && FileManager.default.contents(atPath: "\(findings.folder)/\(kept[0])") == Data([1, 2, 3]))
        next.remove()
        #expect(!FileManager.default.fileExists(atPath: next.path))
    }

    @Test func anErrorThatIsNotTheDecodersIsAFailure() {
        struct Foreign: Error {}
        let target = FuzzTarget("foreign", feeds: "nothing real", maximumBytes: 4, seeds: { [] }, check: { _ in throw Foreign() })
        #expect(throws: FuzzFailure.self) { try target.run([1]) }
        #expect(throws: Never.self) { try target.run([1, 2, 3, 4, 5]) }
    }
}
