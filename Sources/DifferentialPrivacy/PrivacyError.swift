/// What was refused. Nothing is charged, drawn or released after a refusal.
package enum PrivacyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A value that means nothing: which field, what is wrong, and what to give instead.
    case invalid(field: String, problem: String)
    /// No noise up to the limit reaches the budget; the text has the numbers and the remedy.
    case unreachable(String)
    /// The hard stop: one more release would spend more than the budget of this row.
    case budgetExhausted(LedgerKey, epsilonWouldBe: Double, budget: PrivacyBudget)
    /// An id that stands for something else already.
    case contradiction(String)
    /// A release that was never charged, or may not be drawn any more.
    case notReleasable(String)

    /// The word that programs read.
    package var code: String {
        switch self {
        case .invalid: "invalid_privacy"
        case .unreachable: "budget_unreachable"
        case .budgetExhausted: "budget_exhausted"
        case .contradiction: "release_contradiction"
        case .notReleasable: "not_releasable"
        }
    }

    package var description: String {
        switch self {
        case .invalid(let field, let problem): "\(field): \(problem)"
        case .unreachable(let text), .contradiction(let text), .notReleasable(let text): text
        case .budgetExhausted(let key, let epsilon, let budget):
            "one more release would bring client \(key.client) with dataset \(key.dataset) to epsilon \(epsilon) at delta \(budget.delta), and its budget "
                + "is \(budget.epsilon): stop here, or let the data's owner raise the budget"
        }
    }
}
