package import StrictJSON

/// What whoever uses a model should know of it (Mitchell et al. 2019, arXiv 1810.03993). It says what was measured and
/// what was not; what only the model's owner can know is left for the owner to write.
package struct ModelCard: Sendable, Equatable {
    /// What the clients said of the model on their own rows.
    package struct Reported: Sendable, Equatable {
        package var assessment: Assessment
        package var clients: Int
        package init(_ assessment: Assessment, clients: Int) {
            self.assessment = assessment
            self.clients = clients
        }

        fileprivate var json: JSON {
            [
                "loss": JSON(assessment.loss), "accuracy": JSON(assessment.accuracy), "rows": JSON(assessment.rows), "clients": JSON(clients),
            ]
        }
    }

    package var session: String
    /// The round that made the model; 0: it is untrained, or the one a warm start began from.
    package var round: Int
    package var model: ModelSpec
    package var schema: DataSchema
    /// Of the model's file, in hexadecimal: its name.
    package var sha256: String
    package var bytes: Int
    /// RFC 3339; nil where it is not known.
    package var madeAt: String?
    /// How it was trained: names and values, in the order they are shown in.
    package var training: [JSON.Member]
    /// Clients of the session and the rows they declare; whose updates are in the model's last round.
    package var clients: Int
    package var rows: Int64
    package var contributors: Int?
    /// On the operator's test set; nil: there is none, or it does not fit the model.
    package var heldOut: ModelMeasures?
    /// Fitted on that test set; nil: there is none, or nothing fits (`FittedTemperature`).
    package var temperature: FittedTemperature?
    /// nil: the clients did not evaluate this model.
    package var reported: Reported?
    /// What protects the clients' rows, and what does not.
    package var protection: [JSON.Member]

    package init(
        session: String, round: Int, model: ModelSpec, schema: DataSchema, sha256: String, bytes: Int, madeAt: String?, training: [JSON.Member],
        clients: Int, rows: Int64, contributors: Int?, heldOut: ModelMeasures?, temperature: FittedTemperature? = nil, reported: Reported?,
        protection: [JSON.Member]
    ) {
        self.session = session
        self.round = round
        self.model = model
        self.schema = schema
        self.sha256 = sha256
        self.bytes = bytes
        self.madeAt = madeAt
        self.training = training
        self.clients = clients
        self.rows = rows
        self.contributors = contributors
        self.heldOut = heldOut
        self.temperature = temperature
        self.reported = reported
        self.protection = protection
    }

    /// What is null was not measured, or is the owner's to say.
    package var json: JSON {
        .object([
            .init("format", 1), .init("model_details", details), .init("intended_use", .null), .init("factors", .null),
            .init("training", .object(training)), .init("training_data", data),
            .init("metrics", .object(metrics)),
            .init("protection", .object(protection)), .init("ethical_considerations", .null), .init("caveats", .null),
        ])
    }

    private var metrics: [JSON.Member] {
        let measured: [JSON.Member] = [
            .init("held_out", heldOut?.json(names: schema.labels) ?? .null), .init("federated", reported?.json ?? .null),
        ]
        return schema.task == .classification ? measured + [.init("temperature_scaling", temperature?.json ?? .null)] : measured
    }

    private var details: JSON {
        [
            "session_id": .string(session), "round": JSON(round), "sha256": .string(sha256), "bytes": JSON(bytes), "file_format": "safetensors",
            "made_at": JSON(madeAt), "model": model.json, "parameters": JSON(model.parameterCount),
        ]
    }

    private var data: JSON {
        ["clients": JSON(clients), "rows_declared": JSON(rows), "contributors_of_round": JSON(contributors), "schema": schema.json]
    }
}
