import Learning
import Testing

@Suite struct SyntheticTests {
    private func rows(_ heterogeneity: Synthetic.Heterogeneity, devices: Int = 300, seed: UInt64 = 1) throws -> [Dataset] {
        try Synthetic(heterogeneity, devices: devices, rowsMax: 400).make(seed: seed)
    }

    /// The mean of each device's features, over its rows and all features.
    private func centers(_ devices: [Dataset]) -> [Double] {
        devices.map { $0.features.reduce(0.0) { $0 + Double($1) } / Double($0.features.count) }
    }

    private func variance(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }

    @Test func betaSaysHowTheDataDiffer() throws {
        // The centre of a device is B_k plus the mean of 60 draws of N(0, 1).
        for beta in [0.0, 1, 2] {
            let measured = variance(centers(try rows(.devices(alpha: 0, beta: beta))))
            let expected = beta * beta + 1.0 / 60
            #expect(abs(measured - expected) < 0.35 * expected, "\(measured) for \(expected)")
        }
        #expect(variance(centers(try rows(.iid))) < 1e-3)
    }

    @Test func featuresHaveTheirVariances() throws {
        let devices = try rows(.iid)
        for column in [0, 1, 9, 59] {
            var (sum, count) = (0.0, 0.0)
            for device in devices {
                for row in 0..<device.rows {
                    let x = Double(device.features[row * 60 + column])
                    sum += x * x
                    count += 1
                }
            }
            // (j + 1)^−1.2 without a power function: j⁻⁶ is its fifth power.
            let place = Double(column + 1)
            let sixth = place * place * place * place * place * place
            let measured = sum / count
            #expect(abs(measured * measured * measured * measured * measured * sixth - 1) < 0.1, "column \(column)")
        }
    }

    /// Without heterogeneity one model fits all devices; with it, a model fits its own device better than the others.
    @Test func alphaSaysHowTheModelsDiffer() throws {
        func accuracies(_ heterogeneity: Synthetic.Heterogeneity) throws -> (own: Double, others: Double) {
            let devices = try rows(heterogeneity, devices: 6, seed: 4)
            let spec = ModelSpec(kind: .softmaxRegression, layers: [60, 10])
            let largest = devices.indices.max { devices[$0].rows < devices[$1].rows } ?? 0
            var (parameters, trainer) = (spec.initialParameters(seed: 1), LocalTrainer(spec: spec))
            _ = trainer.train(
                parameters: &parameters, dataset: devices[largest],
                options: TrainingOptions(epochs: 150, batchSize: 10, learningRate: 0.01, seed: 1))
            let others = devices.indices.filter { $0 != largest }
            return (
                evaluate(spec: spec, parameters: parameters, dataset: devices[largest]).accuracy,
                others.map { evaluate(spec: spec, parameters: parameters, dataset: devices[$0]).accuracy }.reduce(0, +) / 5
            )
        }
        let (same, different) = (try accuracies(.iid), try accuracies(.devices(alpha: 1, beta: 1)))
        #expect(same.own - same.others < 0.2, "\(same)")
        #expect(different.own - different.others > 0.5, "\(different)")
    }

    /// 50 + exp(N(4, 2)): the median is 50 + e⁴, the upper quartile 50 + e^(4 + 2·0.6745).
    @Test func sizesFollowAPowerLaw() throws {
        let sizes = try Synthetic(.iid, devices: 1000, rowsMax: 300).make(seed: 2).map(\.rows).sorted()
        #expect((sizes.first ?? 0) >= 50 && sizes.last == 300)
        #expect(abs(Double(sizes[500]) - 104.6) < 15, "\(sizes[500])")
        #expect(abs(Double(sizes[750]) - 260.4) < 40, "\(sizes[750])")
    }

    @Test func aSeedIsADataSet() throws {
        let some = try rows(.devices(alpha: 1, beta: 1), devices: 3)
        #expect(try rows(.devices(alpha: 1, beta: 1), devices: 3) == some)
        #expect(try rows(.devices(alpha: 1, beta: 1), devices: 5).prefix(3) == some[...])
        #expect(try rows(.devices(alpha: 1, beta: 1), devices: 3, seed: 2) != some)
        #expect(some.allSatisfy { $0.features.allSatisfy(\.isFinite) })
    }

    @Test func numbersOutOfRangeAreRefused() {
        for bad in [
            Synthetic(devices: 0), Synthetic(rowsMax: 0), Synthetic(.devices(alpha: -1, beta: 0)), Synthetic(.devices(alpha: 0, beta: .nan)),
        ] { #expect(throws: DatasetError.self) { try bad.make(seed: 1) } }
    }

    @Test func stragglers() {
        for (share, expected) in [(0.0, 0), (0.5, 5), (0.9, 9), (1, 10)] {
            var epochs: [Int] = []
            var chosen = [Int](repeating: 0, count: 10)
            for seed in UInt64(0)..<400 {
                let work = Stragglers(share: share).epochs(20, count: 10, seed: seed)
                #expect(work.count == 10 && work.count(where: \.isStraggler) == expected)
                #expect(work.allSatisfy { $0.isStraggler || $0.epochs == 20 })
                epochs += work.filter(\.isStraggler).map(\.epochs)
                for (client, work) in work.enumerated() where work.isStraggler { chosen[client] += 1 }
                #expect(Stragglers(share: share).epochs(20, count: 10, seed: seed) == work)
            }
            guard expected > 0 else { continue }
            // Uniform on 1...20, and over the clients.
            #expect(epochs.min() == 1 && epochs.max() == 20)
            #expect(abs(Double(epochs.reduce(0, +)) / Double(epochs.count) - 10.5) < 0.5)
            #expect(chosen.allSatisfy { abs($0 - expected * 40) <= 40 })
        }
    }
}
