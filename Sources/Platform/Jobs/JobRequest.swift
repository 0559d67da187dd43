internal import CryptoSuite
package import Federation
package import Storage
package import StrictJSON
internal import Trust

/// A job as somebody asks for it, not yet checked.
package struct JobRequest: Sendable, Equatable {
    package var name: String
    package var type: JobType
    /// nil: by the type.
    package var service: String?
    package var priority: JobPriority
    package var parameters: JSON
    /// nil or past: now.
    package var scheduledAt: Instant?
    /// nil: seven days.
    package var maxWaitSeconds: Double?
    /// The same key again with the same request gives the same job, for a day.
    package var idempotencyKey: String?

    package init(
        name: String, type: JobType, service: String? = nil, priority: JobPriority = .normal, parameters: JSON = .object([]), scheduledAt: Instant? = nil,
        maxWaitSeconds: Double? = nil, idempotencyKey: String? = nil
    ) {
        self.name = name
        self.type = type
        self.service = service
        self.priority = priority
        self.parameters = parameters
        self.scheduledAt = scheduledAt
        self.maxWaitSeconds = maxWaitSeconds
        self.idempotencyKey = idempotencyKey
    }

    /// The job that this asks for.
    func record(tenant: String, actor: String, now: Instant, random: RandomSource) throws(JobFailure) -> JobRecord {
        guard (1...JobLimits.nameBytes).contains(name.utf8.count) else {
            throw .invalid(field: "name", issue: "must be 1 to \(JobLimits.nameBytes) bytes long", provided: .string(name.clipped(JobLimits.nameBytes)))
        }
        let service = try chosenService()
        guard parameters.members != nil else { throw .invalid(field: "parameters", issue: "must be an object", provided: nil) }
        if type == .batchProcessing {
            try checkNames("model", atMost: 1)
            try checkNames("analysis_type", atMost: JobLimits.parameterNames)
        }
        let text = parameters.encodedText
        guard text.utf8.count <= JobLimits.parameterBytes else {
            throw .invalid(
                field: "parameters",
                issue:
                    "must be at most \(JobLimits.parameterBytes) bytes of JSON; store a large input with PUT /v1/files/NAME and name it as parameters.input_source files/NAME",
                provided: nil)
        }
        let wait = maxWaitSeconds ?? JobLimits.waitSeconds
        guard wait >= JobLimits.waitSecondsMin, wait <= JobLimits.waitSecondsMax else {
            throw .invalid(
                field: "max_wait", issue: "must be \(Int(JobLimits.waitSecondsMin)) to \(Int(JobLimits.waitSecondsMax)) seconds", provided: JSON(maxWaitSeconds)
            )
        }
        if let scheduledAt, scheduledAt > now.adding(seconds: JobLimits.scheduleSecondsMax) {
            throw .invalid(field: "scheduled_at", issue: "must be at most \(Int(JobLimits.scheduleSecondsMax / 86_400)) days ahead", provided: nil)
        }
        return JobRecord(
            id: "job_" + hexadecimal(random.bytes(16)), tenant: tenant, name: name, type: type, service: service, priority: priority, parameters: text,
            input: try input(), output: try output(), createdBy: actor, createdAt: now, scheduledAt: scheduledAt, maxWaitSeconds: wait,
            submission: try submission(service, text))
    }

    /// Read of every job's parameters, whatever its type.
    package static let commonParameters = ["input_source", "output_format"]
    /// What is read of parameters whose type has no runner yet.
    var readingWithoutRunner: ParameterReading { type == .batchProcessing ? .fields(["model", "analysis_type"]) : .unknown }

    /// Services that take a type; the first is its own.
    private static func services(_ type: JobType) -> [String] {
        switch type {
        case .batchProcessing: ["llm", "vision", "nlp", "fl"]
        case .federatedTraining, .modelEvaluation: ["fl"]
        case .explanationBatch: ["explain"]
        case .annealing: ["annealer"]
        case .report: ["analytics"]
        }
    }

    private func chosenService() throws(JobFailure) -> String {
        let known = Self.services(type)
        guard let service else {
            guard known.count == 1 else {
                throw .invalid(field: "service", issue: "is needed for type \(type.rawValue): \(known.joined(separator: ", "))", provided: nil)
            }
            return known[0]
        }
        guard known.contains(service) else {
            throw .invalid(
                field: "service", issue: "must be \(known.joined(separator: ", ")) for type \(type.rawValue)",
                provided: .string(service.clipped(JobLimits.serviceBytes)))
        }
        return service
    }

    /// A name, or for what is done to each input several. What no runner could read is told now, and not when there is one.
    private func checkNames(_ parameter: String, atMost: Int) throws(JobFailure) {
        guard let value = parameters[parameter], value != .null else { return }
        let names = atMost > 1 ? value.elements ?? [value] : [value]
        let areNames = names.allSatisfy { (1...JobLimits.parameterNameBytes).contains($0.text?.utf8.count ?? 0) }
        guard areNames, (1...atMost).contains(names.count) else {
            let several = atMost > 1 ? ", or a list of at most \(atMost)" : ""
            throw .invalid(field: "parameters.\(parameter)", issue: "must be a text of 1 to \(JobLimits.parameterNameBytes) bytes\(several)", provided: nil)
        }
    }

    /// Where it says its input is. Nothing is fetched here.
    private func input() throws(JobFailure) -> String? {
        guard let value = parameters["input_source"], value != .null else {
            if type == .batchProcessing { throw .invalid(field: "parameters.input_source", issue: "is needed for type batch_processing", provided: nil) }
            return nil
        }
        guard let source = value.text, (1...JobLimits.sourceBytes).contains(source.utf8.count) else {
            throw .invalid(field: "parameters.input_source", issue: "must be a text of 1 to \(JobLimits.sourceBytes) bytes", provided: nil)
        }
        let hasScheme = source.contains("://")
        guard !hasScheme || ["s3://", "https://", "file://"].contains(where: { source.hasPrefix($0) }), hasScheme || Artifacts.nameProblem(source) == nil else {
            throw .invalid(
                field: "parameters.input_source", issue: "must begin with s3://, https:// or file://, or be an artifact's name",
                provided: .string(source.clipped(200)))
        }
        return source
    }

    /// Media type of the result.
    private func output() throws(JobFailure) -> String {
        guard let value = parameters["output_format"], value != .null else { return "application/json" }
        switch value.text {
        case "json": return "application/json"
        case "ndjson": return "application/x-ndjson"
        case "csv": return "text/csv; charset=utf-8"
        default: throw .invalid(field: "parameters.output_format", issue: "must be json, ndjson or csv", provided: value.text.map { .string($0.clipped(200)) })
        }
    }

    private func submission(_ service: String, _ parameters: String) throws(JobFailure) -> JobSubmissionKey? {
        guard let key = idempotencyKey else { return nil }
        guard (1...JobLimits.submissionKeyBytes).contains(key.utf8.count) else {
            throw .invalid(field: "Idempotency-Key", issue: "must be 1 to \(JobLimits.submissionKeyBytes) bytes long", provided: nil)
        }
        let request: JSON = [
            "name": .string(name), "type": .string(type.rawValue), "service": .string(service), "priority": .string(priority.rawValue),
            "parameters": .string(parameters), "scheduled_at": JSON(scheduledAt?.milliseconds), "max_wait": JSON(maxWaitSeconds),
        ]
        return JobSubmissionKey(key: key, digest: CryptoSuite.system.sha256(request.encoded()))
    }
}
