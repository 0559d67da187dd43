import Foundation
import Learning
import StrictJSON
import Testing

/// Against PyTorch's schedulers (`Tests/Golden/make_training_vectors.py`).
@Suite struct ScheduleTests {
    struct Vectors: Decodable { var cases: [Case] }
    struct Case: Decodable {
        var schedule: String
        var rounds: Int
        var factors: [Double]
    }

    private func schedule(_ text: String) throws -> LearningRateSchedule {
        try LearningRateSchedule(json: try JSON(parsing: text, maximumDepth: 4))
    }

    @Test func factorsAreThoseOfPyTorch() throws {
        let cases = try golden(Vectors.self, "schedules.json").cases
        #expect(cases.count == 10)
        for c in cases {
            let schedule = try schedule(c.schedule)
            #expect(c.factors.count == c.rounds)
            for (index, expected) in c.factors.enumerated() {
                let factor = schedule.factor(round: index + 1, of: c.rounds)
                #expect(abs(factor - expected) < 1e-12, "\(c.schedule), round \(index + 1)")
                #expect(factor > 0 && factor <= 1)
            }
            #expect(try LearningRateSchedule(json: schedule.json) == schedule)
            let stored = try JSONEncoder().encode(schedule)
            #expect(try JSONDecoder().decode(LearningRateSchedule.self, from: stored) == schedule)
        }
    }

    @Test func roundsBeyondTheLastHaveAFactor() {
        #expect(abs(LearningRateSchedule(.cosine(to: 0.25)).factor(round: 1000, of: 10) - 0.25) < 1e-12)
        #expect(LearningRateSchedule(.cosine(to: 0), warmUpRounds: 20).factor(round: 5, of: 10) == 5.0 / 21)
        #expect(LearningRateSchedule(.exponential(factor: 0.5)).factor(round: 0, of: 10) == 1)
    }

    @Test(arguments: [
        (#"{}"#, "kind"), (#"{"kind": "linear"}"#, "kind"), (#"{"kind": "step"}"#, "every"), (#"{"kind": "step", "every": 0}"#, "every"),
        (#"{"kind": "step", "every": 1.5}"#, "every"), (#"{"kind": "step", "every": 2, "factor": 0}"#, "factor"),
        (#"{"kind": "exponential"}"#, "factor"), (#"{"kind": "exponential", "factor": 1.1}"#, "factor"),
        (#"{"kind": "exponential", "factor": "x"}"#, "factor"), (#"{"kind": "cosine", "to": -0.1}"#, "to"),
        (#"{"kind": "cosine", "to": 2}"#, "to"), (#"{"kind": "cosine", "factor": 0.5}"#, "factor"),
        (#"{"kind": "constant", "warm_up_rounds": -1}"#, "warm_up_rounds"),
        (#"{"kind": "constant", "warm_up_rounds": 9223372036854775807}"#, "warm_up_rounds"),
    ])
    func faultsNameTheirField(_ text: String, _ field: String) throws {
        let error = try #require(throws: FieldError.self) { try schedule(text) }
        #expect(error.field == "learning_rate_schedule.\(field)")
    }
}

@Suite struct EarlyStoppingTests {
    /// The round that ends the training, and the best one.
    private func run(_ rule: EarlyStopping, _ figures: [Double?]) -> (stops: Int?, best: Int?) {
        var best = rule.begun
        for (index, figure) in figures.enumerated() {
            best.absorb(round: index + 1, figure: figure)
            if rule.shouldStop(best) { return (index + 1, best.round) }
        }
        return (nil, best.round)
    }

    @Test func stopsWhenNothingGetsBetter() {
        let rule = EarlyStopping(patience: 2)
        #expect(run(rule, [1, 0.5, 0.6, 0.4, 0.41, 0.42, 0.1]) == (6, 4))
        #expect(run(rule, [1, 0.9, 0.8, 0.7]) == (nil, 4))
        #expect(run(rule, [0.5, 0.5, 0.5]) == (3, 1))
        #expect(run(EarlyStopping(metric: .accuracy, patience: 2), [0.1, 0.5, 0.4, 0.5, 0.6]) == (4, 2))
    }

    /// Each step is too small to count; that they add up to one that does must not end the training, and the best round
    /// is the best one whether its step counts or not.
    @Test func smallImprovementsAddUp() {
        #expect(run(EarlyStopping(patience: 3, minimumImprovement: 0.1), [1, 0.96, 0.92, 0.88, 0.84, 0.8]) == (nil, 6))
        #expect(run(EarlyStopping(patience: 2, minimumImprovement: 0.1), [1, 0.96, 0.92, 0.5]) == (3, 3))
        #expect(run(EarlyStopping(patience: 1, minimumImprovement: 0.25), [1, 0.75]) == (2, 2))
    }

    @Test func whatIsNotMeasuredSaysNothingAndWhatDivergesIsNoImprovement() {
        let rule = EarlyStopping(patience: 2)
        #expect(run(rule, [1, nil, nil, nil, 0.9]) == (nil, 5))
        #expect(run(rule, [nil, nil]) == (nil, nil))
        #expect(run(rule, [1, .nan, .infinity]) == (3, 1))
        #expect(run(rule, [.nan, 1, .infinity, 0.5]) == (nil, 4))
    }

    @Test func jsonGoesThereAndBack() throws {
        let rule = EarlyStopping(metric: .accuracy, patience: 7, minimumImprovement: 0.001)
        #expect(try EarlyStopping(json: rule.json) == rule)
        #expect(try EarlyStopping(json: ["patience": 3]) == EarlyStopping(patience: 3))
        let faults: [(JSON, String)] = [
            ([:], "patience"), (["patience": 0], "patience"), (["patience": "3"], "patience"), (["patience": 3, "metric": "auc"], "metric"),
            (["patience": 3, "minimum_improvement": -1.0], "minimum_improvement"),
        ]
        for (json, field) in faults {
            #expect(try #require(throws: FieldError.self) { try EarlyStopping(json: json) }.field == "early_stopping.\(field)")
        }
    }
}
