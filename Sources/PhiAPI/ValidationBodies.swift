internal import APIKit
internal import ModelServing

struct ValidateBody: DescribedRequest {
    static let name = "WhatToValidate"
    var model: String?
    var deployment: String?
    static let fields = [
        FieldOf<ValidateBody>("model_id", \.model, note: "a model's file; without both: that of the newest deployment, and the platform"),
        FieldOf("deployment_id", \.deployment),
    ]
}

struct CheckView: Described {
    static let name = "ValidationCheck"
    var check: ValidationCheck
    static let fields = [
        FieldOf<CheckView>("name", \.check.name, .fixed), FieldOf("passed", \.check.passed, .rule("looked at now")),
        FieldOf("weight", \.check.weight, .fixed), FieldOf("evidence", \.check.evidence, .rule("looked at now")),
    ]
}

enum ValidationWord: String, ChoiceValue {
    case secure
    case issuesFound = "issues_found"
    case notAssessed = "not_assessed"
}

struct ValidationView: Described {
    static let name = "Validation"
    var found: Validation
    /// The model, the deployment or the platform.
    var target: String

    static let fields = [
        FieldOf<ValidationView>("status", \.status, .rule("secure: everything that was looked at passed")),
        FieldOf("compliance", \.compliance, .stored, "frameworks with an operator's attestation; none can be recorded yet"),
        FieldOf("risk_score", \.found.riskScore, .rule("weights of the checks that failed by the weights of all"), "null: nothing was looked at"),
        FieldOf("target", \.target, .request), FieldOf("checks", \.checks, .rule("looked at now")),
        FieldOf("not_assessed", \.found.notAssessed, .rule("what nobody looked at")),
    ]

    var status: ValidationWord { ValidationWord(rawValue: found.status.rawValue) ?? .notAssessed }
    var compliance: [String] { [] }
    var checks: [CheckView] { found.checks.map(CheckView.init) }
}
