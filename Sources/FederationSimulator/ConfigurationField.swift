internal import Federation
internal import Learning
internal import StrictJSON

extension SimulationConfiguration {
    /// What a reproduction says nothing of.
    static var plain: SimulationConfiguration {
        var configuration = SimulationConfiguration.fullParticipation(clients: 3, rounds: 1)
        configuration.spec.roundDeadlineSeconds = 2
        configuration.spec.localEpochs = 1
        return configuration
    }
}

/// One value of a configuration as a reproduction names it. What is left at its plain value is not written, so that a kept
/// file says what matters, and goes on being read when new values are added.
struct ConfigurationField {
    let name: String
    let read: (SimulationConfiguration) -> JSON
    /// false when the value has no use.
    let write: (inout SimulationConfiguration, JSON) -> Bool

    private typealias Path<Value> = WritableKeyPath<SimulationConfiguration, Value>

    private static func count(_ name: String, _ path: Path<Int>, _ range: ClosedRange<Int> = 0...1000) -> ConfigurationField {
        ConfigurationField(name: name, read: { JSON($0[keyPath: path]) }) { configuration, json in
            guard let value = json.whole.flatMap({ Int(exactly: $0) }), range.contains(value) else { return false }
            configuration[keyPath: path] = value
            return true
        }
    }

    private static func number(_ name: String, _ path: Path<Double>, _ range: ClosedRange<Double> = 0...1) -> ConfigurationField {
        ConfigurationField(name: name, read: { JSON($0[keyPath: path]) }) { configuration, json in
            guard let value = json.double, range.contains(value) else { return false }
            configuration[keyPath: path] = value
            return true
        }
    }

    private static func milliseconds(_ name: String, _ path: Path<ClosedRange<Int64>>) -> ConfigurationField {
        ConfigurationField(name: name, read: { [.integer($0[keyPath: path].lowerBound), .integer($0[keyPath: path].upperBound)] }) {
            configuration, json in
            guard let ends = json.elements, ends.count == 2, let low = ends[0].whole, let high = ends[1].whole, low >= 0, low <= high,
                high <= 1_000_000
            else { return false }
            configuration[keyPath: path] = low...high
            return true
        }
    }

    private static func name<Value: RawRepresentable>(_ name: String, _ path: Path<Value>) -> ConfigurationField where Value.RawValue == String {
        ConfigurationField(name: name, read: { .string($0[keyPath: path].rawValue) }) { configuration, json in
            guard let value = json.text.flatMap({ Value(rawValue: $0) }) else { return false }
            configuration[keyPath: path] = value
            return true
        }
    }

    static var all: [ConfigurationField] {
        [bug, quorum, stop, until, earlyStopping, schedule, seed, groupFloor, secureMode, keyAgreement, ownCap] + privacy + faults + session
    }

    private static var faults: [ConfigurationField] {
        [
            milliseconds("delay", \.faults.delay), milliseconds("training", \.training), milliseconds("disk", \.disk),
            number("straggle", \.faults.straggle), number("loss", \.faults.loss), number("duplication", \.faults.duplication),
            number("reordering", \.faults.reordering), number("effect_crash", \.faults.effectCrash),
            number("training_failure", \.faults.trainingFailure), number("malformed", \.faults.malformed),
            number("slow_write", \.faults.slowWrite), number("churn", \.faults.churn),
            count("coordinator_crashes", \.faults.coordinatorCrashes), count("client_crashes", \.faults.clientCrashes),
            count("broken_links", \.faults.brokenLinks), count("partitions", \.faults.partitions), count("replays", \.faults.replays),
            count("clock_jumps", \.faults.clockJumps), count("full_disks", \.faults.fullDisks), count("stragglers", \.faults.stragglers),
            count("late_joiners", \.faults.lateJoiners), count("dropouts", \.faults.dropouts), count("liars", \.faults.liars),
            count("share_forgers", \.faults.shareForgers), count("neighbours", \.faults.neighbours),
            name("lie", \.faults.lie),
        ]
    }

    private static var session: [ConfigurationField] {
        [
            count("clients", \.clients, 1...100), count("rounds", \.spec.rounds), count("min_clients", \.spec.minClients),
            count("max_clients", \.spec.maxClients), count("local_epochs", \.spec.localEpochs), count("batch_size", \.spec.batchSize),
            count("heartbeat_seconds", \.spec.heartbeatSeconds), number("client_fraction", \.spec.clientFraction),
            number("over_selection", \.spec.overSelection, 1...10), number("learning_rate", \.spec.learningRate, 0...10),
            number("momentum", \.spec.momentum), number("proximal_mu", \.spec.proximalMu, 0...1000),
            number("round_deadline_seconds", \.spec.roundDeadlineSeconds, 0...100_000),
            name("aggregation", \.spec.aggregation), name("algorithm", \.spec.algorithm), name("model_selection", \.spec.modelSelection),
        ]
    }

    private static var bug: ConfigurationField {
        ConfigurationField(name: "planted_bug", read: { JSON($0.plantedBug?.rawValue) }) { configuration, json in
            guard let bug = json.text.flatMap({ PlantedBug(rawValue: $0) }) else { return false }
            configuration.plantedBug = bug
            return true
        }
    }

    private static var quorum: ConfigurationField {
        ConfigurationField(name: "quorum", read: { JSON($0.spec.quorum) }) { configuration, json in
            guard let value = json.whole.flatMap({ Int(exactly: $0) }) else { return false }
            configuration.spec.quorum = value
            return true
        }
    }

    private static var stop: ConfigurationField {
        ConfigurationField(name: "stop_at", read: { JSON($0.stopAt) }) { configuration, json in
            guard let value = json.whole, value >= 0 else { return false }
            configuration.stopAt = value
            return true
        }
    }

    private static var until: ConfigurationField {
        ConfigurationField(name: "faults_until", read: { JSON($0.faults.until) }) { configuration, json in
            guard let value = json.whole, (1...1_000_000).contains(value) else { return false }
            configuration.faults.until = value
            return true
        }
    }

    private static var earlyStopping: ConfigurationField {
        ConfigurationField(name: "patience", read: { JSON($0.spec.earlyStopping?.patience) }) { configuration, json in
            guard let value = json.whole.flatMap({ Int(exactly: $0) }) else { return false }
            configuration.spec.earlyStopping = EarlyStopping(patience: value)
            return true
        }
    }

    /// As a request says it.
    private static var schedule: ConfigurationField {
        ConfigurationField(name: "learning_rate_schedule", read: { $0.spec.schedule.json }) { configuration, json in
            guard json.members?.allSatisfy({ LearningRateSchedule.members.contains($0.name) }) == true,
                let schedule = try? LearningRateSchedule(json: json)
            else { return false }
            configuration.spec.schedule = schedule
            return true
        }
    }

    /// Of masked updates.
    private static var groupFloor: ConfigurationField {
        ConfigurationField(name: "group_floor", read: { JSON($0.spec.secureAggregation?.groupFloor) }) { configuration, json in
            guard let value = json.whole.flatMap({ Int(exactly: $0) }) else { return false }
            var secure = configuration.spec.secureAggregation ?? SecureAggregationSpec()
            secure.groupFloor = value
            configuration.spec.secureAggregation = secure
            return true
        }
    }

    private static var keyAgreement: ConfigurationField {
        ConfigurationField(
            name: "key_agreement",
            read: { configuration in
                let agreement = configuration.spec.secureAggregation?.keyAgreement ?? .x25519
                return agreement == .x25519 ? .null : .string(agreement.rawValue)
            }
        ) { configuration, json in
            guard let agreement = json.text.flatMap({ SecureAggregationSpec.KeyAgreement(rawValue: $0) }) else { return false }
            var secure = configuration.spec.secureAggregation ?? SecureAggregationSpec()
            secure.keyAgreement = agreement
            configuration.spec.secureAggregation = secure
            return true
        }
    }

    private static var ownCap: ConfigurationField {
        ConfigurationField(name: "own_cap", read: { JSON($0.ownCap) }) { configuration, json in
            guard let cap = json.double, cap > 0, cap <= 1000 else { return false }
            configuration.ownCap = cap
            return true
        }
    }

    /// Of differential privacy.
    private static var privacy: [ConfigurationField] {
        func field(_ name: String, _ read: @escaping (SessionSpec) -> Double?, _ write: @escaping (inout SessionSpec, Double) -> Void) -> ConfigurationField {
            ConfigurationField(name: name, read: { $0.spec.privacy == nil ? .null : JSON(read($0.spec)) }) { configuration, json in
                guard let value = json.double, value > 0, value <= 1000 else { return false }
                if configuration.spec.privacy == nil { configuration.spec.privacy = .storm }
                write(&configuration.spec, value)
                return true
            }
        }
        return [
            field("privacy_budget", { $0.privacyBudget }, { $0.privacyBudget = $1 }),
            field("noise_multiplier", { $0.privacy?.noiseMultiplier }, { $0.privacy?.noiseMultiplier = $1 }),
            field("l2_norm_clip", { $0.privacy?.l2Clip }, { $0.privacy?.l2Clip = $1 }),
        ]
    }

    private static var secureMode: ConfigurationField {
        ConfigurationField(
            name: "secure_mode",
            read: { configuration in
                let mode = configuration.spec.secureAggregation?.mode ?? .honestButCurious
                return mode == .honestButCurious ? .null : .string(mode.rawValue)
            }
        ) { configuration, json in
            guard let mode = json.text.flatMap({ SecureAggregationSpec.Mode(rawValue: $0) }) else { return false }
            var secure = configuration.spec.secureAggregation ?? SecureAggregationSpec()
            secure.mode = mode
            configuration.spec.secureAggregation = secure
            return true
        }
    }

    /// In quotes: not every whole number of 64 bits is one in JSON.
    private static var seed: ConfigurationField {
        ConfigurationField(name: "session_seed", read: { .string("\($0.spec.seed)") }) { configuration, json in
            guard let value = json.text.flatMap({ UInt64($0) }) else { return false }
            configuration.spec.seed = value
            return true
        }
    }
}
