package import StrictJSON

// Schedules and stopping rules as they stand in a request, in its own names. What is not a member is not read: whoever
// takes a request from outside refuses the members that are not in `members`.

extension LearningRateSchedule {
    package static let members = ["kind", "every", "factor", "to", "warm_up_rounds"]

    package var json: JSON {
        var members: [JSON.Member] = []
        switch decay {
        case .constant: members = [.init("kind", "constant")]
        case .step(let every, let factor):
            members = [.init("kind", "step"), .init("every", JSON(every)), .init("factor", .number(factor))]
        case .exponential(let factor): members = [.init("kind", "exponential"), .init("factor", .number(factor))]
        case .cosine(let share): members = [.init("kind", "cosine"), .init("to", .number(share))]
        }
        if warmUpRounds != 0 { members.append(.init("warm_up_rounds", JSON(warmUpRounds))) }
        return .object(members)
    }

    package init(json: JSON, field: String = "learning_rate_schedule") throws(FieldError) {
        guard json.members != nil else { throw FieldError(field: field, issue: "must be an object, such as {\"kind\": \"cosine\"}") }
        let decay: Decay
        let own: [String]
        switch json["kind"]?.text {
        case "constant": (decay, own) = (.constant, [])
        case "step":
            (decay, own) = (.step(every: try whole("every", json, field), factor: try number("factor", json, field, otherwise: 0.1)), ["every", "factor"])
        case "exponential": (decay, own) = (.exponential(factor: try number("factor", json, field)), ["factor"])
        case "cosine": (decay, own) = (.cosine(to: try number("to", json, field, otherwise: 0)), ["to"])
        case .some, nil: throw FieldError(field: "\(field).kind", issue: "must be one of constant, step, exponential, cosine")
        }
        if let stray = ["every", "factor", "to"].first(where: { json[$0] != nil && !own.contains($0) }) {
            throw FieldError(field: "\(field).\(stray)", issue: "does not belong to kind \(json["kind"]?.text ?? "")")
        }
        self.init(decay, warmUpRounds: try whole("warm_up_rounds", json, field, otherwise: 0))
        if let fault { throw FieldError(field: "\(field).\(fault.field)", issue: fault.issue) }
    }
}

extension EarlyStopping {
    package static let members = ["metric", "patience", "minimum_improvement"]

    package var json: JSON {
        ["metric": .string(metric.rawValue), "patience": JSON(patience), "minimum_improvement": .number(minimumImprovement)]
    }

    package init(json: JSON, field: String = "early_stopping") throws(FieldError) {
        guard json.members != nil else { throw FieldError(field: field, issue: "must be an object, such as {\"patience\": 5}") }
        var metric = Metric.loss
        if let stated = json["metric"], stated != .null {
            guard let known = stated.text.flatMap(Metric.init) else {
                throw FieldError(field: "\(field).metric", issue: "must be one of \(Metric.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            metric = known
        }
        self.init(
            metric: metric, patience: try whole("patience", json, field),
            minimumImprovement: try number("minimum_improvement", json, field, otherwise: 0))
        if let fault { throw FieldError(field: "\(field).\(fault.field)", issue: fault.issue) }
    }
}

private func whole(_ name: String, _ json: JSON, _ field: String, otherwise: Int? = nil) throws(FieldError) -> Int {
    guard let value = json[name], value != .null else {
        guard let otherwise else { throw FieldError(field: "\(field).\(name)", issue: "is needed: a number of rounds") }
        return otherwise
    }
    guard let rounds = value.whole, let rounds = Int(exactly: rounds) else {
        throw FieldError(field: "\(field).\(name)", issue: "must be a whole number of rounds")
    }
    return rounds
}

private func number(_ name: String, _ json: JSON, _ field: String, otherwise: Double? = nil) throws(FieldError) -> Double {
    guard let value = json[name], value != .null else {
        guard let otherwise else { throw FieldError(field: "\(field).\(name)", issue: "is needed: a number") }
        return otherwise
    }
    guard let number = value.double else { throw FieldError(field: "\(field).\(name)", issue: "must be a number") }
    return number
}
